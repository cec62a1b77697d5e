"""Keys turn: the case's, and with it those of its reports and those of its parts that have one of their own.

What is written from then on, whoever left cannot read, and whoever holds the newest key reads all that came before.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, Final

from app import age
from app.client.casework.cases.following import was_certified, works_on_cases
from app.client.casework.cases.reading import OpenCase
from app.client.machine import pairs
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import canonical
from app.protocol.journal import MOST_PART_KEYS, MOST_REPORT_KEYS, Entry, HeldNote, KeyNote
from app.protocol.members import MemberList
from app.vocabulary import GrantKind

# Bytes of keys of parts that one request holds beside all else, and of what its entry says of them.
_MOST_SEALED: Final = 2 * 2**20
_MOST_NOTED: Final = 4 * 2**10


@dataclass(frozen=True)
class PartKey:
    """The next key of a part that has one of its own, for those of its holders who stay."""

    key: Key = field(repr=False)
    note: KeyNote
    held: HeldNote
    wire: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class NextKeys:
    """The key of the case to write under, the first entry, and what the service is told of it, with all keys that turn
    by it: of which `reports`, and of `parts`."""

    key: Key = field(repr=False)
    entry: Entry
    told: Mapping[str, Any] = field(repr=False)
    reports: tuple[str, ...] = ()
    parts: tuple[PartKey, ...] = ()


def is_turn_due(staff: Staff, case: OpenCase) -> bool:
    """Whether nothing is to be written under the case's newest key, as far as this machine knows certificates."""
    works = partial(works_on_cases, staff, day=staff.today)
    is_due = case.journal.is_turn_due(works, partial(_may_get, staff), staff.today)
    return is_due or _is_with_custodians(staff, case)


def is_with_the_gone(staff: Staff, case: OpenCase) -> bool:
    """Whether somebody has the case's newest key who is to read nothing that is written from now on."""
    works = partial(works_on_cases, staff, day=staff.today)
    is_with_members = case.journal.is_turn_due(works, lambda _: False, staff.today)
    return is_with_members or _is_with_custodians(staff, case)


def _is_with_custodians(staff: Staff, case: OpenCase) -> bool:
    """Whether two custodians who have left may have kept a pair of the case's newest key. Of one of which this machine
    does not know since when it is the newest, as if it always had been: who turns it knows. Where both
    went on the day on which it was made, days do not tell: on that day it turns with each line, and once after it."""
    kept = staff.with_trust(lambda trust: trust.kept_pairs(staff.today))
    return any(each.has(case.journal.turned_on or date.min, is_told=True) for each in kept)


def next_keys(staff: Staff, case: OpenCase, entry: Entry, told: Mapping[str, Any], *, turns: bool) -> NextKeys:
    """What `entry` says, and `told` the service of it, with every key that is due: all where the case `turns` by it."""
    key, told = case.key, dict(told)
    if turns:
        entry, told = _without_the_gone(staff, case, entry, told)
        key, entry, told["turned"] = _turned(staff, case, entry)
        told["pairs"] = pairs.make(staff, key.identity, case.id, generation=key.generation, head=case.journal.mark)
    of_reports, told["report_keys"] = _turned_reports(staff, case, key, turns=turns)
    of_parts = _turned_parts(staff, case, entry, turns=turns)
    told["part_keys"] = [each.wire for each in of_parts]
    entry = replace(
        entry,
        keys=(*entry.keys, *of_reports, *(each.note for each in of_parts)),
        held=(*entry.held, *(each.held for each in of_parts)),
    )
    return NextKeys(key, entry, told, tuple(each.subject for each in of_reports), tuple(of_parts))


def gone(staff: Staff, case: OpenCase) -> frozenset[str]:
    """Whom turning puts out: whose last day is over, and who has no role for it any more, unless that takes two."""
    members = case.member_list
    of_two = {members.opener, members.owner}
    without_role = {
        each
        for each in members.present - of_two
        if was_certified(staff, each, staff.today) and not works_on_cases(staff, each, staff.today)
    }
    return case.journal.over(staff.today) | without_role


def _without_the_gone(staff: Staff, case: OpenCase, entry: Entry, told: dict[str, Any]) -> tuple[Entry, dict[str, Any]]:
    """The entry and what the service is told of it, with those put out whom turning puts out."""
    said = entry.members or MemberList(case.member_list.present, case.member_list.owner)
    out = gone(staff, case) & said.members
    if not out:
        return entry, told
    listed = MemberList(said.members - out, None if said.owner in out else said.owner)
    return replace(entry, members=listed), {**told, "remove": sorted({*told.get("remove", ()), *out})}


