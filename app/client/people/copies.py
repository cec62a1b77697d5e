"""The copy of a person's keys at the service, and the sheet of paper without which it opens for nobody."""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from typing import Final

from app.client.machine.passphrases import check_strength
from app.client.machine.staff import Staff
from app.client.machine.transport import Told, try_again
from app.protocol.chain import Mark
from app.protocol.encoding import b64, sha256_hex
from app.protocol.key_copy import COPY, WORK_FACTOR_LIMIT, AccountKey, KeyCopy, seal_copy, sign_file

_PAUSES: Final = (0.5, 1.0)  # somebody waits for this


@dataclass(frozen=True)
class Sheet:
    """What is printed, once: the account key as twelve words, and what a new machine has to be told beside them."""

    handle: str
    server: str
    pin: str
    made_on: date
    words: str = field(repr=False)


@dataclass(frozen=True)
class Draft:
    """A copy that counts for nothing yet, and the sheet that is to be in somebody's hands before it does."""

    sheet: Sheet
    file: bytes = field(repr=False)


class Standing(Enum):
    """What the service has of the copy that this machine knows."""

    KEPT = auto()
    NONE = auto()
    ANOTHER = auto()


def draft(
    staff: Staff, passphrase: str, *, new_passphrase: str | None = None, work_factor: int = WORK_FACTOR_LIMIT
) -> Draft:
    """A copy of the keys on this machine under its passphrase, or a new one, and a new account key.

    Raises `WrongPassphrase`, `WeakPassphrase` of a new one, and `NotPinned`: a machine that is made of a copy has its
    pin from nowhere else.
    """
    staff.machine.unlock(passphrase)
    if new_passphrase is not None:
        check_strength(new_passphrase, known=(staff.about.handle, "tern"))
    account_key = AccountKey.generate()
    copy = KeyCopy(staff.about.server, staff.person, staff.pin, staff.log.marks[-1], staff.keys.text)
    sheet = Sheet(staff.about.handle, staff.about.server, str(staff.pin), staff.today, account_key.words)
    typed = passphrase if new_passphrase is None else new_passphrase
    return Draft(sheet, seal_copy(copy, typed, account_key, work_factor=work_factor))


def keep(staff: Staff, drafted: Draft) -> None:
    """Leave it at the service, where it takes the place of the one before: that one's sheet opens nothing any more."""
    request = {"file": b64(drafted.file), "signature": b64(sign_file(COPY.name, drafted.file, staff.signer))}
    kept = try_again(lambda: staff.service.put("/copy", request), pauses=_PAUSES).json()
    remember(staff, Mark(kept["number"], sha256_hex(drafted.file)))


def remember(staff: Staff, mark: Mark) -> None:
    """That this machine knows which copy the service has."""
    staff.seen.replace(COPY.name, staff.person, mark)


def is_known(staff: Staff) -> bool:
    """Whether this machine ever left a copy, or was made of one."""
    return staff.seen.highest(COPY.name, staff.person) is not None


def stands(staff: Staff, answer: Told) -> Standing:
    """What the service said on sign-in, held against what this machine knows. Of another copy it is told once."""
    said, known = answer.get("copy_sha256"), staff.seen.highest(COPY.name, staff.person)
    if said is None:
        return Standing.NONE
    if known is not None and known.sha256 == said:
        return Standing.KEPT
    remember(staff, Mark(known.version + 1 if known else 1, str(said)))
    return Standing.ANOTHER
