"""A journal is followed from its first entry, or on from where it was read before."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from typing import Final

from app.protocol import chain, members
from app.protocol.chain import Mark
from app.protocol.documents import CLOCK_SKEW, parse_document
from app.protocol.encoding import check_at, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.journal import recovering, seconding
from app.protocol.journal.acts import Act, Ending, Moving, Removal
from app.protocol.journal.checkpoint import summary
from app.protocol.journal.entry import EndReason, Entry, KeyNote, PartNote, read
from app.protocol.journal.seconding import Authority
from app.protocol.journal.state import Journal, Loan, NamedVersion, Place, Recovered, newest_generation
from app.protocol.opening import Opened
from app.protocol.types import TYPES

_INCIDENT: Final = "part.incident"
_PERSON: Final = "part.person"
_NOTE: Final = "part.note"
# Why an entry is passed over whose checkpoint says otherwise than the entries before it.
_FALSE: Final = "checkpoint"


def begin(case: str, place: Place, *, by: Authority) -> Journal:
    """What the first entry says. Raises `NotAuthentic` where it is none: nobody knows then whose case this is."""
    if place.document is None:
        raise NotAuthentic("journal")
    document = place.document
    chain.check_next(document.link, None, reason="journal")
    entry = read(document.body)
    if entry.members is None:
        raise NotAuthentic("journal")
    if any(note.origin for note in entry.parts):
        raise NotAuthentic("part-origin")  # what comes from another case comes by the word of two
    author, day = _author(document), check_at(document.document.header.at)
    found = Journal(case, members.first(entry.members, author), document.mark, author, day, turned_on=day)
    if _is_clock_wrong(author, day, by):
        found = replace(found, clock_wrong=(document.mark.version,))
    return _with(found, entry, document)


def follow(before: Journal, places: Iterable[Place], *, by: Authority) -> Journal:
    """The journal once these places follow. None of them can raise: what does not count is passed over."""
    found = before
    for place in places:
        number = found.mark.version + 1
        try:
            found = after(found, place, by=by)
        except NotAuthentic as fault:
            mark = Mark(number, place.sha256, found.mark.generation)
            found = replace(found, mark=mark, passed_over=(*found.passed_over, number))
            if fault.reason == _FALSE:
                found = replace(found, false_checkpoints=(*found.false_checkpoints, number))
    return found


def after(before: Journal, place: Place, *, by: Authority) -> Journal:
    """The journal once this entry counts. Raises `NotAuthentic` where it does not."""
    document = place.document
    if document is None:
        raise NotAuthentic("journal")
    chain.check_next(document.link, before.mark, reason="journal")
    author, entry = _author(document), read(document.body)
    if entry.recovery is not None:
        return _recovered(before, entry, document, entry.recovery, by=by)
    if author not in before.members.present:
        raise NotAuthentic("not-a-writer")
    day = check_at(document.document.header.at)
    if author in before.over(day):
        raise NotAuthentic("recovery-over")
    seconded = before.seconded
    for act, about in acts(before, entry, author, by=by, on=day):
        so_far = replace(before, seconded=seconded)  # no approval is of two acts
        seconded = (*seconded, seconding.check(so_far, act, document, entry.approval, about=about, by=by))
    for origin in {note.origin.case for note in entry.parts if note.origin}:
        seconding.check_arrival(before, origin, document, entry.approval, by=by)
    listed = members.after(before.members, entry.members) if entry.members else before.members
    latest = max(before.day, day)
    holders = before.holders | (listed.present - before.members.present)
    found = replace(before, members=listed, holders=holders, mark=document.mark, author=author, day=latest)
    found = replace(found, seconded=seconded, guests=_guests(before, entry, listed.present, author))
    if entry.checkpoint:
        if entry.checkpoint.text != sha256_hex(summary(before)):
            raise NotAuthentic(_FALSE)
        found = replace(found, checkpoint=document.mark.version)
    if _is_clock_wrong(author, day, by):
        found = replace(found, clock_wrong=(*found.clock_wrong, document.mark.version))
    return _with(found, entry, document)


def _recovered(before: Journal, entry: Entry, document: Opened, act: str, *, by: Authority) -> Journal:
    """The journal once two custodians have made somebody a member, of whom the first has the newest key by it."""
    done = recovering.check(before, entry, document, act, by=by)
    found = replace(
        before,
        members=members.after(before.members, before.members.joined_by(done.people)),
        mark=document.mark,
        author=done.first,
        day=max(before.day, done.day),
        holders=before.holders | done.people | {done.first},
        held={part: people | done.people | {done.first} for part, people in before.held.items()},
        recovered=(*before.recovered, done),
        guests=_guests_with(before, done),
    )
    if _is_clock_wrong(done.first, done.day, by):
        found = replace(found, clock_wrong=(*found.clock_wrong, document.mark.version))
    return _with(found, entry, document)


def _guests_with(before: Journal, done: Recovered) -> Mapping[str, date]:
    """Who was no member before is one until the day of the act, if it has one; who was until a day, until the later."""
    guests = dict(before.guests)
    for person in done.people:
        if person not in before.members.present:
            guests[person] = done.until or date.max
        elif person in guests:
            guests[person] = max(guests[person], done.until or date.max)
    return {person: until for person, until in guests.items() if until != date.max}


def _guests(before: Journal, entry: Entry, present: AbstractSet[str], author: str) -> Mapping[str, date]:
    """Without those whom a member confirms who is none until a day. Raises `NotAuthentic`."""
    if entry.confirmed and (author in before.guests or not before.guests.keys() >= set(entry.confirmed)):
        raise NotAuthentic("recovery")
    return {person: until for person, until in before.guests.items() if person in present - set(entry.confirmed)}


def acts(
    before: Journal, entry: Entry, author: str, *, by: Authority, on: date
) -> Iterator[tuple[Act, frozenset[str]]]:
    """What the entry of a day does that takes two persons, each with whom it puts out. Raises `NotAuthentic`.

    Who was a member until a day before needs nobody's word.

    Whom a certificate in it leaves without a role needs nobody's word. That it stands there whole makes every reader
    find the same: on no day of theirs or the entry's does it depend whether somebody is certified.
    """
    if entry.members:
        gone = members.put_out(before.members, entry.members, author) - before.over(on)
        if gone - {by.ended_by(parse_document(text.encode())) for text in entry.ended}:
            yield Removal(gone - entry.members.members, entry.members.owner), gone
    agreed = {note.id for note in entry.parts if note.reason is EndReason.AGREED and ends_alone(note.type)}
    if agreed:
        yield ending(before, agreed), frozenset()
    if entry.moved:
        yield Moving(entry.moved.to), frozenset()


def ends_alone(type_: str) -> bool:
    """Whether a part of this type ends without another: what was said once of an incident does with that alone."""
    return TYPES[type_].chained or type_ == _NOTE


def ending(before: Journal, parts: AbstractSet[str]) -> Ending:
    """What ends with these parts where two agree that they do: also what was written once of an incident among them,
    and what was answered by a person. Of what is not there, or has ended, the version is 0."""
    newest = {part: named[-1].note for part, named in before.parts.items() if named[-1].note.sha256 is not None}
    ends = [newest[part] for part in sorted(parts) if part in newest]
    incidents = {note.of for note in ends if note.type == _INCIDENT}
    once = {note.id for note in newest.values() if not ends_alone(note.type) and note.of in incidents}
    versions = ((part, newest[part].version if part in newest else 0) for part in parts | once)
    return Ending(frozenset(versions), frozenset(str(note.of) for note in ends if note.type == _PERSON))


def _is_clock_wrong(author: str, day: date, by: Authority) -> bool:
    return day > by.today + CLOCK_SKEW or not by.was_certified(author, day)


def _with(found: Journal, entry: Entry, document: Opened) -> Journal:
    """With what the entry brings. Raises `NotAuthentic` where it contradicts what stands already."""
    keys, keyed = dict(found.keys), dict(found.keyed)
    left = frozenset(entry.moved.reports) if entry.moved else frozenset[str]()
    if not left <= {each.id for each in found.reports} or (entry.moved and entry.moved.to == found.case):
        raise NotAuthentic("moved")
    reports = (*(each for each in found.reports if each.id not in left), *entry.reports)
    author = _author(document)
    held = _held(found, entry, author)
    for each in entry.keys:
        _check_key(each, entry, newest_generation(keys, each.subject), {report.id for report in reports})
        if each.subject.startswith("part_") and each.generation > 1 and author not in found.held.get(each.subject, ()):
            raise NotAuthentic("key-name")
        if keys.setdefault((each.subject, each.generation), each.recipient) != each.recipient:
            raise NotAuthentic("key-name")
        if each.subject != found.case and (each.subject, each.generation) not in found.keys:
            keyed[each.subject] = document.mark.version
    newest = found.generation + sum(1 for subject, _ in keys.keys() - found.keys.keys() if subject == found.case)
    header = document.document.header
    # The next generation and no other: a number far ahead would leave none to turn to. And nothing is written under an
    # earlier key than the newest, which whoever has left may hold.
    if header.generation != newest or keys.get((found.case, newest)) != header.sealed_to:
        raise NotAuthentic("key-name")
    turned, turned_on, holders = found.turned, found.turned_on, found.holders
    if newest > found.generation:
        # Its author made it, who may have left by this very entry.
        turned, turned_on = document.mark.version, check_at(header.at)
        holders = (found.members.present - set(entry.without)) | {author}
    elif entry.without:
        raise NotAuthentic("key-name")
    if len({each.id for each in reports}) != len(reports):
        raise NotAuthentic("report-twice")
    if any((each.id, 1) not in keys for each in entry.reports):
        raise NotAuthentic("key-name")
    parts, day = dict(found.parts), check_at(header.at)
    for note in entry.parts:
        _check_note(found, note, document.mark.version)
        generation = newest_generation(keys, note.id) if TYPES[note.type].own_key else newest
        named = NamedVersion(note, author, day, document.mark.version, generation)
        parts[note.id] = (*parts.get(note.id, ()), named)
    ended = [note for note in entry.parts if note.sha256 is None]
    if ended:
        _check_ends(parts, ended)
    origins = [note.origin for note in entry.parts if note.origin]
    if found.origins & set(origins) or len(set(origins)) != len(origins):
        raise NotAuthentic("part-origin")  # it would be counted twice
    return replace(
        found,
        keys=keys,
        keyed=keyed,
        held=held,
        reports=reports,
        parts=parts,
        origins=found.origins | set(origins),
        merged_into=_merged_into(found, entry),
        turned=turned,
        turned_on=turned_on,
        holders=holders,
        loans=(*found.loans, *(Loan(each, author, day, document.mark.version) for each in entry.lent)),
    )


def _merged_into(found: Journal, entry: Entry) -> str | None:
    """A case that was merged is one of its own again with the first report that joins it."""
    if entry.moved and entry.moved.whole:
        return entry.moved.to
    return None if entry.reports else found.merged_into


def _check_key(named: KeyNote, entry: Entry, newest: int, reports: AbstractSet[str]) -> None:
    """Which key of a part or a report an entry may name, whose `newest` generation was named before."""
    is_next = named.generation == newest + 1
    if named.subject.startswith("part_"):
        first = {note.id for note in entry.parts if note.version == 1 and TYPES[note.type].own_key}
        if not is_next or (newest == 0) != (named.subject in first):
            raise NotAuthentic("key-name")
    if named.subject.startswith("rep_") and named.generation > 1 and not (is_next and named.subject in reports):
        raise NotAuthentic("key-name")


def _held(found: Journal, entry: Entry, author: str) -> dict[str, frozenset[str]]:
    """Who has the own key of each part once the entry counts.

    Whoever brings one in says who gets it, and has it themselves; the next, only who has the one before: else who has
    none could make it, and read what is written under that. To others it goes by the owner's word, or it is the owner.
    """
    held, brought = dict(found.held), {each.subject for each in entry.keys if each.subject.startswith("part_")}
    said = {each.part: each.people for each in entry.held}
    for part, people in said.items():
        is_owners = found.members.owner == author or people == {found.members.owner}
        may_say = author in people if part in brought else author in held.get(part, ()) and is_owners
        if not may_say or not people <= found.members.present:
            raise NotAuthentic("holders")
        held[part] = people if part in brought else held[part] | people
    if not brought <= said.keys():
        raise NotAuthentic("holders")
    return held


def _check_note(before: Journal, note: PartNote, number: int) -> None:
    """What a version of a part may be, or its end, after those that were named before."""
    versions = before.parts.get(note.id, ())
    # Who writes one always writes an entry; a number far ahead would leave none for whoever writes next.
    if note.version > number:
        raise NotAuthentic("part-version")
    if note.origin and (versions or note.origin.case == before.case):
        raise NotAuthentic("part-origin")
    if not versions:
        if note.sha256 is None:
            raise NotAuthentic("part-end")
        return
    last = versions[-1].note
    if last.sha256 is None:
        raise NotAuthentic("part-end")
    if (last.type, last.of) != (note.type, note.of) or last.version >= note.version:
        raise NotAuthentic("part-version")


def _check_ends(parts: Mapping[str, tuple[NamedVersion, ...]], ends: Iterable[PartNote]) -> None:
    """Raises `NotAuthentic` where what was written once ends before its incident; `parts` have these ends in them.

    What is moved is not unsaid: it stands in another case as it was signed.
    """
    last = [named[-1].note for named in parts.values()]
    over = {note.of for note in last if note.type == _INCIDENT and note.sha256 is None}
    of_once = (note for note in ends if not ends_alone(note.type) and note.reason is not EndReason.MOVED)
    if any(note.of not in over for note in of_once):
        raise NotAuthentic("part-end")


def _author(document: Opened) -> str:
    author = document.document.header.author
    if author is None:
        raise NotAuthentic("author")
    return author
