"""Releases: requested by one, approved and drawn by another, signed by both, verified by anyone offline."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, Self, TypeAlias

from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.people import shared_keys
from app.client.people.shared_keys import HeldKey
from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, canonical, check_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.release.about import ABOUT, COMPOSER, About, read_about
from app.protocol.release.counts import NOISY
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import read_contents
from app.protocol.release.ledger import LedgerLine, read_lines
from app.protocol.release.listing import Listed, languages_in, listing_files, notices
from app.protocol.release.release_keys import ReleaseKey, ReleaseSigner, release_key
from app.protocol.release.signatures import SIGNATURES, SIGNERS, read_signatures, sign_sums
from app.protocol.release.sums import SUMS, file_of, hashes
from app.protocol.release.verification import VerifiedRelease, verify_pinned
from app.protocol.roots import Pin
from app.protocol.statements import KeyKind
from app.vocabulary import Role


class BrokenOff(Exception):
    """A draw ended without a folder: the service stopped, or somebody cancelled it or began it anew."""


class NotOnTheRoot(Exception):
    """The root does not list who would publish a release, so no reader would believe them."""


class NotSigned(Exception):
    """A release was to be published that two have not signed yet."""


# The files of a release by path.
Folder: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True)
class ReleaseView:
    """A release as the service shows it, in this version: nothing is decided on another."""

    id: str
    kind: str
    period: str
    workload: str
    state: str
    draw: str | None
    failure: str | None
    requested_by: str
    approved_by: str | None
    requester_stand_in: str | None
    approver_stand_in: str | None
    accounts_lost_too: str | None
    public_on: str | None
    supersedes: str | None
    correction: str | None
    note: str | None
    note_too: str | None
    warning: str | None
    version: int

    @property
    def listed(self) -> bool:
        """Whether everybody reads it."""
        return self.state in ("published", "superseded")

    @property
    def signers(self) -> tuple[str, str | None]:
        """Who signs for the requester and for the approver: they themselves, or who stands in."""
        return self.requester_stand_in or self.requested_by, self.approver_stand_in or self.approved_by

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            id=str(item["id"]),
            kind=str(item["kind"]),
            period=str(item["period"]),
            workload=str(item["workload"]),
            state=str(item["state"]),
            draw=item["draw"],
            failure=item["failure"],
            requested_by=str(item["requested_by"]),
            approved_by=item["approved_by"],
            requester_stand_in=item["requester_stand_in"],
            approver_stand_in=item["approver_stand_in"],
            accounts_lost_too=item["accounts_lost_too"],
            public_on=item["public_on"],
            supersedes=item["supersedes"],
            correction=item["correction"],
            note=item["note"],
            note_too=item["note_too"],
            warning=item["warning"],
            version=int(item["version"]),
        )


def list_(staff: Staff) -> list[ReleaseView]:
    """The releases that this person may know of."""
    return [ReleaseView.read(item) for item in staff.service.items("/release-requests")]


def view(staff: Staff, release: str) -> ReleaseView:
    """What the service says of a release, which is checked when it is signed. Raises `Refused`."""
    return replace(ReleaseView.read(staff.service.get(f"/releases/{release}").json()), id=release)


def request(staff: Staff, *, kind: str, period: str, workload: str) -> str:
    """Ask for a release of a period that has ended. Its id."""
    wish = {"kind": kind, "period": period, "workload": workload}
    release = str(staff.service.post("/releases", wish).json()["id"])
    staff.seen.record(_WISH, release, _wish(wish))
    return release


def correct(staff: Staff, view: ReleaseView, words: str) -> str:
    """Ask for a folder in the place of a published one, made anew of the same noise; `words` say to everybody what was
    wrong. Its id."""
    release = str(staff.service.post(f"/releases/{view.id}/corrections", {"words": words}).json()["id"])
    staff.seen.record(_WISH, release, _wish(asdict(view) | {"correction": words}))
    return release


def warn(staff: Staff, view: ReleaseView, words: str) -> bool:
    """Say why nobody should rely on a release. Whether its readers are told, and an embargo held: it takes two."""
    return staff.service.post_unkept(f"/releases/{view.id}/note", {"words": words}).json()["note_too"] is not None


def approve(staff: Staff, view: ReleaseView) -> None:
    """A supervisor's yes to somebody else's request. Nobody has seen a number, and until the draw nobody will.

    Where another approver has not drawn, this one takes over from them.
    Raises `NotGranted` where they lack a key of the draw: nobody else than the approver can make it. A correction is
    drawn already.
    """
    if view.supersedes is None:
        _keys_of(staff, view)
    staff.seen.record(_WISH, view.id, _wish(asdict(view)))  # first: it is approved once, whether or not that is heard
    _move(staff, view, "approved")


def reject(staff: Staff, view: ReleaseView) -> None:
    """Say no to another person's request."""
    _move(staff, view, "rejected")


