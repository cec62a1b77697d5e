"""What a release says of itself beside its numbers: whose it is, who signs it, what it costs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from app.protocol.release.budget import PrivacyLoss
from app.protocol.release.errors import ReleaseError

ABOUT: Final = "about.json"
# The way in which files follow from counts. Another way is another number, and all are kept: what was signed verifies.
COMPOSER: Final = 5
# Up to this one a folder names who signs it by their ids, and has what vouches for them among what is signed.
NAMED: Final = 2
# From this one on the page stands in four languages, and has maps.
MANY_LANGUAGES: Final = 4
# From this one on the methodology is whole in each language, and the page, which is for dark screens and for paper too,
# says what it takes to tell a change.
ANY_READER: Final = 5

_LOSSES = ("this", "year", "life")
# Folders of earlier composers lack these.
_LATER = frozenset({"draw", "supersedes", "correction"})


@dataclass(frozen=True, slots=True)
class About:
    """The facts of a release that are not in its numbers.

    `organisation` is its name and `contact` an address, in the words of whoever runs the service; `pin` is the
    fingerprint of its root. `this`, `year` and `life` are what this release costs, what all releases of its year have
    cost with it, and what one person can lose in a life. `versions` names the programs and their versions. `note` is a
    paragraph at the head, such as that the people are invented. `composer` is the way in which the folder was made.
    Who asked, approved and signs are roles; up to composer 2, ids of people.

    A folder that corrects another has all three of these: `draw` is the release under which the noise was charged,
    `supersedes` the SHA-256 of the `SHA256SUMS` in whose place it stands, `correction` what was wrong there, in words.
    """

    release: str
    organisation: str
    pin: str
    requested_by: str
    approved_by: str
    signs_for_requester: str | None
    signs_for_approver: str | None
    contact: str
    this: PrivacyLoss
    year: PrivacyLoss
    life: PrivacyLoss
    versions: Mapping[str, str]
    note: str | None = None
    composer: int = COMPOSER
    draw: str | None = None
    supersedes: str | None = None
    correction: str | None = None

    @property
    def signers(self) -> tuple[str, str]:
        """The two who sign, in the place of the requester and in that of the approver."""
        return self.signs_for_requester or self.requested_by, self.signs_for_approver or self.approved_by

    @property
    def charged_as(self) -> str:
        """The release under whose id the ledger has the draw."""
        return self.draw or self.release

    @property
    def names_people(self) -> bool:
        """Whether it says who signs by their ids."""
        return self.composer <= NAMED


def write_about(about: About) -> bytes:
    """`about.json`: the facts, with the number of the composer that made the folder."""
    absent = _LATER if about.names_people else frozenset[str]()
    said = {name: value for name, value in asdict(about).items() if name not in absent}
    return (json.dumps({"composer": about.composer} | said, ensure_ascii=False, indent=1) + "\n").encode()


def read_about(content: bytes) -> About:
    """Raises `ReleaseError` for whatever `write_about` does not write."""
    try:
        said = json.loads(content)
        if type(said["composer"]) is not int or said["composer"] not in range(1, COMPOSER + 1):
            raise ReleaseError("the folder was made in a way that this Tern does not know")
        losses = {name: PrivacyLoss(said[name]["rho"], said[name]["epsilon"]) for name in _LOSSES}
        absent = _LATER if said["composer"] <= NAMED else frozenset[str]()
        about = About(**{each.name: said[each.name] for each in fields(About) if each.name not in absent} | losses)
        again = write_about(about)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ReleaseError(f"{ABOUT} cannot be read") from None
    if again != content or not all(isinstance(each, str | None) for each in _texts(about)):
        raise ReleaseError(f"{ABOUT} is not the one writing of these facts")
    return about


def _texts(about: About) -> list[object]:
    """All that a page would print as it is."""
    own = [getattr(about, each.name) for each in fields(About) if each.name not in (*_LOSSES, "versions", "composer")]
    return [*own, *about.versions.values()]
