"""Somebody leaves: what vouches for them ends, and with it what they hold; then what they knew turns."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.client.intake import epochs
from app.client.machine.staff import NobodyToGrant, NotGranted, Staff
from app.client.machine.transport import Refused
from app.client.people import colleagues, duties, shared_keys
from app.protocol.chain import Mark
from app.protocol.duties import DutyKind
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError

# In what this person has seen: of each whom they wanted ended once that loses nothing, or not any more, in turn.
_PLAN: Final = "leaves"


@dataclass(frozen=True)
class Holdings:
    """The objects whose keys a person holds; those `alone` would be lost with them.

    Those `in_pairs` nobody else holds either, and two custodians can give them to somebody.
    """

    alone: tuple[str, ...]
    in_pairs: tuple[str, ...]
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Turned:
    """What was made anew when somebody left: ids of epochs and of shared keys, whether answer templates were sealed
    anew, and what could not be."""

    epochs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    templates: bool = False
    failed: tuple[Exception, ...] = ()


def holdings(staff: Staff, person: str) -> Holdings:
    """As the service tells a supervisor: it has the grants. Raises `Refused`."""
    items = staff.service.get(f"/people/{person}/holdings").json()["items"]

    def those(*, alone: bool, in_pairs: bool) -> tuple[str, ...]:
        return tuple(str(each["object"]) for each in items if (each["alone"], each["in_pairs"]) == (alone, in_pairs))

    return Holdings(
        alone=those(alone=True, in_pairs=False),
        in_pairs=those(alone=True, in_pairs=True),
        shared=those(alone=False, in_pairs=False) + those(alone=False, in_pairs=True),
    )


def hand_over(staff: Staff, person: str) -> None:
    """Remember that somebody leaves once nothing opens for them alone. No service knows of the plan."""
    _plan(staff, person, leaves=True)


def call_back(staff: Staff, person: str) -> None:
    """They stay."""
    _plan(staff, person, leaves=False)


def is_handing_over(staff: Staff, person: str) -> bool:
    """Whether this person wants somebody ended once nothing opens for them alone."""
    plan = staff.seen.highest(_PLAN, person)
    return plan is not None and plan.version % 2 == 1


def leave_where_handed_over(staff: Staff) -> Iterator[tuple[str, Turned]]:
    """End those whom this person wanted ended, and for whom alone nothing opens any more. Raises as `leave`."""
    staff.forget()
    for each in staff.trust.everybody(staff.today):
        if is_handing_over(staff, each.person) and not holdings(staff, each.person).alone:
            yield each.person, leave(staff, each.person)


def _plan(staff: Staff, person: str, *, leaves: bool) -> None:
    if is_handing_over(staff, person) is leaves:
        return
    before = staff.seen.highest(_PLAN, person)
    version = before.version + 1 if before else 1
    staff.seen.record(_PLAN, person, Mark(version, sha256_hex(f"{person} {version}".encode())))


def leave(staff: Staff, person: str) -> Turned:
    """End a person's certificates, and replace the keys that this person can: of intake, and those that work shares.

    Answers that are ready are opened before, for what was seen counts, whoever of its author's keys ends; and sealed
    anew under the key that stays, or nobody who stays could go on with them where only who leaves had both keys.

    Interrupted at any place it is begun again, and does what is left. The service ends their sessions, grants,
    memberships and copy with the certificate, and puts back what they had claimed. Cases turn by their members. Raises
    as `colleagues.end`.
    """
    from app.client.casework import templates  # what a case is made of takes long to import

    are_ready = False
    with suppress(NotGranted, ProtocolError, Refused):
        are_ready = templates.library(staff).mark is not None
    colleagues.end(staff, person)
    told = [hint for hint in duties.waiting(staff) if hint.person == person]
    hints = {hint.kind: hint.object for hint in told}
    keys: list[str | None] = [hint.object for hint in told if hint.kind is DutyKind.TURN_SHARED_KEY]
    failed = list[Exception]()
    replaced, turned = [], []
    try:
        replaced = epochs.replace(staff, person, epoch=hints.get(DutyKind.REPLACE_EPOCH))
    except (NobodyToGrant, Refused) as error:
        failed.append(error)
    try:
        turned = [made for key in keys or [None] for made in shared_keys.turn(staff, person, key=key)]
    except (NobodyToGrant, Refused) as error:
        failed.append(error)
    sealed = False
    try:
        sealed = are_ready and templates.seal_anew(staff)
    except (NotGranted, ProtocolError, Refused) as error:
        failed.append(error)
    return Turned(tuple(each.epoch for each in replaced), tuple(each.id for each in turned), sealed, tuple(failed))