def cancel(staff: Staff, view: ReleaseView) -> None:
    """Take back one's own request, before it is drawn; one for a correction before it is published."""
    _move(staff, view, "cancelled")


def draw(staff: Staff, release: str) -> None:
    """Lend the statistics keys to the service's memory for the one draw, which is charged even if never published.

    They are lent for what was approved on this machine and for nothing else. Returns when the folder is made; the draw
    goes on where nobody waits for it. Raises `NotAuthentic`, `NotGranted`, `BrokenOff`, and `Refused` where it failed.
    """
    release_view = view(staff, release)
    _check_wish(staff, release, asdict(release_view))
    keys = _keys_of(staff, release_view)
    staff.service.post_unkept(f"/releases/{release}/draw", {"statistics_keys": [str(key.identity) for key in keys]})
    _wait(staff, release)


def lose_accounts(staff: Staff, view: ReleaseView) -> None:
    """Say, for this draw, that nobody opens any more what each person has spent: it takes the word of two supervisors.

    Everybody who has a card in a drawn quarter is then charged all that was drawn of it.
    """
    staff.service.post_unkept(f"/releases/{view.id}/lost-accounts", {})


def go_on(staff: Staff, view: ReleaseView) -> None:
    """Draw what this person approved, or make the folder of a draw, whoever's it was: what an answer that got lost, a
    machine or a service that stopped has left undone."""
    if view.state == "drawn":
        staff.service.post_unkept(f"/releases/{view.id}/composition", {})
    else:
        draw(staff, view.id)


def stand_in(staff: Staff, view: ReleaseView, place: str) -> None:
    """Become a signer in the place of the `requester` or the `approver`, who cannot sign any more.

    The folder is made anew, says so, and waits for both signatures again. This machine signs it as what it was shown.
    """
    staff.seen.record(_WISH, view.id, _wish(asdict(view)))  # first: nobody takes a place twice
    staff.service.post(f"/releases/{view.id}/stand-ins", {"place": place}, version=view.version)


def sign(staff: Staff, release: str) -> Folder:
    """Sign the folder's hashes, after checking all that anybody could check but the signatures; what was signed.

    It must be of the period and workload that this machine asked for or approved, charged as this release, in a ledger
    that leaves no line out that this machine has seen, and of the noise under which it has signed the release before,
    if it has: a stand-in has the folder made anew, and nobody the draw. The key is of this release alone, and whose it
    is, readers are not told. Raises `NotAuthentic`.
    """
    files = _fetch_files(staff, release)
    contents, seen = read_contents(files), view(staff, release)
    line, about = contents.line, contents.about
    _check_wish(staff, release, asdict(line) | {"correction": about.correction})
    if about.release != release or (about.draw is not None and seen.supersedes is None):
        raise NotAuthentic("release-charge")
    role = _own_role(staff, about, seen)
    _check_ledger(staff, contents.ledger)
    if about.draw is not None:
        _check_corrected(staff, str(seen.supersedes), about, files)
    _check_noise(staff, about.charged_as, files)
    signature = sign_sums(files[SUMS], by=role, key=release_key(staff.keys.signing, release))
    stated = ReleaseKey(release, sha256_hex(files[SUMS]), role, signature.key, staff.today)
    statement = stated.state(org=staff.org, signer=staff.signer).text.decode()
    signed = {"key": b64(signature.key), "sig": b64(signature.sig), "statement": statement}
    staff.service.post_unkept(f"/releases/{release}/signatures", signed)
    return files


def publisher(folder: Folder) -> str:
    """Who made it and how they are reached, as it says of itself.

    The operator wrote that, and no key vouches for it: somebody has to read it before it is published.
    """
    about = read_about(file_of(folder, ABOUT))
    return f"{about.organisation}. Contact: {about.contact}"


def publish(staff: Staff, view: ReleaseView, *, public_on: date | None = None) -> None:
    """Let everybody fetch what two have signed, under this supervisor's word for their keys, by role and year alone; or
    partners, and everybody from that day on. Of what is published it is the word alone, in the place of one that the
    newest root neither stands behind nor keeps.

    Raises `NotAuthentic` where colleagues of these roles have not signed what the service says is signed, `NotSigned`
    and `NotOnTheRoot`.
    """
    if staff.person not in staff.trust.supervisors:
        raise NotOnTheRoot("readers believe a supervisor of the root: let one publish it")
    if view.state not in _SIGNED:
        raise NotSigned(f"a release is published once two have signed it, and this one is {view.state}")
    stated = _stated(staff, view.id)
    if [each.role is Role.SUPERVISOR for _, each in stated][1:] != [True]:
        raise NotAuthentic("release-signers")
    certificates = [ReleaseSigner.of(each).certify(org=staff.org, signer=staff.signer) for _, each in stated]
    body: dict[str, Any] = {"certificates": [each.text.decode() for each in certificates]}
    if public_on is not None:
        body["public_on"] = public_on.isoformat()
    staff.service.post(f"/releases/{view.id}/publication", body, version=view.version)


