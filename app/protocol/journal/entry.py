"""What one entry of a journal says: parts, members, keys, reports, loans, a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from app.protocol import members
from app.protocol.encoding import MOST, check_any_id, check_hash, check_id, check_number
from app.protocol.errors import Malformed
from app.protocol.members import MemberList
from app.protocol.types import TYPES

# How many parts one entry names, and people to whom it lends; what writes more takes several entries.
MOST_PARTS: Final = 20
# How many reports get their next keys by one request; a case with more turns the rest by the next.
MOST_REPORT_KEYS: Final = 20
# And so many next keys of parts, fewer where each has many holders and custodians: what is left turns by the next.
MOST_PART_KEYS: Final = 20
# In how many pieces a checkpoint is sealed.
MOST_PIECES: Final = 20
# How many certificates one entry holds: of the opener and of the owner.
MOST_ENDED: Final = 2


class EndReason(StrEnum):
    """Why a part ends. A withdrawal or a rule of retention ends it at once; everything else takes two persons."""

    WITHDRAWN = "withdrawn"
    RETENTION = "retention"
    MOVED = "moved"  # to another case, which `to` names
    AGREED = "agreed"


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

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"subject": subject, "generation": generation, "recipient": recipient, **rest} if not rest:
                number = check_number(generation, range(1, MOST + 1))
                return cls(check_any_id(subject), number, check_hash(recipient))
        raise Malformed("a key of another form")


@dataclass(frozen=True)
class HeldNote:
    """Who gets the own key of a part by an entry: all who have the one that it brings in, or who get it besides."""

    part: str
    people: frozenset[str]

    def body(self) -> dict[str, Any]:
        return {"part": self.part, "people": sorted(self.people)}

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"part": part, "people": list(people), **rest} if people and not rest:
                checked = [check_id("per", each) for each in people]
                if checked == sorted(set(checked)):
                    return cls(check_id("part", part), frozenset(checked))
        raise Malformed("holders of another form")


@dataclass(frozen=True)
class ReportNote:
    """A report that joins the case, and the hash of its sealed file as whoever accepted it had opened it."""

    id: str
    sha256: str

    def body(self) -> dict[str, Any]:
        return {"id": self.id, "sha256": self.sha256}

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"id": id_, "sha256": sha256, **rest} if not rest:
                return cls(check_id("rep", id_), check_hash(sha256))
        raise Malformed("a report of another form")


@dataclass(frozen=True)
class Moved:
    """Where the parts go that an entry ends as moved, and with them these reports of the case, in their order.

    `whole`: all of the case does, which is merged into that one, and is none of its own until a report joins it again.
    """

    to: str
    reports: tuple[str, ...] = ()
    whole: bool = False

    def body(self) -> dict[str, Any]:
        return {"to": self.to, "reports": list(self.reports), "whole": self.whole}

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"to": to, "reports": list(reports), "whole": bool(whole), **rest} if not rest:
                found = tuple(check_id("rep", each) for each in reports)
                if list(found) == sorted(set(found)):
                    return cls(check_id("case", to), found, whole)
        raise Malformed("a move of another form")


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

    `held` says who has the own keys of parts that it brings in, or gets one that is there. `approval` is the text of
    the second person's, where what it does takes two, `ended` the texts of certificates that leave somebody whom it
    puts out without a role. `lent` are the people to whom its author lends the key of the case for a decision,
    `without` the members who do not get the one that it brings in, as nobody vouches for them.
    `recovery` is the text of a custodian's act, for whose people another custodian writes the entry, who is no member.
    `confirmed` are members until a day, by such an act, who stay. `moved` says what goes to another case.
    """

    parts: tuple[PartNote, ...] = ()
    members: MemberList | None = None
    keys: tuple[KeyNote, ...] = ()
    held: tuple[HeldNote, ...] = ()
    reports: tuple[ReportNote, ...] = ()
    approval: str | None = None
    ended: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None
    lent: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    recovery: str | None = None
    confirmed: tuple[str, ...] = ()
    moved: Moved | None = None

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "parts": [each.body() for each in self.parts],
            "members": self.members.body() if self.members else None,
            "keys": [each.body() for each in self.keys],
            "held": [each.body() for each in self.held],
            "reports": [each.body() for each in self.reports],
            "approval": self.approval,
            "ended": list(self.ended),
            "checkpoint": self.checkpoint and self.checkpoint.body(),
            "lent": list(self.lent),
            "without": list(self.without),
            "recovery": self.recovery,
            "confirmed": list(self.confirmed),
            "moved": self.moved and self.moved.body(),
        }


def read(body: Mapping[str, Any]) -> Entry:
    """Raises `Malformed`."""
    match body:
        case {
            "parts": list(parts),
            "members": None | dict() as said,
            "keys": list(keys),
            "held": list(held),
            "reports": list(reports),
            "approval": None | str() as approval,
            "ended": list(ended),
            "checkpoint": checkpoint,
            "lent": list(lent),
            "without": list(without),
            "recovery": None | str() as recovery,
            "confirmed": list(confirmed),
            "moved": moved,
            **rest,
        } if not rest and max(len(parts), len(lent), len(confirmed)) <= MOST_PARTS and len(ended) <= MOST_ENDED:
            entry = Entry(
                parts=tuple(map(PartNote.read, parts)),
                members=None if said is None else members.read(said),
                keys=tuple(map(KeyNote.read, keys)),
                held=tuple(map(HeldNote.read, held)),
                reports=tuple(map(ReportNote.read, reports)),
                approval=approval,
                ended=tuple(map(_text, ended)),
                checkpoint=None if checkpoint is None else Checkpoint.read(checkpoint),
                lent=tuple(check_id("per", each) for each in lent),
                without=tuple(check_id("per", each) for each in without),
                recovery=recovery,
                confirmed=tuple(check_id("per", each) for each in confirmed),
                moved=None if moved is None else Moved.read(moved),
            )
            is_once = len({each.part for each in entry.held}) == len(entry.held)
            goes_to = {each.to for each in entry.parts if each.to}
            is_moved = goes_to <= ({entry.moved.to} if entry.moved else set())
            if is_once and is_moved and len({each.id for each in entry.parts}) == len(entry.parts):
                return entry
    raise Malformed("a journal entry of another form")


def _text(text: object) -> str:
    if not isinstance(text, str):
        raise Malformed("a document is a text")
    return text