def _turned(staff: Staff, case: OpenCase, entry: Entry) -> tuple[Key, Entry, list[dict[str, Any]]]:
    """The next key, the entry that brings it in, and its grants to members, with the one of the old key to itself."""
    key = replace(case.key, identity=age.generate(), generation=case.key.generation + 1, older=case.key.all)
    head, old = case.journal.mark, case.key
    members = entry.members.members if entry.members else case.members
    # Who has new keys gets it once their words were compared, from whoever writes then.
    certified = {person for person in members if _may_get(staff, person)}
    under = key.identity.recipient
    nested = staff.seal_grant(
        old.identity, case.id, under, case.id, GrantKind.CASE, generation=old.generation, head=head
    )
    note = KeyNote(case.id, key.generation, recipient_sha256(under))
    entry = replace(entry, keys=(note, *entry.keys), without=tuple(sorted(members - certified)))
    return key, entry, [*grants_of(staff, key, certified, head=head), {"grantee": case.id, "file": nested}]


def _turned_reports(
    staff: Staff, case: OpenCase, key: Key, *, turns: bool
) -> tuple[list[KeyNote], list[dict[str, str]]]:
    """The next key of each report where the case turns, or has turned without: for the journal, and for the case.

    Else who left would read what their reporters write from now on.
    """
    due = [each.id for each in case.journal.reports] if turns else case.journal.old_reports
    notes, granted = list[KeyNote](), list[dict[str, str]]()
    for report in due[:MOST_REPORT_KEYS]:
        secret, generation = age.generate(), case.journal.generation_of(report) + 1
        file = staff.seal_grant(secret, report, key.identity.recipient, case.id, GrantKind.CASE, generation=generation)
        notes.append(KeyNote(report, generation, recipient_sha256(secret.recipient)))
        granted.append({"report": report, "file": file})
    return notes, granted


def old_keys(case: OpenCase) -> list[str]:
    """Of the parts whose own keys this person holds, those that somebody may have who left."""
    return [part for part in case.journal.old_parts if holds(case, part)]


def holds(case: OpenCase, part: str) -> bool:
    """Whether this person has the newest own key of the part."""
    key = case.keys.own.get(part)
    return key is not None and key.generation == case.journal.generation_of(part)


def _turned_parts(staff: Staff, case: OpenCase, entry: Entry, *, turns: bool) -> list[PartKey]:
    """The next own key of each part that this person holds, where the case turns, or has turned without.

    It goes to those of its holders, as the journal names them, who are members still and whose keys are known. Of many
    parts those that one request holds and one entry names, one at the least; the rest turns by the next.
    """
    due = [part for part in case.journal.own_parts if holds(case, part)] if turns else old_keys(case)
    members = entry.members.members if entry.members else case.members
    turned, size, noted = list[PartKey](), 0, 0
    for part in due[:MOST_PART_KEYS]:
        each = _turned_part(staff, case, part, members)
        size += sum(len(file["file"]) for file in (*each.wire["grants"], *each.wire["pairs"]))
        noted += len(canonical({"keys": each.note.body(), "held": each.held.body()}))
        if turned and (size > _MOST_SEALED or noted > _MOST_NOTED):
            break
        turned.append(each)
    return turned


def _turned_part(staff: Staff, case: OpenCase, part: str, members: Collection[str]) -> PartKey:
    before = case.keys.own[part]
    key = replace(before, identity=age.generate(), generation=before.generation + 1, older=before.all)
    stay = {each for each in case.journal.held[part] & set(members) if _may_get(staff, each)} | {staff.person}
    under = key.identity.recipient
    nested = staff.seal_grant(before.identity, part, under, part, GrantKind.CASE, generation=before.generation)
    granted = [*grants_of(staff, key, stay), {"grantee": part, "file": nested}]
    for_custodians = pairs.make(staff, key.identity, part, generation=key.generation, case=case.id)
    return PartKey(
        key,
        KeyNote(part, key.generation, recipient_sha256(under)),
        HeldNote(part, frozenset(stay)),
        {"part": part, "grants": granted, "pairs": for_custodians},
    )


def _may_get(staff: Staff, person: str) -> bool:
    return works_on_cases(staff, person, staff.today) and staff.is_compared(staff.certified(person))


def grants_of(staff: Staff, key: Key, people: Collection[str], *, head: Mark | None = None) -> list[dict[str, Any]]:
    """A key for each of these people; that of a case by somebody who has seen its journal up to `head`."""
    return [
        staff.grant(
            key.identity,
            key.subject,
            staff.certified(person),
            GrantKind.ASSIGNED,
            generation=key.generation,
            head=head,
        )
        for person in sorted(people)
    ]
