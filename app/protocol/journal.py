"""The journal of a case: the one chain that says who works on it, which keys it has, which reports and parts (SEALING).

Entry n is a document of type `journal` about the case; it names the file of entry n − 1 and counts if its author was a
member after that one. What does not count (junk, a stranger's) keeps its place and its hash, and changes nothing: any
member can store one, and would else close the case to everybody. Order is the number, and no clock decides anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from app.protocol import chain, members
from app.protocol.chain import Mark
from app.protocol.documents import CLOCK_SKEW
from app.protocol.encoding import MOST, check_any_id, check_at, check_hash, check_id, check_number
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.members import MemberList, Members
from app.protocol.opening import Opened
from app.protocol.types import TYPES

# How many parts one entry names; what writes more takes several entries.
MOST_PARTS: Final = 20


@dataclass(frozen=True)
class PartNote:
    """One version of a part, by the hash of its file."""

    id: str
    type: str
    version: int
    sha256: str

    def body(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.type, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True)
class KeyNote:
    """A key that an entry brings in: `recipient` is the SHA-256 of its recipient's text.

    A grant of it counts if the key in it is the one so named, whoever granted it.
    """

    subject: str
    generation: int
    recipient: str

    def body(self) -> dict[str, Any]:
        return {"subject": self.subject, "generation": self.generation, "recipient": self.recipient}


@dataclass(frozen=True)
class ReportNote:
    """A report that joins the case, and the hash of its sealed file as whoever accepted it had opened it."""

    id: str
    sha256: str

    def body(self) -> dict[str, Any]:
        return {"id": self.id, "sha256": self.sha256}


@dataclass(frozen=True)
class Entry:
    """What one entry says; `members` is None where the list stays as it is."""

    parts: tuple[PartNote, ...] = ()
    members: MemberList | None = None
    keys: tuple[KeyNote, ...] = ()
    reports: tuple[ReportNote, ...] = ()

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "parts": [each.body() for each in self.parts],
            "members": self.members.body() if self.members else None,
            "keys": [each.body() for each in self.keys],
            "reports": [each.body() for each in self.reports],
        }


def read(body: Mapping[str, Any]) -> Entry:
    """Raises `Malformed`."""
    match body:
        case {
            "parts": list(parts),
            "members": None | dict() as said,
            "keys": list(keys),
            "reports": list(reports),
            **rest,
        } if not rest and len(parts) <= MOST_PARTS:
            entry = Entry(
                parts=tuple(map(_part, parts)),
                members=None if said is None else members.read(said),
                keys=tuple(map(_key, keys)),
                reports=tuple(map(_report, reports)),
            )
            if len({each.id for each in entry.parts}) == len(entry.parts):
                return entry
    raise Malformed("a journal entry of another form")


def _part(note: object) -> PartNote:
    match note:
        case {"id": id_, "type": str(type_), "version": version, "sha256": sha256, **rest} if not rest:
            if type_ in TYPES and TYPES[type_].subjects == ("part",):
                number = check_number(version, range(1, MOST + 1))
                return PartNote(check_id("part", id_), type_, number, check_hash(sha256))
    raise Malformed("a journal entry of another form")


def _key(note: object) -> KeyNote:
    match note:
        case {"subject": subject, "generation": generation, "recipient": recipient, **rest} if not rest:
            number = check_number(generation, range(1, MOST + 1))
            return KeyNote(check_any_id(subject), number, check_hash(recipient))
    raise Malformed("a journal entry of another form")


def _report(note: object) -> ReportNote:
    match note:
        case {"id": id_, "sha256": sha256, **rest} if not rest:
            return ReportNote(check_id("rep", id_), check_hash(sha256))
    raise Malformed("a journal entry of another form")


@dataclass(frozen=True)
class Place:
    """What lies at one place of the chain: a file with this hash, and the authentic document in it, if one is."""

    sha256: str
    document: Opened | None = field(repr=False)


@dataclass(frozen=True)
class NamedVersion:
    """A version of a part as an entry that counts names it: who wrote that entry, on which day, at which place."""

    note: PartNote
    author: str
    day: date
    entry: int


@dataclass(frozen=True)
class Journal:
    """What the entries come to: the members, the keys by name, the reports, and each part with the versions named.

    `mark` is that of the last file, whether it counts or not, `author` who wrote the last that does, `day` the latest
    on which an entry that counts says it was written. `passed_over` are the places of what does not count,
    `clock_wrong` those of entries that count and are dated ahead, or when their author was not certified.
    """

    case: str
    members: Members
    mark: Mark
    author: str
    day: date
    keys: Mapping[tuple[str, int], str] = field(default_factory=dict)
    reports: tuple[ReportNote, ...] = ()
    parts: Mapping[str, tuple[NamedVersion, ...]] = field(default_factory=dict)
    passed_over: tuple[int, ...] = ()
    clock_wrong: tuple[int, ...] = ()

    @property
    def generation(self) -> int:
        """Of the newest key of the case."""
        return max(generation for subject, generation in self.keys if subject == self.case)

    def check_named(self, subject: str, generation: int, recipient: str) -> None:
        """Raises `NotAuthentic` unless an entry names this key; `recipient` is the SHA-256 of its recipient's text."""
        if self.keys.get((subject, generation)) != recipient:
            raise NotAuthentic("key-name")


