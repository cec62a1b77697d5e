"""The journal of a case: the one chain that says who works on it, which keys it has, which reports and parts (SEALING).

Entry n is a document of type `journal` about the case; it names the file of entry n − 1 and counts if its author was a
member after that one. What does not count (junk, a stranger's) keeps its place and its hash, and changes nothing: any
member can store one, and would else close the case to everybody. Order is the number, and no clock decides anything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from app.protocol import chain, members
from app.protocol.chain import Mark
from app.protocol.documents import CLOCK_SKEW
from app.protocol.encoding import (
    MOST,
    canonical,
    check_any_id,
    check_at,
    check_hash,
    check_id,
    check_number,
    parse_object,
    sha256_hex,
)
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.members import MemberList, Members
from app.protocol.opening import Opened
from app.protocol.types import TYPES

# How many parts one entry names, and people to whom it lends; what writes more takes several entries.
MOST_PARTS: Final = 20
# In how many pieces a checkpoint is sealed, and how many characters of its text are in one: with the quotes escaped, it
# fits into the largest class.
MOST_PIECES: Final = 20
PIECE_LENGTH: Final = 700_000
_INCIDENT: Final = "part.incident"
# Of the note of a part, in the order in which it is written.
_FIELDS: Final = ("id", "type", "version", "sha256", "of", "from", "reason", "to")
# Why an entry is passed over whose checkpoint says otherwise than the entries before it.
_FALSE: Final = "checkpoint"


class EndReason(StrEnum):
    """Why a part ends. A withdrawal or a rule of retention ends it at once; everything else takes two persons."""

    WITHDRAWN = "withdrawn"
    RETENTION = "retention"
    MOVED = "moved"  # to another case, which `to` names
    AGREED = "agreed"


_BY_RULE: Final = (EndReason.WITHDRAWN, EndReason.RETENTION)


@dataclass(frozen=True)
class Origin:
    """The version of a part of another case that a part goes on from."""

    case: str
    part: str
    version: int
    sha256: str

    def body(self) -> dict[str, Any]:
        return {"case": self.case, "part": self.part, "version": self.version, "sha256": self.sha256}

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"case": case, "part": part, "version": version, "sha256": sha256, **rest} if not rest:
                number = check_number(version, range(1, MOST + 1))
                return cls(check_id("case", case), check_id("part", part), number, check_hash(sha256))
        raise Malformed("a part from nowhere")


@dataclass(frozen=True)
class PartNote:
    """One version of a part, by the hash of its file; or its end, by a reason and no hash.

    `of` is what it is of for good: the id of its person or incident, the SHA-256 of its selector, none of a case's one.
    So nobody makes it another's in a later version, whichever versions a reader opens. `origin` stands in the first
    version of a part that comes from another case, `to` in the end of one that goes to it.
    """

    id: str
    type: str
    version: int
    sha256: str | None
    of: str | None = None
    origin: Origin | None = None
    reason: EndReason | None = None
    to: str | None = None

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type,
            "version": self.version,
            "sha256": self.sha256,
            "of": self.of,
            "from": self.origin and self.origin.body(),
            "reason": self.reason,
            "to": self.to,
        }

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {
                "id": id_,
                "type": str(type_),
                "version": version,
                "sha256": sha256,
                "of": of,
                "from": origin,
                "reason": reason,
                "to": to,
                **rest,
            } if not rest and type_ in TYPES and TYPES[type_].subjects == ("part",):
                note = cls(
                    check_id("part", id_),
                    type_,
                    check_number(version, range(1, MOST + 1)),
                    None if sha256 is None else check_hash(sha256),
                    _of(type_, of),
                    None if origin is None else Origin.read(origin),
                    None if reason is None else _reason(reason),
                    None if to is None else check_id("case", to),
                )
                is_end, is_moved = note.sha256 is None, note.reason is EndReason.MOVED
                is_whole = is_end == (note.reason is not None) and is_moved == (note.to is not None)
                if is_whole and not (is_end and note.origin):
                    return note
        raise Malformed("a journal entry of another form")


def _of(type_: str, of: object) -> str | None:
    match TYPES[type_].of:
        case "":
            if of is not None:
                raise Malformed("a part that a case has one of is of nothing")
            return None
        case "sha256":
            return check_hash(of)
        case prefix:
            return check_id(prefix, of)


def _reason(text: object) -> EndReason:
    try:
        return EndReason(str(text))
    except ValueError:
        raise Malformed("no reason why a part ends") from None


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
class Checkpoint:
    """What the entries before this one come to: the SHA-256 of the text that says it, and of its sealed pieces."""

    text: str
    files: tuple[str, ...]

    def body(self) -> dict[str, Any]:
        return {"text": self.text, "files": list(self.files)}

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"text": text, "files": list(files), **rest} if not rest and 0 < len(files) <= MOST_PIECES:
                return cls(check_hash(text), tuple(map(check_hash, files)))
        raise Malformed("a checkpoint of another form")


@dataclass(frozen=True)
class Entry:
    """What one entry says; `members` is None where the list stays as it is.

    `agreement` are the parts to whose end its author agrees, as the other of two persons, `lent` the people to whom its
    author lends the key of the case for a decision.
    """

    parts: tuple[PartNote, ...] = ()
    members: MemberList | None = None
    keys: tuple[KeyNote, ...] = ()
    reports: tuple[ReportNote, ...] = ()
    agreement: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None
    lent: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "parts": [each.body() for each in self.parts],
            "members": self.members.body() if self.members else None,
            "keys": [each.body() for each in self.keys],
            "reports": [each.body() for each in self.reports],
            "agreement": list(self.agreement),
            "checkpoint": self.checkpoint and self.checkpoint.body(),
            "lent": list(self.lent),
        }


def read(body: Mapping[str, Any]) -> Entry:
    """Raises `Malformed`."""
    match body:
        case {
            "parts": list(parts),
            "members": None | dict() as said,
            "keys": list(keys),
            "reports": list(reports),
            "agreement": list(agreement),
            "checkpoint": checkpoint,
            "lent": list(lent),
            **rest,
        } if not rest and max(len(parts), len(agreement), len(lent)) <= MOST_PARTS:
            entry = Entry(
                parts=tuple(map(PartNote.read, parts)),
                members=None if said is None else members.read(said),
                keys=tuple(map(_key, keys)),
                reports=tuple(map(_report, reports)),
                agreement=tuple(check_id("part", each) for each in agreement),
                checkpoint=None if checkpoint is None else Checkpoint.read(checkpoint),
                lent=tuple(check_id("per", each) for each in lent),
            )
            if len({each.id for each in entry.parts}) == len(entry.parts):
                return entry
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
    """A version of a part as an entry that counts names it: who wrote that entry, on which day, at which place.

    `generation` is that of the key under which it lies, its own or its case's: the newest by that entry.
    """

    note: PartNote
    author: str
    day: date
    entry: int
    generation: int


@dataclass(frozen=True)
class Loan:
    """The key of the case, lent for a decision to somebody by whoever wrote the entry."""

    to: str
    by: str
    day: date
    entry: int


@dataclass(frozen=True)
class Journal:
    """What the entries come to: the members, the keys by name, the reports, and each part with the versions named.

    `mark` is that of the last file, whether it counts or not, `author` who wrote the last that does, `day` the latest
    on which an entry that counts says it was written. `passed_over` are the places of what does not count,
    `clock_wrong` those of entries that count and are dated ahead, or when their author was not certified.
    `agreements` are pairs of a member and a part to whose end they agree, `origins` what came from other cases, `loans`
    all that ever were.

    `checkpoint` is the place of the last one that is true, 0 where there is none, `false_checkpoints` are those of such
    as are not. What was read began behind entry `since`, at a checkpoint, and is as `summed_up_by` says, who else may
    have seen nothing of it: None where somebody has, or where it was read whole. A part has one version from before.
    """

    case: str
    members: Members
    mark: Mark
    author: str
    day: date
    keys: Mapping[tuple[str, int], str] = field(default_factory=dict)
    reports: tuple[ReportNote, ...] = ()
    parts: Mapping[str, tuple[NamedVersion, ...]] = field(default_factory=dict)
    agreements: frozenset[tuple[str, str]] = frozenset()
    passed_over: tuple[int, ...] = ()
    clock_wrong: tuple[int, ...] = ()
    origins: frozenset[Origin] = frozenset()
    loans: tuple[Loan, ...] = ()
    checkpoint: int = 0
    false_checkpoints: tuple[int, ...] = ()
    since: int = 0
    summed_up_by: str | None = None

    @property
    def generation(self) -> int:
        """Of the newest key of the case."""
        return _newest(self.keys, self.case)

    def check_named(self, subject: str, generation: int, recipient: str) -> None:
        """Raises `NotAuthentic` unless an entry names this key; `recipient` is the SHA-256 of its recipient's text."""
        if self.keys.get((subject, generation)) != recipient:
            raise NotAuthentic("key-name")


