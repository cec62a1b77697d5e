"""The memory of a person: what each machine of theirs has seen, left sealed at the service for the next.

Each machine reads what the others left before it adds to that, so nobody's machine knows less for it. What a service
shows there is held to what this machine has seen of it; a new machine can only be told the day, and asks its person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import TRUSTED, Staff
from app.client.machine.transport import Refused
from app.protocol import chain, memory
from app.protocol.chain import Mark
from app.protocol.encoding import b64, canonical, check_at, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.key_copy import sign_file
from app.protocol.memory import MEMORY
from app.protocol.opening import Opened
from app.protocol.sizes import classes

# In what this machine has seen: the newest version that it read or wrote, what stood in it, and when it last looked.
_READ: Final = MEMORY.name
_BODY: Final = "memory-body"
_LOOKED: Final = "memory-looked"
# What is of this machine alone: which copy and which head it made, what it was shown to sign, whom it grants to.
_OF_MACHINE: Final = frozenset(
    {_READ, _BODY, _LOOKED, "copy", "audit-seen", "coding-lines", "epoch-holders", "root-signed", TRUSTED}
)
_OF_ROOT: Final = frozenset({"root", "key-log"})
# At most once in so many seconds, between two sign-outs.
_EVERY: Final = 15 * 60
_TRIES: Final = 4


@dataclass(frozen=True)
class Taken:
    """What a memory brought: the day on which it was written, and how much had no place in it."""

    day: date
    left_out: int


def take(staff: Staff) -> Taken | None:
    """Know what the person's other machines have left; None where that is nothing that this one does not know.

    Raises `Rollback` for less than it has seen, `NotAuthentic` with `memory-fork` where it has seen another file under
    one mark, of which it keeps its own, and what is wrong with the newest where none opens.
    """
    if staff.about.pin is not None:
        _ = staff.log  # where a loss is accepted, that comes before what another machine knew
    kept = [Mark(each["number"], each["sha256"]) for each in staff.service.get("/memories").json()["items"]]
    known = staff.seen.hold(_READ, staff.person, partial(_checked, kept))
    found = _opened(staff, [each for each in kept if known is None or each.version > known.version], known)
    if found is None:
        return None
    untaken = _OF_MACHINE | (_OF_ROOT if staff.seen.highest(TRUSTED, staff.org) else frozenset())
    marks = memory.read(found.body)
    day = check_at(found.document.header.at)
    forks = staff.seen.merge([each for each in marks if each.type not in untaken], on=day)
    if forks:
        raise NotAuthentic("memory-fork")
    staff.seen.record(_READ, staff.person, kept[0])
    staff.seen.replace(_BODY, staff.person, Mark(kept[0].version, _sha256(found.body)))
    return Taken(day, int(str(found.body["left_out"])))


def keep(staff: Staff) -> None:
    """Leave what this machine has seen beside what the others left, unless all of it is there.

    Nothing is written over a memory that says otherwise, nor by who is certified no longer. Raises as `take`,
    `Refused` and `Unreachable`.
    """
    staff.certified(staff.person)
    for left in reversed(range(_TRIES)):
        try:
            take(staff)
            _write(staff)
        except Refused as refusal:
            if refusal.type != "stale-version" or not left:
                raise
        else:
            return


def keep_now_and_then(staff: Staff) -> None:
    """The same, unless this machine did within a quarter of an hour."""
    quarter = int(staff.now.timestamp()) // _EVERY
    before = staff.seen.highest(_LOOKED, staff.person)
    if before is None or before.version != quarter:
        staff.seen.replace(_LOOKED, staff.person, Mark(quarter, sha256_hex(b"")))
        keep(staff)


def _checked(kept: Sequence[Mark], known: Mark | None) -> Mark | None:
    """What was known, where what is kept goes on from it. Raises `Rollback`."""
    if known and (not kept or not _contains(kept, known)):
        raise Rollback("memory")
    return known


def _contains(kept: Sequence[Mark], known: Mark) -> bool:
    """Whether what is kept goes on from what was known, which may be too old to be among it."""
    same = [each for each in kept if each.version == known.version]
    return kept[0].version >= known.version and all(each.sha256 == known.sha256 for each in same)


def _opened(staff: Staff, unknown: Sequence[Mark], known: Mark | None) -> Opened | None:
    """The newest that opens: what does not has its place all the same, and hides none before it."""
    faults = list[ProtocolError]()
    for mark in unknown:
        try:
            file = unb64(staff.service.get(f"/memories/{mark.version}").json()["file"])
            found = sealed.open_(staff, _key(staff), MEMORY.name, file, writers={staff.person})
            if (found.mark.version, found.sha256) != (mark.version, mark.sha256):
                raise NotAuthentic("version")
            chain.check_not_older(found.link, known)
        except ProtocolError as error:
            faults.append(error)
        else:
            return found
    if faults:
        raise faults[0]
    return None


def _write(staff: Staff) -> None:
    last = staff.seen.highest(_READ, staff.person)
    marks = [each for each in staff.seen.everything() if each.type not in _OF_MACHINE]
    body = memory.body(marks, most=classes(MEMORY.size)[-1])
    if last and staff.seen.highest(_BODY, staff.person) == Mark(last.version, _sha256(body)):
        return
    written = sealed.write(staff, _key(staff), MEMORY.name, body, after=last)
    signature = sign_file(MEMORY.name, unb64(written.file), staff.signer)
    request = {"number": written.mark.version, "file": written.file, "signature": b64(signature)}
    staff.service.put("/memories", request)
    staff.seen.record(_READ, staff.person, replace(written.mark, generation=None))
    staff.seen.replace(_BODY, staff.person, Mark(written.mark.version, _sha256(body)))


def _key(staff: Staff) -> Key:
    return Key(staff.person, staff.keys.identity, 1)


def _sha256(body: dict[str, Any]) -> str:
    return sha256_hex(canonical(body))