def begin(case: str, place: Place, *, is_certified: Callable[[str, date], bool], today: date) -> Journal:
    """What the first entry says. Raises `NotAuthentic` where it is none: nobody knows then whose case this is."""
    if place.document is None:
        raise NotAuthentic("journal")
    document = place.document
    chain.check_next(document.link, None, reason="journal")
    entry = read(document.body)
    if entry.members is None:
        raise NotAuthentic("journal")
    author, day = _author(document), check_at(document.document.header.at)
    found = Journal(case, members.first(entry.members, author), document.mark, author, day)
    if _is_clock_wrong(author, day, is_certified, today):
        found = replace(found, clock_wrong=(document.mark.version,))
    return _with(found, entry, document)


def follow(
    before: Journal, places: Iterable[Place], *, is_certified: Callable[[str, date], bool], today: date
) -> Journal:
    """The journal once these places follow. None of them can raise: what does not count is passed over."""
    found = before
    for place in places:
        number = found.mark.version + 1
        try:
            found = after(found, place, is_certified=is_certified, today=today)
        except NotAuthentic:
            mark = Mark(number, place.sha256, found.mark.generation)
            found = replace(found, mark=mark, passed_over=(*found.passed_over, number))
    return found


def after(before: Journal, place: Place, *, is_certified: Callable[[str, date], bool], today: date) -> Journal:
    """The journal once this entry counts. Raises `NotAuthentic` where it does not."""
    document = place.document
    if document is None:
        raise NotAuthentic("journal")
    chain.check_next(document.link, before.mark, reason="journal")
    author, entry = _author(document), read(document.body)
    if author not in before.members.present:
        raise NotAuthentic("not-a-writer")
    day = check_at(document.document.header.at)
    latest = max(before.day, day)
    listed = before.members
    if entry.members is not None:
        # Neither dated ahead nor back can an entry choose a day on which somebody is not certified.
        listed = members.after(
            listed, entry.members, author, is_certified=lambda person: is_certified(person, min(latest, today))
        )
    found = replace(before, members=listed, mark=document.mark, author=author, day=latest)
    if _is_clock_wrong(author, day, is_certified, today):
        found = replace(found, clock_wrong=(*found.clock_wrong, document.mark.version))
    return _with(found, entry, document)


def _is_clock_wrong(author: str, day: date, is_certified: Callable[[str, date], bool], today: date) -> bool:
    return day > today + CLOCK_SKEW or not is_certified(author, day)


def _with(found: Journal, entry: Entry, document: Opened) -> Journal:
    """With what the entry brings. Raises `NotAuthentic` where it contradicts what stands already."""
    keys = dict(found.keys)
    first = {note.id for note in entry.parts if note.version == 1 and TYPES[note.type].own_key}
    for each in entry.keys:
        # Else who does not hold it could name the next, and read what is written under that.
        if each.subject.startswith("part_") and (each.generation > 1 or each.subject not in first):
            raise NotAuthentic("key-name")
        if keys.setdefault((each.subject, each.generation), each.recipient) != each.recipient:
            raise NotAuthentic("key-name")
    header = document.document.header
    if header.generation is None or keys.get((found.case, header.generation)) != header.sealed_to:
        raise NotAuthentic("key-name")
    reports = (*found.reports, *entry.reports)
    if len({each.id for each in reports}) != len(reports):
        raise NotAuthentic("report-twice")
    if any((each.id, 1) not in keys for each in entry.reports):
        raise NotAuthentic("key-name")
    parts = dict(found.parts)
    for note in entry.parts:
        versions = parts.get(note.id, ())
        if versions and (versions[-1].note.type != note.type or versions[-1].note.version >= note.version):
            raise NotAuthentic("part-version")
        # Who writes one always writes an entry; a number far ahead would leave none for whoever writes next.
        if note.version > document.mark.version:
            raise NotAuthentic("part-version")
        named = NamedVersion(note, _author(document), check_at(header.at), document.mark.version)
        parts[note.id] = (*versions, named)
    return replace(found, keys=keys, reports=reports, parts=parts)


def _author(document: Opened) -> str:
    author = document.document.header.author
    if author is None:
        raise NotAuthentic("author")
    return author