def _newest(keys: Iterable[tuple[str, int]], of: str) -> int:
    """The generation of its newest key; 0 where none is named."""
    return max((generation for subject, generation in keys if subject == of), default=0)


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
        except NotAuthentic as fault:
            mark = Mark(number, place.sha256, found.mark.generation)
            found = replace(found, mark=mark, passed_over=(*found.passed_over, number))
            if fault.reason == _FALSE:
                found = replace(found, false_checkpoints=(*found.false_checkpoints, number))
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
    if entry.checkpoint:
        if entry.checkpoint.text != sha256_hex(summary(before)):
            raise NotAuthentic(_FALSE)
        found = replace(found, checkpoint=document.mark.version)
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
    newest = found.generation + sum(1 for subject, _ in keys.keys() - found.keys.keys() if subject == found.case)
    header = document.document.header
    # The next generation and no other: a number far ahead would leave none to turn to. And nothing is written under an
    # earlier key than the newest, which whoever has left may hold.
    if header.generation != newest or keys.get((found.case, newest)) != header.sealed_to:
        raise NotAuthentic("key-name")
    reports = (*found.reports, *entry.reports)
    if len({each.id for each in reports}) != len(reports):
        raise NotAuthentic("report-twice")
    if any((each.id, 1) not in keys for each in entry.reports):
        raise NotAuthentic("key-name")
    parts, author, day = dict(found.parts), _author(document), check_at(header.at)
    for note in entry.parts:
        _check_note(found, note, document.mark.version)
        generation = _newest(keys, note.id) if TYPES[note.type].own_key else newest
        named = NamedVersion(note, author, day, document.mark.version, generation)
        parts[note.id] = (*parts.get(note.id, ()), named)
    ended = [note for note in entry.parts if note.sha256 is None]
    if ended:
        _check_ends(replace(found, parts=parts), ended, author)
    origins = [note.origin for note in entry.parts if note.origin]
    if found.origins & set(origins) or len(set(origins)) != len(origins):
        raise NotAuthentic("part-origin")  # it would be counted twice
    agreements = found.agreements | {(author, part) for part in entry.agreement}
    return replace(
        found,
        keys=keys,
        reports=reports,
        parts=parts,
        origins=found.origins | set(origins),
        loans=(*found.loans, *(Loan(each, author, day, document.mark.version) for each in entry.lent)),
        # The word of somebody who has left since is no second person's.
        agreements=frozenset(each for each in agreements if each[0] in found.members.present),
    )


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


