"""A report that its reporter took back ends in its case, with what comes from it, or the case with its last report."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from app.client.casework.cases import drafts, memory
from app.client.casework.cases.following import JOURNAL, authority
from app.client.casework.cases.reading import OpenCase, refreshed, whole
from app.client.casework.cases.writing import seal_entries, turn
from app.client.machine.sealed import Sealed
from app.client.machine.staff import Staff
from app.protocol import journal
from app.protocol.case import PartType
from app.protocol.encoding import b64
from app.protocol.journal import MOST_PARTS, EndReason, Entry, PartNote, Place

# What is of nobody in the case says nobody knows whose words it has: it ends with any of them, and is written anew.
_OF_NOBODY: Final = frozenset({PartType.CASE, PartType.SELECTOR})
_ORDER: Final = (*(each for each in PartType if each is not PartType.PERSON), PartType.PERSON)
_AT_ONCE: Final = 2000  # parts that end in one act


def end_report(
    staff: Staff, case: OpenCase, report: str, last: Sequence[bytes], *, people: Collection[str]
) -> OpenCase:
    """Leave the parts of a last message for its reporter, and let report, people and what happened to them end.

    All of it in one act of the service: where it is interrupted, nothing was done, or everything. Of a case that has
    more parts than one act ends, some end before, and whoever begins anew goes on with the rest. The case has turned
    before. Raises `Refused`: `stale-version` where a colleague wrote meanwhile.
    """
    case = turn(staff, whole(staff, case))
    while len(notes := _ending(case, people)) > _AT_ONCE:
        _send(staff, case, report, [], _ended(staff, case, notes[:_AT_ONCE]))
        case = whole(staff, refreshed(staff, case))
    _send(staff, case, report, last, _ended(staff, case, notes) | {"people": [*people]})
    return refreshed(staff, case)


def end_case(staff: Staff, case: OpenCase, report: str, last: Sequence[bytes]) -> None:
    """The same where the case has no other report: all of it goes, and this machine keeps nothing of it."""
    _send(staff, case, report, last, {})
    drafts.drop(staff, case.id)
    memory.drop(staff, case.id)
    staff.seen.forget(JOURNAL, case.id)


def incidents_of(case: OpenCase, people: Collection[str]) -> frozenset[str]:
    """The ids of what happened to these people."""
    return frozenset(each.id for each in case.file.incidents if each.affected in people)


def _send(staff: Staff, case: OpenCase, report: str, last: Sequence[bytes], more: dict[str, Any]) -> None:
    request = {"report": report, "last": [b64(each) for each in last], **more}
    staff.service.post(f"/cases/{case.id}/withdrawals", request, version=case.version)


def _ended(staff: Staff, case: OpenCase, notes: Sequence[PartNote]) -> dict[str, list[str]]:
    return {
        "entries": [each.file for each in _entries(staff, case, notes)],
        "parts": [each.id for each in notes],
    }


def _ending(case: OpenCase, people: Collection[str]) -> list[PartNote]:
    """The ends of what is of these people or of nobody, an incident before what was written once about it.

    Who they are ends last: of an act that was interrupted between two, all that is left is found again.
    """
    newest = [versions[-1].note for versions in case.journal.parts.values()]
    ended = {each.of for each in newest if each.sha256 is None and each.type == PartType.INCIDENT}
    of = frozenset(people) | incidents_of(case, people) | ended
    found = [each for each in newest if each.sha256 and (each.of in of or each.type in _OF_NOBODY)]
    return [
        replace(each, version=each.version + 1, sha256=None, origin=None, reason=EndReason.WITHDRAWN)
        for each in sorted(found, key=lambda note: _ORDER.index(PartType(note.type)))
    ]


def _entries(staff: Staff, case: OpenCase, notes: Sequence[PartNote]) -> list[Sealed]:
    """As few as can, of which colleagues will count each. One there is, although nothing ends."""
    found, entries, by = case.journal, list[Sealed](), authority(staff)
    for start in range(0, max(len(notes), 1), MOST_PARTS):
        entry = Entry(parts=tuple(notes[start : start + MOST_PARTS]))
        [sealed] = seal_entries(staff, case.key, [], first=entry, after=found.mark)
        found = journal.after(found, Place(sealed.mark.sha256, sealed.document), by=by)
        entries.append(sealed)
    return entries