def download(staff: Staff, release: str) -> Folder:
    """The whole folder, already verified, and that colleagues signed it of whom its readers are told roles alone."""
    folder = _fetch_files(staff, release)
    if read_about(file_of(folder, ABOUT)).names_people:  # its roots end with the newest of its day
        verify(folder, pin=staff.org)
        return folder
    verify(folder, pin=str(staff.pin))
    keys = [each.key for each in read_signatures(folder[SIGNATURES])]
    if keys != [each.key for _, each in _stated(staff, release)]:
        raise NotAuthentic("release-signers")
    return folder


def save(folder: Folder, directory: Path) -> None:
    """Write the files below `directory`. Raises `FileExistsError`."""
    directory.mkdir(parents=True)
    for path, content in folder.items():
        target = directory / _safe(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def export_site(staff: Staff, directory: Path) -> list[str]:
    """Write every published release, verified, below a new `directory`, with a page and a feed that lead to them: any
    host of files can hand it out. Their ids. Raises `NotAuthentic`, and `FileExistsError`."""
    published = [each for each in list_(staff) if each.listed]
    folders = {each.id: download(staff, check_id("rel", each.id)) for each in published}
    corrected = {each.supersedes: each.id for each in published}
    listed = [
        Listed(
            id=each.id,
            kind=each.kind,
            period=each.period,
            sums_sha256=sha256_hex(folders[each.id][SUMS]),
            correction=each.correction,
            superseded_by=corrected.get(each.id),
            note=each.warning,
            languages=languages_in(folders[each.id]),
        )
        for each in published
    ]
    save(listing_files(listed), directory)
    for each in listed:
        save({**folders[each.id], **notices(each)}, directory / each.id)
    return list(folders)


def load(directory: Path) -> Folder:
    """The files of a release, by its own `SHA256SUMS`: nothing else is read. Raises `NotAuthentic` and `OSError`."""
    sums_file = directory / SUMS
    if not sums_file.is_file():
        raise ReleaseError(f"{SUMS} is missing, so this is no folder of a release")
    own = {*hashes(sums_file.read_bytes()), SUMS, SIGNATURES, SIGNERS}
    return {path: (directory / path).read_bytes() for path in own if (directory / path).is_file()}


def beside(directory: Path, folder: Folder) -> list[str]:
    """The paths of what lies there and is no part of the release, such as what a file manager leaves behind."""
    paths = (path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir())
    return sorted(path for path in paths if path not in folder)


def verify(folder: Folder, *, pin: str) -> VerifiedRelease:
    """Check a release offline, against nothing but the pin. Raises `NotAuthentic`, of which `ReleaseError` is one."""
    return verify_pinned(folder, pin)


# The states of a release under two signatures.
_SIGNED = ("signed", "embargoed", "published", "superseded")
# In seconds, between two looks at a draw that runs.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 3.0
# In what this machine has seen: what a release was to be, the noise under which it signed one, each line of the ledger.
_WISH, _NOISE, _LINE = "release", "release-noise", "ledger"


def _wish(wish: Mapping[str, Any]) -> Mark:
    """What a release was to be: of a correction also what was wrong, as everybody will read it."""
    told = {name: wish[name] for name in ("kind", "period", "workload")}
    if wish.get("correction") is not None:
        told["correction"] = wish["correction"]
    return Mark(1, sha256_hex(canonical(told)))


def _check_wish(staff: Staff, release: str, wish: Mapping[str, Any]) -> None:
    """It is what this machine asked for or approved under this id."""
    if staff.seen.highest(_WISH, release) != _wish(wish):
        raise NotAuthentic("release-unasked")


def _check_corrected(staff: Staff, before: str, about: About, files: Folder) -> None:
    """A correction is of the very noise of the folder in whose place it stands, which two have signed, and of its
    draw. Raises `NotAuthentic`."""
    signed = download(staff, before)
    told = (sha256_hex(signed[SUMS]), read_about(signed[ABOUT]).charged_as, signed[NOISY])
    if told != (about.supersedes, about.charged_as, file_of(files, NOISY)):
        raise NotAuthentic("release-noise")


def _own_role(staff: Staff, about: About, seen: ReleaseView) -> Role:
    """As what this person signs, as the folder tells it of their place: it must be a role of theirs today.

    Raises `NotAuthentic`.
    """
    if about.composer != COMPOSER or Pin.read(about.pin).org != staff.org or staff.person not in seen.signers:
        raise NotAuthentic("release-signers")
    role = about.signers[seen.signers.index(staff.person)]
    key = staff.signer.public_key
    if role not in staff.with_trust(lambda trust: trust.roles_on(staff.person, staff.today, key=key)):
        raise NotAuthentic("release-signers")
    return Role(role)


def _stated(staff: Staff, release: str) -> list[tuple[str, ReleaseKey]]:
    """Which two colleagues say that they signed the release with which keys, both the same folder.

    Raises `NotAuthentic`, as `release-signers` unless they are two.
    """
    items = staff.service.get(f"/releases/{check_id('rel', release)}/signatures").json()["items"]
    found = [_read_stated(staff, str(item["statement"])) for item in items]
    people, keys = {person for person, _ in found}, {each.key for _, each in found}
    said = {(each.release, each.sums_sha256) for _, each in found}
    if (len(found), len(people), len(keys), len(said)) != (2, 2, 2, 1) or {each for each, _ in said} != {release}:
        raise NotAuthentic("release-signers")
    return found


def _read_stated(staff: Staff, text: str) -> tuple[str, ReleaseKey]:
    document = parse_document(text.encode())
    stated = ReleaseKey.read(document)
    if document.header.org != staff.org:
        raise NotAuthentic("org")
    author = staff.with_trust(lambda trust: trust.author_of(document, stated.signed_on))
    roles = staff.with_trust(lambda trust: trust.roles_on(author.person, stated.signed_on, key=author.key))
    if stated.role not in roles:
        raise NotAuthentic("role")
    return author.person, stated


def _check_noise(staff: Staff, release: str, files: Folder) -> None:
    """Whoever got two folders of one release signed, with noise that differs, could average it out of both."""
    noise = Mark(1, sha256_hex(file_of(files, NOISY)))
    if staff.seen.highest(_NOISE, release) not in (None, noise):
        raise Rollback("release-noise")
    staff.seen.record(_NOISE, release, noise)


def _check_ledger(staff: Staff, ledger: tuple[LedgerLine, ...]) -> None:
    """No line is another than the one seen at its place. An older release ends with an older line."""
    lines = {str(line.seq): Mark(line.seq, line.sha256()) for line in ledger}
    for seq, mark in lines.items():
        staff.seen.hold(_LINE, seq, partial(chain.check_same, mark, reason="ledger"))
    for seq, mark in lines.items():
        staff.seen.record(_LINE, seq, mark)


def _wait(staff: Staff, release: str) -> None:
    """Until the draw runs no more. Raises `BrokenOff` where it has no result, and `Refused` at what it failed."""
    pause = _FIRST_PAUSE
    while (seen := view(staff, release)).draw == "running":
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    if seen.failure is not None:
        raise Refused(seen.failure, HTTPStatus.CONFLICT)
    if seen.draw != "done":
        raise BrokenOff("the draw was broken off or cancelled: tern release draw begins it anew, or goes on")


def _keys_of(staff: Staff, view: ReleaseView) -> list[HeldKey]:
    """Those of its period and of the accounts; where the accounts begin anew, also those of what was drawn, as far as
    this person has them. Raises `NotGranted` and `NotAuthentic`."""
    keys = {held.key.id: held for held in shared_keys.hold_for(staff, view.period)}
    ledger = read_lines(staff.service.get("/ledger").content)
    _check_ledger(staff, ledger)
    accounts_key = ledger[-1].accounts_key if ledger else None
    if accounts_key is not None and view.accounts_lost_too is None:
        keys[accounts_key] = shared_keys.hold_one(staff, KeyKind.STATISTICS, accounts_key)
        return list(keys.values())
    for period in sorted({line.period for line in ledger}):
        keys |= {held.key.id: held for held in shared_keys.held_for(staff, period)}
    return list(keys.values())


def _fetch_files(staff: Staff, release: str) -> dict[str, bytes]:
    paths = staff.service.get(f"/releases/{check_id('rel', release)}/files").json()["items"]
    return {str(path): staff.service.get(f"/releases/{release}/files/{_safe(str(path))}").content for path in paths}


def _safe(path: str) -> PurePosixPath:
    """Raises `Malformed` for a path that leads out of its folder."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or str(parts) != path:
        raise Malformed("a release has no such path")
    return parts


def _move(staff: Staff, view: ReleaseView, to: str) -> None:
    staff.service.post(f"/releases/{view.id}/transitions", {"to": to}, version=view.version)
