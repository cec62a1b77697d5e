"""A case is written on: what changed is sealed part by part, and one request stores it with the entry that names it.

Where a colleague was faster, nothing is asked of anybody as long as what they wrote and what is written here are
different things: the entry is signed again behind theirs, over the same parts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from app import age
from app.client.casework.cases import drafts, memory
from app.client.casework.cases.drafts import Draft
from app.client.casework.cases.following import CHECKPOINT, JOURNAL, authority, works_on_cases
from app.client.casework.cases.reading import OpenCase, open_, put_together, refreshed, whole
from app.client.casework.cases.turning import (
    PartKey,
    grants_of,
    holds,
    is_turn_due,
    is_with_the_gone,
    next_keys,
    old_keys,
)
from app.client.casework.reports import opened, threads
from app.client.casework.reports.opened import OpenReport
from app.client.machine import pairs, sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused, Unreachable
from app.protocol import case as rules
from app.protocol import journal
from app.protocol.case import CaseFile, Name, PartType, RuleBroken, Said, check_successor, looks_at, take_apart
from app.protocol.chain import Mark
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import new_id, sha256_hex
from app.protocol.errors import Malformed, ProtocolError
from app.protocol.journal import (
    MOST_PARTS,
    Checkpoint,
    Entry,
    HeldNote,
    Journal,
    KeyNote,
    Origin,
    PartNote,
    Place,
)
from app.protocol.periods import quarter_of
from app.protocol.types import TYPES

# How many entries whoever knows nothing of a case reads at most beside a checkpoint. Each takes 0.5 ms to open; a
# checkpoint takes as much as 20, and 300 bytes a part.
CHECKPOINT_DISTANCE: Final = 200
# How often an entry is signed again behind those of faster colleagues.
TRIES: Final = 8
# How the service refuses keys for somebody who has left, or has another role, since this machine looked.
_OF_PEOPLE: Final = frozenset({"members-unfit", "pairs-unfit", "not-certified"})
# Characters of sealed parts in one request, which the service takes with the entries that name them.
_MOST_TEXT: Final = 3 * 2**20


class Collision(Exception):
    """Somebody wrote meanwhile what was written here too, or what its rules look at. Nothing of it was stored.

    `texts` are both, by name: what was to be written, and what stands there now (None where it was only looked at).
    """

    def __init__(self, texts: Mapping[Name, tuple[Mapping[str, Any], Mapping[str, Any] | None]]) -> None:
        super().__init__("a colleague has changed the same meanwhile; look at the case again")
        self.texts = texts


@dataclass(frozen=True)
class Change:
    """The next version of a part, sealed under `key`, and what it says.

    `grants` are of a new key of its own, and `pairs` that key for custodians. `origin` is of the first version of what
    comes from another case.
    """

    name: Name
    said: Said = field(repr=False)
    sealed: Sealed = field(repr=False)
    key: Key = field(repr=False)
    grants: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    pairs: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    origin: Origin | None = None

    @property
    def key_note(self) -> KeyNote | None:
        """Of the key that comes with it."""
        if not self.grants:
            return None
        return KeyNote(self.key.subject, self.key.generation, recipient_sha256(self.key.identity.recipient))

    @property
    def held_note(self) -> HeldNote | None:
        """To whom the key goes that comes with it."""
        people = frozenset(str(each["grantee"]) for each in self.grants)
        return HeldNote(self.said.part, people) if people else None

    @property
    def note(self) -> PartNote:
        mark = self.sealed.mark
        return PartNote(self.said.part, self.said.type, mark.version, mark.sha256, self.said.of, self.origin)

    @property
    def wire(self) -> dict[str, Any]:
        wire = {"id": self.said.part, "version": self.sealed.mark.version, "file": self.sealed.file}
        return {**wire, "grants": list(self.grants), "pairs": list(self.pairs)} if self.grants else wire


def write(
    staff: Staff,
    case: OpenCase,
    file: CaseFile,
    *,
    holders: Collection[str] = (),
    anew: Collection[Name] = (),
    is_typed: bool = True,
) -> OpenCase:
    """Store what `file` says more or otherwise than the case, which is then this, and what it says `anew` though in the
    same words. Nothing changed writes nothing.

    The key of a new identity is granted to the writer, to the case's owner and to `holders`; of one that is there it
    stays with whom it is. What is too long for one request goes in several, each of which leaves a whole case. Until
    the service has taken all of it, it is kept as a draft, in the place of an earlier one: but not what nobody typed,
    which the machine finds again. Raises `RuleBroken` for what unsays something or is told of
    a quarter to come, `Collision` where somebody wrote the same meanwhile, `Refused` and `Unreachable`.
    """
    if file == case.file and not anew:
        return case
    check_successor(case.file, file, author=staff.person)
    before, bodies = take_apart(case.file), take_apart(file)
    changed = {
        name: (before.get(name), body) for name, body in bodies.items() if name in anew or before.get(name) != body
    }
    if not changed:
        return case
    _check_begun((body for name, (_, body) in changed.items() if name.type == PartType.INCIDENT), staff.today)
    draft = Draft(changed, frozenset(holders))
    if is_typed:
        drafts.keep(staff, case.id, draft)
    case = with_own_keys(staff, case)
    changes = [_change(staff, case, name, body, holders=draft.holders) for name, (_, body) in draft.changes.items()]
    for batch in _batches(changes):
        case = store(staff, case, batch, looked_at=looks_at([change.name for change in batch], file))
    if is_typed:
        drafts.drop(staff, case.id)
    return case


def _check_begun(incidents: Iterable[Mapping[str, Any]], today: date) -> None:
    """What happened did so by now; where the new quarter comes first it may have begun already."""
    latest = quarter_of(today + timedelta(days=1))
    if any((incident["coding"]["quarter"] or latest) > latest for incident in incidents):
        raise RuleBroken("quarter-to-come")


def store(
    staff: Staff,
    case: OpenCase,
    changes: Sequence[Change],
    *,
    entry: Entry | None = None,
    looked_at: Collection[Name] = (),
    more: Mapping[str, Any] | None = None,
    turns: bool = False,
) -> OpenCase:
    """Write the parts and the entries that name them, behind whatever colleagues write meanwhile.

    `entry` says what else is to be said, and `more` what the service is told of it. One of members goes only where
    they and the key are as they were, one of ended parts only where nobody wrote. With `turns` the key turns by it;
    where that is due it has turned before. What no colleague would count is not sent. Raises `Collision`, `Refused` and
    `NotAuthentic`.
    """
    said = entry if entry and (entry.members or entry.parts) else None
    if case.journal.since:
        case, changes = _behind(staff, case, whole(staff, case), changes, looked_at)
    if not turns and is_turn_due(staff, case):
        case, changes = _behind(staff, case, turn(staff, case), changes, looked_at)
    has_asked = False  # for certificates, since the service said no
    for left in reversed(range(TRIES)):
        if not turns and (changes or (entry and entry.held)) and old_keys(case):
            case, changes = _behind(staff, case, with_own_keys(staff, case), changes, looked_at)
        new = next_keys(staff, case, entry or Entry(), more or {}, turns=turns)
        entries = seal_entries(staff, new.key, changes, first=new.entry, after=case.journal.mark)
        found = counted(staff, case.journal, entries)
        request = {"entries": [each.file for each in entries], "parts": [each.wire for each in changes], **new.told}
        try:
            staff.service.post(f"/cases/{case.id}/entries", request, version=case.version)
        except Refused as refusal:
            if refusal.type in _OF_PEOPLE and not has_asked:
                staff.forget()  # somebody was certified when this machine looked
                has_asked = True
                continue
            if refusal.type == "turn-first" and left and not turns:
                staff.forget()  # the same
                case, changes = _behind(staff, case, turn(staff, case), changes, looked_at)
                continue
            if refusal.type != "stale-version" or not left:
                raise
            now = refreshed(staff, case)
            is_other = (now.member_list, now.key.generation) != (case.member_list, case.key.generation)
            if said and (said.parts or is_other):
                raise
            if turns and now.key.generation > case.key.generation:
                return now  # somebody else did
            case, changes = _behind(staff, case, now, changes, looked_at)
        else:
            case = replace(case, keys=replace(case.keys, case=new.key))
            case = _summed_up(staff, _written(staff, case, changes, found, new.parts))
            _tell_reporters(staff, case, new.reports)
            return case
    raise AssertionError("the last try returns or raises")


def current(staff: Staff, case: OpenCase) -> OpenCase:
    """The case under a key under which may be written. Raises `Refused`, and `RuleBroken` for whom it is lent to, who
    turns none."""
    if staff.person in case.members:
        return turn(staff, case) if is_turn_due(staff, case) else case
    if is_with_the_gone(staff, case):
        raise RuleBroken("turns-first")
    return case


def turn_where_due(staff: Staff, case_id: str) -> OpenCase:
    """Open a case, and give it its next key where the journal and certificates show that this is due: also where
    somebody may know the key of one of its reports who triages no more."""
    case = current(staff, whole(staff, open_(staff, case_id)))
    first = [each.id for each in case.journal.reports if case.journal.generation_of(each.id) == 1]
    if any(opened.may_be_known(staff, opened.of_case(staff, each, case.key, case.journal)) for each in first):
        case = turn(staff, case)
    return with_own_keys(staff, case)


def grant_to(staff: Staff, case_id: str, person: str) -> None:
    """Give the newest key to a member who lacks it, as the service says: by the journal, or because a certificate took
    their role and another gave it back, which no journal shows. The key turns by it.

    Raises `WordsNotCompared` of new keys, and as `store`.
    """
    case = whole(staff, open_(staff, case_id))
    if person not in case.members or not works_on_cases(staff, person, staff.today):
        return
    staff.check_compared(staff.certified(person))
    roles = TYPES["approval"].roles
    if person not in case.journal.holders or staff.trust.came_back(person, roles, staff.today):
        with_own_keys(staff, turn(staff, case))


def for_reply(staff: Staff, case_id: str, report: OpenReport, *, turns: bool) -> OpenCase:
    """The case once a reply to the report can be written: what staff keep of it lies under the report's newest key, of
    which whoever left knows none. With `turns` it turns, as the service has said that it must."""
    case = whole(staff, open_(staff, case_id))
    if turns or is_turn_due(staff, case) or opened.may_be_known(staff, report):
        case = turn(staff, case)
    return with_own_keys(staff, case)


def turn(staff: Staff, case: OpenCase) -> OpenCase:
    """Give the case its next key: what is written from now on, whoever holds only an older one cannot read.

    Each member gets it who is certified, with keys whose words were compared, and under it lies the one before, so that
    who holds the newest reads all. Where somebody else turns it at the same time, it is theirs. Raises `Refused`.
    """
    return store(staff, case, [], turns=True)


def with_own_keys(staff: Staff, case: OpenCase) -> OpenCase:
    """The case once the own keys have turned that have to: of reports, and of parts those that this person holds. It
    takes as many requests as it takes; where one turned none, it is left at that.
    """
    while due := _old(case):
        case = store(staff, case, [])
        if len(_old(case)) >= len(due):
            break
    return case


def _old(case: OpenCase) -> list[str]:
    return [*old_keys(case), *case.journal.old_reports]


def _tell_reporters(staff: Staff, case: OpenCase, reports: Iterable[str]) -> None:
    """Where one cannot be told now, the next answer to them does."""
    for report in reports:
        with suppress(Refused, Unreachable, ProtocolError, NotGranted):
            threads.tell_key(staff, opened.of_case(staff, report, case.key, case.journal))


def is_checkpoint_due(found: Journal) -> bool:
    """Whether whoever writes sums up what the journal comes to: it has grown long, or the newest summary is false."""
    is_false = max(found.false_checkpoints, default=0) > found.checkpoint
    return is_false or found.mark.version - found.checkpoint >= CHECKPOINT_DISTANCE


def sum_up(staff: Staff, case: OpenCase) -> OpenCase:
    """Make a checkpoint of a case that was read whole.

    Raises `Refused`, `Unreachable`, and `Malformed` where no request holds it.
    """
    text = journal.summary(case.journal)
    pieces = [sealed.write(staff, case.key, CHECKPOINT, body) for body in journal.pieces(text)]
    if sum(len(each.file) for each in pieces) > _MOST_TEXT:
        raise Malformed("a checkpoint that no request holds")
    said = Checkpoint(sha256_hex(text), tuple(each.mark.sha256 for each in pieces))
    entries = seal_entries(staff, case.key, [], first=Entry(checkpoint=said), after=case.journal.mark)
    request = {"entries": [each.file for each in entries], "checkpoint": [each.file for each in pieces]}
    found = counted(staff, case.journal, entries)
    staff.service.post(f"/cases/{case.id}/entries", request, version=case.version)
    return _written(staff, case, [], found, [])


def _summed_up(staff: Staff, case: OpenCase) -> OpenCase:
    """With a checkpoint where one is due. Where none can be made now, the next who writes makes it."""
    if is_checkpoint_due(case.journal):
        with suppress(Refused, Unreachable, Malformed):
            return sum_up(staff, case)
    return case


def seal_entries(
    staff: Staff, key: Key, changes: Sequence[Change], *, first: Entry, after: Mark | None
) -> list[Sealed]:
    """The entries that name these parts, as few as can; what else is to be said stands in the first."""
    batches = [changes[start : start + MOST_PARTS] for start in range(0, len(changes), MOST_PARTS)] or [[]]
    entries = list[Sealed]()
    for number, batch in enumerate(batches):
        entry = first if number == 0 else Entry()
        keys = (*entry.keys, *filter(None, (change.key_note for change in batch)))
        held = (*entry.held, *filter(None, (change.held_note for change in batch)))
        entry = replace(entry, parts=(*entry.parts, *(change.note for change in batch)), keys=keys, held=held)
        entries.append(sealed.write(staff, key, JOURNAL, entry.body(), after=after))
        after = entries[-1].mark
    return entries


def changes_of(staff: Staff, key: Key, bodies: Mapping[Name, Mapping[str, Any]]) -> list[Change]:
    """The first versions of new parts, under the key of their case."""
    return [
        _sealed_change(staff, replace(key, subject=new_id("part")), name, body, after=None)
        for name, body in bodies.items()
    ]


def _batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """As they fit into requests, in their order: what is spoken of is stored before who speaks of it."""
    batch, text = list[Change](), 0
    for change in changes:
        length = len(change.sealed.file) + sum(len(each["file"]) for each in (*change.grants, *change.pairs))
        if batch and text + length > _MOST_TEXT:
            yield batch
            batch, text = [], 0
        batch.append(change)
        text += length
    yield batch


def _change(staff: Staff, case: OpenCase, name: Name, body: Mapping[str, Any], *, holders: Collection[str]) -> Change:
    part = case.whole.parts.get(name)
    if TYPES[name.type].own_key:
        if part is None:
            return _with_new_key(staff, case, name, body, holders=holders)
        if not holds(case, part):
            raise NotGranted(f"the newest key of {part} was not granted to this person")
        return _sealed_change(staff, case.keys.own[part], name, body, after=case.marks[part])
    key = replace(case.key, subject=part or new_id("part"))
    return _sealed_change(staff, key, name, body, after=case.marks[part] if part else None)


def _with_new_key(
    staff: Staff, case: OpenCase, name: Name, body: Mapping[str, Any], *, holders: Collection[str]
) -> Change:
    """For two at least where the case has two: names that one machine alone opens are lost with it."""
    notes = (named[-1].note for named in case.journal.parts.values())
    if any((note.type, note.of) == (name.type, name.of) and note.sha256 for note in notes):
        raise RuleBroken("identity-closed")  # who came first counts
    owner = case.member_list.owner
    named = {staff.person, *holders} | ({owner} if owner else set())
    if not named <= case.members or len(named) < min(2, len(case.members)):
        raise RuleBroken("holders")
    key = Key(new_id("part"), age.generate(), generation=1)
    granted, for_custodians = grants_of(staff, key, named), pairs.make(staff, key.identity, key.subject, case=case.id)
    change = _sealed_change(staff, key, name, body, after=None)
    return replace(change, grants=tuple(granted), pairs=tuple(for_custodians))


def _behind(
    staff: Staff, case: OpenCase, now: OpenCase, changes: Sequence[Change], looked_at: Collection[Name]
) -> tuple[OpenCase, Sequence[Change]]:
    """The case as it is now, and the changes as they are written behind it. Raises `Collision`."""
    _check_apart(case, now, changes, looked_at)
    return now, [_anew(staff, now, change) for change in changes]


def _anew(staff: Staff, case: OpenCase, change: Change) -> Change:
    """The change under the key to which that of the case has turned: whoever held the one before may have left."""
    part = change.said.part
    if TYPES[change.name.type].own_key:
        own = case.keys.own.get(part, change.key)
        if own.generation == change.key.generation:
            return change
        return _sealed_change(staff, own, change.name, change.said.body, after=case.marks.get(part))
    if change.key.generation == case.key.generation:
        return change
    return _sealed_change(
        staff, replace(case.key, subject=part), change.name, change.said.body, after=case.marks.get(part)
    )


def _sealed_change(staff: Staff, key: Key, name: Name, body: Mapping[str, Any], *, after: Mark | None) -> Change:
    written = sealed.write(staff, key, name.type, dict(body), after=after)
    return Change(name, Said(key.subject, name.type, body, staff.person), written, key)


def _check_apart(case: OpenCase, now: OpenCase, changes: Sequence[Change], looked_at: Collection[Name]) -> None:
    """Raises `Collision` where what others wrote since is the same, or what a rule of these changes looks at.

    Also where beside theirs these would be set aside: a second card of an incident, say, which would be counted twice.
    """
    before = {part: named[-1] for part, named in case.journal.parts.items()}
    changed = {part for part, named in now.journal.parts.items() if named[-1] != before.get(part)}
    said = {**now.said, **{change.said.part: change.said for change in changes}}
    unfit = {each.part for each in rules.put_together(said.values(), ()).set_aside}
    ended = {part for part, named in now.journal.parts.items() if named[-1].note.sha256 is None}
    is_looked_at = any(now.whole.parts.get(name) in changed for name in looked_at)
    texts: dict[Name, tuple[Mapping[str, Any], Mapping[str, Any] | None]] = {}
    for change in changes:
        part = now.whole.parts.get(change.name)
        is_other = part is not None and (part in changed or part != change.said.part)
        if is_other and not change.name.is_one_of_many:
            texts[change.name] = (change.said.body, now.said[str(part)].body)
        elif is_looked_at or change.said.part in unfit | ended:
            texts[change.name] = (change.said.body, None)
    if texts:
        raise Collision(texts)


def counted(staff: Staff, before: Journal, entries: Iterable[Sealed]) -> Journal:
    """The journal once it has these entries. Raises `NotAuthentic` where one of them would be passed over."""
    by = authority(staff)
    for each in entries:
        before = journal.after(before, Place(each.mark.sha256, each.document), by=by)
    return before


def _written(
    staff: Staff, case: OpenCase, changes: Sequence[Change], found: Journal, part_keys: Iterable[PartKey]
) -> OpenCase:
    """The case once the service has taken it, under its key as it is by then."""
    staff.seen.record(JOURNAL, case.id, found.mark)
    memory.keep(staff, found)  # what a loss takes is told by it
    said = {**case.said, **{change.said.part: change.said for change in changes}}
    marks = {**case.marks, **{change.said.part: change.sealed.mark for change in changes}}
    spoiled = tuple(each for each in case.spoiled if each.part not in {change.said.part for change in changes})
    new = {change.said.part: change for change in changes if change.grants}
    keys = replace(
        case.keys,
        own={
            **case.keys.own,
            **{each.held.part: each.key for each in part_keys},
            **{part: change.key for part, change in new.items()},
        },
        holders={
            **case.keys.holders,
            **{each.held.part: tuple(sorted(each.held.people)) for each in part_keys},
            **{part: tuple(str(each["grantee"]) for each in change.grants) for part, change in new.items()},
        },
    )
    return replace(put_together(keys, found, said, marks), spoiled=spoiled)