def _check_ends(found: Journal, ends: Iterable[PartNote], author: str) -> None:
    """Raises `NotAuthentic` where a part ends by one person's word alone, or unsays what was written once.

    `found` has these ends in it. An assertion, a verdict and a card end with their incident, and not before.
    """
    last = [named[-1].note for named in found.parts.values()]
    over = {note.of for note in last if note.type == _INCIDENT and note.sha256 is None}
    agreed = {part for by, part in found.agreements if by != author}
    for note in ends:
        if not TYPES[note.type].chained and note.of not in over:
            raise NotAuthentic("part-end")
        if note.reason not in _BY_RULE and note.id not in agreed:
            raise NotAuthentic("part-end")


def _author(document: Opened) -> str:
    author = document.document.header.author
    if author is None:
        raise NotAuthentic("author")
    return author


def summary(found: Journal) -> bytes:
    """The text of a checkpoint behind this: canonical JSON, the same for every reader who has read the same entries.

    What was passed over, and whose clock was wrong, is left out: of that readers may judge apart.
    """
    members = found.members
    return canonical(
        {
            "case": found.case,
            "entry": {"n": found.mark.version, "sha256": found.mark.sha256},
            "author": found.author,
            "day": found.day.isoformat(),
            "members": {
                "present": sorted(members.present),
                "ever": sorted(members.ever),
                "opener": members.opener,
                "owner": members.owner,
                "agreements": sorted(map(list, members.agreements)),
            },
            "keys": sorted([*place, name] for place, name in found.keys.items()),
            "reports": [each.body() for each in found.reports],
            "parts": [_named_row(versions[-1]) for versions in found.parts.values()],
            "origins": sorted((each.body() for each in found.origins), key=canonical),
            "agreements": sorted(map(list, found.agreements)),
            "loans": [[each.to, each.by, each.day.isoformat(), each.entry] for each in found.loans],
            "checkpoint": found.checkpoint,
        }
    )


