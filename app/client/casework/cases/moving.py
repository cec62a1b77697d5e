"""Cases are merged and split: reports go to another case, with the people they tell of and what happened to these.

Whoever moves them works on both cases, whose members are the same, so nobody gains sight of anything by it, and nobody
loses it. What each has written goes on in the other case as they had signed it. It is one act: both cases say so, or
nothing was done.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app import age
from app.client.casework.cases import consents
from app.client.casework.cases.reading import OpenCase, carried_on, check_history, open_, refreshed, reports_of, whole
from app.client.casework.cases.turning import grants_of, holds
from app.client.casework.cases.writing import (
    Change,
    counted,
    current,
    seal_entries,
    with_own_keys,
    write,
)
from app.client.casework.reports import opened
from app.client.machine import pairs, sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import NotGranted, Staff
from app.protocol.case import Name, PartType, RuleBroken
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import new_id
from app.protocol.journal import MOST_PARTS, EndReason, Entry, KeyNote, Moved, Origin, PartNote, ReportNote
from app.protocol.types import TYPES
from app.vocabulary import GrantKind

# Of these a case has one, which stays where it is: beside the other's it would say the same thing twice.
_STAYS: Final = frozenset({PartType.CASE, PartType.ASSESSMENT, PartType.PLAN, PartType.CLOSING})
# What goes where their people go, wherever it came from.
_OF_PEOPLE: Final = frozenset(
    {
        PartType.PERSON,
        PartType.IDENTITY,
        PartType.TIE,
        PartType.INCIDENT,
        PartType.ASSERTION,
        PartType.VERDICT,
        PartType.CARD,
    }
)
# How many parts one entry brings, each with where it comes from, and some with a key of their own.
_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Going:
    """What goes to another case: reports, people, and parts by what they say. `whole`: all that the case has."""

    reports: tuple[ReportNote, ...]
    people: frozenset[str]
    parts: Mapping[Name, str] = field(repr=False)
    whole: bool


def all_of(staff: Staff, case: OpenCase, into: OpenCase) -> Going:
    """All that goes where a case is merged into another. Raises `RuleBroken` where no report is left in it.

    A selector that the other case has too stays, and so do title and summary, assessment, plan and closing.
    """
    live = _live(staff, case)
    if not live:
        raise RuleBroken("nothing-to-move")
    parts = {
        name: part
        for name, part in case.whole.parts.items()
        if name.type not in _STAYS and not (name.type == PartType.SELECTOR and name in into.whole.parts)
    }
    return Going(live, frozenset(each.id for each in case.file.persons), parts, whole=True)


def with_reports(staff: Staff, case: OpenCase, reports: Collection[str], *, back_to: str | None = None) -> Going:
    """What goes with these reports of a case that is `ready`: whom they alone tell of, and what happened to them. Where
    they go `back_to` a case that was merged into this one, also what came from there and is of nobody.

    Raises `RuleBroken`: `told-by-both` where somebody is told of by a report that stays too, and `nothing-to-move`.
    """
    live = tuple(each for each in _live(staff, case) if each.id in reports)
    if not live or len(live) != len({*reports}):
        raise RuleBroken("nothing-to-move")
    told = [each for each in case.file.persons if {*each.told_by} & {*reports}]
    if any(not {*each.told_by} <= {*reports} for each in told):
        raise RuleBroken("told-by-both")
    people = frozenset(each.id for each in told)
    of = people | {each.id for each in case.file.incidents if each.affected in people}
    parts = {
        name: part
        for name, part in case.whole.parts.items()
        if case.journal.parts[part][-1].note.of in of or (back_to and _came_from(case, part, back_to))
    }
    parts = {name: part for name, part in parts.items() if name.type not in _OF_PEOPLE or _of(case, part) in of}
    return Going(live, people, parts, whole=False)


def came_from(staff: Staff, case: OpenCase, merged: OpenCase) -> tuple[str, ...]:
    """The reports of a case that came with another, which was merged into it, and are there still."""
    there = {each.id for each in _live(staff, case)}
    return tuple(sorted({subject for subject, _ in merged.journal.keys} & there))


def tell_apart(staff: Staff, case: OpenCase) -> OpenCase:
    """Say of each person by which reports they are told of, where that was all of the case: beside those of another it
    would be those too, whose words are none of theirs."""
    live = tuple(sorted(each.id for each in _live(staff, case)))
    persons = tuple(replace(each, told_by=each.told_by or live) for each in case.file.persons)
    return case if persons == case.file.persons else write(staff, case, replace(case.file, persons=persons))


def move(staff: Staff, case: OpenCase, into: OpenCase, going: Going, approval: str) -> tuple[OpenCase, OpenCase]:
    """Let all of it go to the other case in one act; both as they are then. `approval` is the text of another person's
    (`act_approvals`), for the act `Moving`.

    What was told of the case to the service stays told of it there; where a colleague wrote meanwhile nothing is done.
    Raises `RuleBroken` where their members differ, `NotGranted` where this person does not hold the key of an identity
    that goes too, and `Refused`.
    """
    check_apart(case, into)
    check_history(staff, case)
    request, into_version = _request(staff, case, into, going, approval), into.version
    staff.service.post(f"/cases/{case.id}/moves", {**request, "after": into_version}, version=case.version)
    return refreshed(staff, case), refreshed(staff, into)


def check_apart(case: OpenCase, into: OpenCase) -> None:
    """Raises `RuleBroken` unless they are two, and nobody gains or loses sight by moving something between them."""
    if case.id == into.id:
        raise RuleBroken("one-case")
    if case.members != into.members or case.journal.guests or into.journal.guests:
        raise RuleBroken("members-differ")


def ready(staff: Staff, case: str) -> OpenCase:
    """The case under keys under which may be written, read from its first entry on, each person with who tells of
    them. Raises as `open_`."""
    opened_case = whole(staff, open_(staff, case))
    return tell_apart(staff, with_own_keys(staff, current(staff, opened_case)))


def _request(staff: Staff, case: OpenCase, into: OpenCase, going: Going, approval: str) -> dict[str, Any]:
    parts = going.parts.values()
    changes = [_arriving(staff, case, into, name, part) for name, part in going.parts.items()]
    arriving, granted = _joining(staff, case, into, going.reports)
    found = counted(staff, into.journal, arriving)
    for start in range(0, len(changes), _AT_ONCE):
        batch = changes[start : start + _AT_ONCE]
        brought = seal_entries(staff, into.key, batch, first=Entry(approval=approval), after=found.mark)
        found = counted(staff, found, brought)
        arriving += brought
    leaving = list[str]()
    found, ends = case.journal, [_end(case, part, into.id) for part in parts]
    for start in range(0, max(len(ends), 1), MOST_PARTS):
        reports = tuple(sorted(each.id for each in going.reports)) if start == 0 else ()
        moved = Moved(into.id, reports, whole=going.whole)
        entry = Entry(parts=tuple(ends[start : start + MOST_PARTS]), approval=approval, moved=moved)
        [written] = seal_entries(staff, case.key, [], first=entry, after=found.mark)
        found = counted(staff, found, [written])
        leaving.append(written.file)
    return {
        "to": into.id,
        "whole": going.whole,
        "entries": leaving,
        "arriving": {"entries": [each.file for each in arriving], "parts": [each.wire for each in changes]},
        "parts": [
            {"part": part, "becomes": change.said.part}
            for part, change in zip(going.parts.values(), changes, strict=True)
        ],
        "reports": granted,
        "people": sorted(going.people),
        "consents": consents.carried_on(staff, case, going.people, into.key),
    }


def _arriving(staff: Staff, case: OpenCase, into: OpenCase, name: Name, part: str) -> Change:
    """The first version of a part in its new case; one with a key of its own gets another, for those who hold it."""
    body, before = dict(carried_on(staff, case, part)), case.said[part]
    key = replace(into.key, subject=new_id("part"))
    granted, for_custodians = list[dict[str, Any]](), list[dict[str, Any]]()
    if TYPES[name.type].own_key:
        if not holds(case, part):
            raise NotGranted(f"the key of {part} was not granted to this person")
        key = Key(key.subject, age.generate(), generation=1)
        granted = grants_of(staff, key, (case.journal.held[part] & into.members) | {staff.person})
        for_custodians = pairs.make(staff, key.identity, key.subject, case=into.id)
    said = replace(before, part=key.subject)
    written = sealed.write(staff, key, name.type, body)
    return Change(name, said, written, key, tuple(granted), tuple(for_custodians), _origin(case, part))


def _joining(
    staff: Staff, case: OpenCase, into: OpenCase, reports: Sequence[ReportNote]
) -> tuple[list[Sealed], list[dict[str, Any]]]:
    """The entries by which reports join the other case, with every key of each that it does not name yet, and all of
    them sealed to it."""
    entries, granted, after = list[Sealed](), list[dict[str, Any]](), into.journal.mark
    for report in reports:
        key = opened.key_in_case(staff, report.id, case.key, case.journal)
        notes, files = list[KeyNote](), list[dict[str, Any]]()
        for each in reversed(key.all):
            to, generation = into.key.identity.recipient, each.generation
            file = staff.seal_grant(each.identity, report.id, to, into.id, GrantKind.CASE, generation=generation)
            files.append({"generation": generation, "file": file})
            if (report.id, generation) not in into.journal.keys:
                notes.append(KeyNote(report.id, generation, recipient_sha256(each.identity.recipient)))
        entry = Entry(keys=tuple(notes), reports=(report,))
        entries += seal_entries(staff, into.key, [], first=entry, after=after)
        granted.append({"report": report.id, "keys": files})
        after = entries[-1].mark
    return entries, granted


def _live(staff: Staff, case: OpenCase) -> tuple[ReportNote, ...]:
    """The reports of the case that are not destroyed, as the service has them."""
    there = {id_ for id_, shown in reports_of(staff, case).items() if not shown["destroyed"]}
    return tuple(each for each in case.journal.reports if each.id in there)


def _end(case: OpenCase, part: str, to: str) -> PartNote:
    note = case.journal.parts[part][-1].note
    return replace(note, version=note.version + 1, sha256=None, origin=None, reason=EndReason.MOVED, to=to)


def _origin(case: OpenCase, part: str) -> Origin:
    note = case.journal.parts[part][-1].note
    return Origin(case.id, part, note.version, str(note.sha256))


def _came_from(case: OpenCase, part: str, other: str) -> bool:
    origin = case.journal.parts[part][0].note.origin
    return origin is not None and origin.case == other


def _of(case: OpenCase, part: str) -> str | None:
    return case.journal.parts[part][-1].note.of
