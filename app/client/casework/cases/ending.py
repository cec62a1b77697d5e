"""Parts of a case end: with a report that its reporter took back, which takes the case with it if it is the last, or
because two agree that they do. Their files and keys go in the same act."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from app.client.casework.cases import drafts, memory
from app.client.casework.cases.following import JOURNAL, authority
from app.client.casework.cases.reading import OpenCase, refreshed, whole
from app.client.casework.cases.writing import current, seal_entries, turn
from app.client.machine.sealed import Sealed
from app.client.machine.staff import Staff
from app.protocol import journal
from app.protocol.case import PartType, RuleBroken
from app.protocol.encoding import b64
from app.protocol.journal import MOST_PARTS, Ending, EndReason, Entry, NamedVersion, PartNote, Place

# What is of nobody in the case says nobody knows whose words it has: it ends with any of them, and is written anew.
_OF_NOBODY: Final = frozenset({PartType.CASE, PartType.SELECTOR})
_ORDER: Final = (*(each for each in PartType if each is not PartType.PERSON), PartType.PERSON)
_AT_ONCE: Final = 2000  # parts that end in one act
# Nobody but a reader knows whom these tell of.
_PAPERS: Final = frozenset({PartType.NOTE, PartType.TASK, PartType.ASSESSMENT, PartType.PLAN, PartType.CLOSING})


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


def agreed(case: OpenCase, part: str) -> Ending:
    """What ends where two agree that a part does, as it is now: with somebody all that is theirs, with an incident what
    was said of it.

    Raises `RuleBroken` where there is no such part, it ends with its incident alone, or is more than one entry says;
    and where what ends is counted: nobody would find its cards again.
    """
    note = case.journal.parts[part][-1].note if part in case.journal.parts else None
    if note is None or note.sha256 is None or not journal.ends_alone(note.type):
        raise RuleBroken("no-such-part")
    of = {note.of} if note.type in (PartType.PERSON, PartType.INCIDENT) else set[str | None]()
    if note.type == PartType.PERSON:
        of |= incidents_of(case, {str(note.of)})
    if any(each.incident in of and not each.withdrawn and (each.written or each.revision) for each in case.file.cards):
        raise RuleBroken("card-counted")
    newest = (named[-1].note for named in case.journal.parts.values())
    with_it = {each.id for each in newest if each.sha256 and each.of in of and journal.ends_alone(each.type)}
    if len(with_it) > MOST_PARTS:
        raise RuleBroken("ends-too-much")
    return journal.ending(case.journal, with_it | {part})


def end_agreed(staff: Staff, case: OpenCase, act: Ending, approval: str) -> OpenCase:
    """Destroy these parts as another person has approved (`act_approvals`), whose text `approval` is.

    Raises `RuleBroken` where it is no end of this case any more, `NotAuthentic` where the approval is of another, and
    `Refused`: `stale-version` where a colleague wrote meanwhile, `case-held`.
    """
    case = current(staff, whole(staff, case))
    alone = {part for part in act.ids if part in case.journal.parts and _ends_alone(case, part)}
    if journal.ending(case.journal, alone) != act:
        raise RuleBroken("not-an-act")
    notes = sorted(
        (_end(case.journal.parts[part][-1].note, EndReason.AGREED) for part in act.ids),
        key=lambda note: (not journal.ends_alone(note.type), note.id),
    )
    entries = [each.file for each in _entries(staff, case, notes, approval)]
    parts = [{"part": part, "version": version} for part, version in sorted(act.parts)]
    request = {"entries": entries, "parts": parts, "people": sorted(act.people)}
    staff.service.post(f"/cases/{case.id}/ends", request, version=case.version)
    return refreshed(staff, case)


def to_read(case: OpenCase) -> list[str]:
    """Papers that were written before a reporter last took something back, and may tell of them still."""
    named = case.journal.parts.values()
    ends = (each[-1].entry for each in named if each[-1].note.reason is EndReason.WITHDRAWN)
    last = max(ends, default=0)
    return [each[0].note.id for each in named if _is_paper(each[-1]) and each[0].entry < last]


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
    of, alone = frozenset(people) | incidents_of(case, people) | ended, _written_of(case, people)
    found = [each for each in newest if each.sha256 and (each.of in of or each.type in _OF_NOBODY or each.id in alone)]
    ends = [_end(each, EndReason.WITHDRAWN) for each in found]
    return sorted(ends, key=lambda note: _ORDER.index(PartType(note.type)))


def _written_of(case: OpenCase, people: Collection[str]) -> frozenset[str]:
    """Papers that were last written before anybody was entered who stays: they tell of nobody else."""
    persons = [named for named in case.journal.parts.values() if named[0].note.type == PartType.PERSON]
    if not any(each[0].note.of in people for each in persons):
        return frozenset()
    stay = (each for each in persons if each[-1].note.sha256 and each[0].note.of not in people)
    others = min((each[0].entry for each in stay), default=0)
    papers = (each[-1] for each in case.journal.parts.values() if _is_paper(each[-1]))
    return frozenset(each.note.id for each in papers if each.entry < others)


def _is_paper(named: NamedVersion) -> bool:
    return named.note.type in _PAPERS and named.note.sha256 is not None


def _ends_alone(case: OpenCase, part: str) -> bool:
    return journal.ends_alone(case.journal.parts[part][-1].note.type)


def _end(note: PartNote, reason: EndReason) -> PartNote:
    return replace(note, version=note.version + 1, sha256=None, origin=None, reason=reason)


def _entries(staff: Staff, case: OpenCase, notes: Sequence[PartNote], approval: str | None = None) -> list[Sealed]:
    """As few as can, of which colleagues will count each. One there is, although nothing ends.

    What takes two stands in the first, with the `approval` of the second.
    """
    found, entries, by = case.journal, list[Sealed](), authority(staff)
    for start in range(0, max(len(notes), 1), MOST_PARTS):
        entry = Entry(parts=tuple(notes[start : start + MOST_PARTS]), approval=None if start else approval)
        [sealed] = seal_entries(staff, case.key, [], first=entry, after=found.mark)
        found = journal.after(found, Place(sealed.mark.sha256, sealed.document), by=by)
        entries.append(sealed)
    return entries