def pieces(text: bytes) -> list[dict[str, Any]]:
    """The bodies of the documents that a checkpoint of this text is sealed in. Raises `Malformed` for one too long."""
    said = text.decode()
    cut = [said[start : start + PIECE_LENGTH] for start in range(0, len(said), PIECE_LENGTH)]
    if len(cut) > MOST_PIECES:
        raise Malformed("a checkpoint of more pieces than there may be")
    return [{"piece": number, "pieces": len(cut), "text": each} for number, each in enumerate(cut, start=1)]


def joined(bodies: Sequence[Mapping[str, object]]) -> bytes:
    """The text in these bodies. Raises `Malformed` where they are not all of one checkpoint, in their order."""
    texts = list[str]()
    for number, body in enumerate(bodies, start=1):
        match body:
            case {"piece": piece, "pieces": several, "text": str(text), **rest} if not rest:
                if (check_number(piece, range(1, MOST)), check_number(several, range(1, MOST))) != (
                    number,
                    len(bodies),
                ):
                    raise Malformed("a piece out of its place")
                texts.append(text)
            case _:
                raise Malformed("a checkpoint of another form")
    return "".join(texts).encode()


def summed_up(text: bytes) -> Journal:
    """The journal behind which `text` is the checkpoint, as if nothing was passed over. Raises `Malformed`."""
    try:
        found = _summed_up(parse_object(text))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Malformed("a checkpoint of another form") from None
    if summary(found) != text:
        raise Malformed("a checkpoint that is written otherwise")
    return found


def _summed_up(body: Mapping[str, Any]) -> Journal:
    """May raise whatever its values raise."""
    members, entry = body["members"], body["entry"]
    keys = [
        _key({"subject": subject, "generation": number, "recipient": name}) for subject, number, name in body["keys"]
    ]
    case, number = check_id("case", body["case"]), check_number(entry["n"], range(1, MOST + 1))
    named = [_read_named(each) for each in body["parts"]]
    generation = max(each.generation for each in keys if each.subject == case)
    return Journal(
        case=case,
        members=Members(
            present=_people(members["present"]),
            ever=_people(members["ever"]),
            opener=check_id("per", members["opener"]),
            owner=None if members["owner"] is None else check_id("per", members["owner"]),
            agreements=frozenset((check_id("per", by), check_id("per", of)) for by, of in members["agreements"]),
        ),
        mark=Mark(number, check_hash(entry["sha256"]), generation),
        author=check_id("per", body["author"]),
        day=date.fromisoformat(body["day"]),
        keys={(each.subject, each.generation): each.recipient for each in keys},
        reports=tuple(map(_report, body["reports"])),
        parts={each.note.id: (each,) for each in named},
        agreements=frozenset((check_id("per", by), check_id("part", part)) for by, part in body["agreements"]),
        origins=frozenset(map(Origin.read, body["origins"])),
        loans=tuple(
            Loan(
                to=check_id("per", to),
                by=check_id("per", by),
                day=date.fromisoformat(day),
                entry=check_number(entry, range(1, MOST + 1)),
            )
            for to, by, day, entry in body["loans"]
        ),
        checkpoint=check_number(body["checkpoint"], range(MOST + 1)),
        since=number,
    )


def _people(ids: Iterable[object]) -> frozenset[str]:
    return frozenset(check_id("per", each) for each in ids)


def _named_row(named: NamedVersion) -> list[Any]:
    """Without the names of its fields: there are thousands."""
    note = named.note.body()
    return [*note.values(), named.author, named.day.isoformat(), named.entry, named.generation]


def _read_named(row: Sequence[Any]) -> NamedVersion:
    *note, author, day, entry, generation = row
    return NamedVersion(
        note=PartNote.read(dict(zip(_FIELDS, note, strict=True))),
        author=check_id("per", author),
        day=date.fromisoformat(day),
        entry=check_number(entry, range(1, MOST + 1)),
        generation=check_number(generation, range(MOST + 1)),
    )
