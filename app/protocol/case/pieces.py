"""A case taken apart and put together: what each part says, by the rules of its type (SEALING, "A case in parts").

A piece is what a part says, by name: which of its type it is within the case. Two parts of one name are one thing said
twice; the first counts. What a reader cannot fit in, because what it is about is not there or somebody has broken a
rule that looks at other parts, is set aside, and stops nothing of the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeAlias, TypeVar

from app import vocabulary
from app.protocol.card import LAST_REVISION
from app.protocol.case import values
from app.protocol.case.coding import check_assertion, check_codes, check_verdict, is_grounded
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import NOTHING, CaseFile, check_tie
from app.protocol.case.parts import NOT_ASSESSED, Affected, Assertion, CardNote, Identity, Incident, Link, Tie, Verdict
from app.protocol.case.work import Assessment, Closing, Note, SafetyPlan, Task, Work
from app.protocol.encoding import check_id, sha256_hex
from app.protocol.errors import Malformed, ProtocolError
from app.protocol.journal import ReportNote
from app.protocol.selectors import Selector

_T = TypeVar("_T")


class PartType(StrEnum):
    """The types of parts, in the order in which they are read.

    What is spoken of stands before who speaks of it: an incident may be moved to somebody whom a later entry first
    names.
    """

    CASE = "part.case"
    PERSON = "part.person"
    INCIDENT = "part.incident"
    ASSERTION = "part.assertion"
    VERDICT = "part.verdict"
    CARD = "part.card"
    SELECTOR = "part.selector"
    IDENTITY = "part.identity"
    ASSESSMENT = "part.assessment"
    PLAN = "part.plan"
    TASK = "part.task"
    NOTE = "part.note"
    CLOSING = "part.closing"
    TIE = "part.tie"


_ORDER: Final = tuple(PartType)
# What the work on a case leaves in it.
_WORK: Final[Mapping[str, type[Work]]] = {
    PartType.ASSESSMENT: Assessment,
    PartType.PLAN: SafetyPlan,
    PartType.TASK: Task,
    PartType.NOTE: Note,
    PartType.CLOSING: Closing,
}

_Content: TypeAlias = CaseFile | Affected | Incident | Assertion | Verdict | CardNote | Tie | Selector | Identity | Work
# What somebody says in their own name stays in it as long as it says the same: who that is, by what it says.
_IN_THE_NAME_OF: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    PartType.INCIDENT: ("coder", ("coding", "affected")),
    PartType.TIE: ("by", ("revision", "card", "before")),
}


@dataclass(frozen=True)
class Name:
    """Which part of its type this is within the case: of an assertion or verdict also the how-manieth of its incident.

    Names stand in no document: they are of what the parts say.
    """

    type: str
    of: str = ""
    number: int = 0

    @property
    def is_one_of_many(self) -> bool:
        """Whether two who write at once write two: assertions and verdicts follow each other."""
        return self.type in (PartType.ASSERTION, PartType.VERDICT)


@dataclass(frozen=True)
class Said:
    """What is in one part, by its author."""

    part: str
    type: str
    body: Mapping[str, Any] = field(repr=False)
    author: str

    @property
    def of(self) -> str | None:
        """As `of_part` has it; `check` tells whether its body has what that takes."""
        return of_part(self.type, self.body)

    @cached_property
    def content(self) -> _Content:
        """What that is, by the rules of its type. Raises `Malformed` or `RuleBroken`."""
        return _read(self)  # strictly, which is dear: a case is put together again after each change of it


@dataclass(frozen=True)
class SetAside:
    """A part that does not fit into the case, and the rule that it breaks."""

    part: str
    rule: str


@dataclass(frozen=True)
class Whole:
    """The case, which part says which of it, and what was set aside."""

    file: CaseFile = field(repr=False)
    parts: Mapping[Name, str]
    set_aside: tuple[SetAside, ...] = ()


def take_apart(file: CaseFile) -> dict[Name, dict[str, Any]]:
    """The bodies of all parts that say this, in the order in which they can be read."""
    bodies: dict[Name, dict[str, Any]] = {Name(PartType.CASE): _case_body(file)}
    for person in file.persons:
        bodies[Name(PartType.PERSON, person.id)] = _fields(person)
    for incident in file.incidents:
        bodies[Name(PartType.INCIDENT, incident.id)] = _incident_body(incident)
        for number, assertion in enumerate(incident.assertions):
            bodies[Name(PartType.ASSERTION, incident.id, number)] = {"incident": incident.id, **_fields(assertion)}
        for number, verdict in enumerate(incident.verdicts):
            body = {"incident": incident.id, "status": verdict.status, "second": verdict.second}
            bodies[Name(PartType.VERDICT, incident.id, number)] = body
    for note in file.cards:
        bodies[_name_of_card(note)] = _fields(note)
    for selector in file.selectors:
        bodies[_name_of_selector(selector)] = selector.body()
    for identity in file.identities:
        bodies[Name(PartType.IDENTITY, identity.person)] = _fields(identity)
    for work in (file.assessment, file.plan, *file.tasks, *file.notes, file.closing):
        if work:
            bodies[_name_of_work(work)] = work.body()
    for tie in file.ties:
        bodies[_name_of_tie(tie)] = tie.body()
    return {name: values.plain(body) for name, body in bodies.items()}


def looks_at(names: Iterable[Name], file: CaseFile) -> frozenset[Name]:
    """Beside these, what the rules look at by which they may be written: they were right for it as it was then.

    A verdict is about a coding; a card tells of it, of the verdicts, and of the consents of the person affected.
    """
    found, names = set[Name](), frozenset(names)
    cards = {_name_of_card(note): note for note in file.cards}
    for name in names:
        if name.type == PartType.VERDICT:
            found.add(Name(PartType.INCIDENT, name.of))
        elif name.type == PartType.CARD:
            incident = file.incident(cards[name].incident)
            found |= {Name(PartType.INCIDENT, incident.id), Name(PartType.PERSON, incident.affected)}
            found |= {Name(PartType.VERDICT, incident.id, number) for number in range(len(incident.verdicts) + 1)}
            found |= {_name_of_tie(tie) for tie in file.ties if tie.person == incident.affected} - names
    return frozenset(found)


def of_part(type_: str, body: Mapping[str, Any]) -> str | None:
    """What such a part is of for good, as its journal names it."""
    match type_:
        case PartType.PERSON | PartType.INCIDENT | PartType.TASK | PartType.NOTE:
            return str(body["id"])
        case PartType.ASSERTION | PartType.VERDICT | PartType.CARD:
            return str(body["incident"])
        case PartType.IDENTITY | PartType.TIE:
            return str(body["person"])
        case PartType.SELECTOR:
            return sha256_hex(f"{body['type']} {body['normalised']}".encode())
    return None


def check(said: Said) -> None:
    """The rules of its type, which hold for each version by itself. Raises `Malformed` or `RuleBroken`."""
    _ = said.content


def check_change(before: Said | None, after: Said) -> None:
    """What one version of a part may not make of the one before. Raises `RuleBroken`.

    Nobody codes in another's name, a person keeps their contribution token for life, and a part stays what it is of.
    """
    if after.type in _IN_THE_NAME_OF:
        whose, says = _IN_THE_NAME_OF[after.type]
        author = after.author
        if before and all(before.body[name] == after.body[name] for name in says):
            author = str(before.body[whose])
        if after.body[whose] != author:
            raise RuleBroken(whose if after.type == PartType.INCIDENT else "tie")
    if before and after.type == PartType.TIE and not _may_follow(before.body, after.body):
        raise RuleBroken("tie")
    if before and before.body.get("token") != after.body.get("token"):
        raise RuleBroken("token-changed")
    if before and any(before.body.get(name) != after.body.get(name) for name in ("id", "type", "normalised", "person")):
        raise RuleBroken("part-of-another")


def _may_follow(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """No revision falls, and each has a card of its own: one that was signed is not forgotten."""
    last = before["card"] if before["signed"] else before["before"]
    if before["revision"] == after["revision"]:
        return bool(before["card"] == after["card"] and before["before"] == after["before"])
    is_new = after["card"] not in (before["card"], last)
    return bool(before["revision"] < after["revision"] and after["before"] == last and is_new)


def speaks_for_itself(said: Said, version: int) -> bool:
    """Whether a reader needs no earlier version to see that it may say this."""
    if version == 1 or said.type not in _IN_THE_NAME_OF:
        return True
    whose, _ = _IN_THE_NAME_OF[said.type]
    return bool(said.body[whose] == said.author)


def put_together(parts: Iterable[Said], reports: Iterable[ReportNote]) -> Whole:
    """The case that these parts come to, in the order in which the journal first names each. It breaks no rule.

    What `check` refuses is set aside too.
    """
    table = _Table()
    for said in sorted(parts, key=lambda each: _ORDER.index(each.type) if each.type in _ORDER else len(_ORDER)):
        try:
            table.add(said, said.content)
        except RuleBroken as broken:
            table.set_aside.append(SetAside(said.part, broken.rule))
        except ProtocolError:
            table.set_aside.append(SetAside(said.part, "malformed"))
    return table.whole(tuple(reports))


@dataclass
class _Table:
    """What has been read so far."""

    parts: dict[Name, str] = field(default_factory=dict)
    file: CaseFile = NOTHING
    persons: dict[str, Affected] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    assertions: dict[str, list[Assertion]] = field(default_factory=dict)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    cards: dict[str, CardNote] = field(default_factory=dict)
    ties: dict[str, Tie] = field(default_factory=dict)
    selectors: dict[Name, Selector] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    work: dict[Name, Work] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)

    def add(self, said: Said, content: object) -> None:
        """Raises `RuleBroken` where it does not fit in."""
        match content:
            case CaseFile():
                self._name(Name(PartType.CASE), said.part)
                self.file = content
            case Affected():
                if content.token in {each.token for each in self.persons.values()}:
                    raise RuleBroken("token-twice")
                self._name(Name(PartType.PERSON, content.id), said.part)
                self.persons[content.id] = content
            case Incident():
                if content.affected not in self.persons:
                    raise RuleBroken("no-such-person")
                self._name(Name(PartType.INCIDENT, content.id), said.part)
                self.incidents[content.id] = content
            case Assertion():
                self._append(self.assertions, PartType.ASSERTION, said, content)
            case Verdict():
                self._append(self.verdicts, PartType.VERDICT, said, content)
            case CardNote():
                self._add_card(said, content)
            case Tie():
                self._add_tie(said, content)
            case Selector():
                self._name(_name_of_selector(content), said.part)
                self.selectors[_name_of_selector(content)] = content
            case Identity():
                if content.person not in self.persons:
                    raise RuleBroken("no-such-person")
                self._name(Name(PartType.IDENTITY, content.person), said.part)
                self.identities[content.person] = content
            case Assessment() | SafetyPlan() | Task() | Note() | Closing():
                self._name(_name_of_work(content), said.part)
                self.work[_name_of_work(content)] = content

    def whole(self, reports: tuple[ReportNote, ...]) -> Whole:
        incidents = []
        for id_, each in self.incidents.items():
            incident = replace(
                each,
                assertions=tuple(self.assertions.get(id_, ())),
                verdicts=tuple(self.verdicts.get(id_, ())),
            )
            if not is_grounded(incident):
                self.set_aside.append(SetAside(self.parts[Name(PartType.INCIDENT, id_)], "confidence-without-ground"))
                incident = replace(incident, confidence=NOT_ASSESSED)
            incidents.append(incident)
        file = replace(
            self.file,
            reports=reports,
            persons=tuple(self.persons.values()),
            incidents=tuple(incidents),
            cards=tuple(self._cards()),
            ties=tuple(self.ties.values()),
            selectors=tuple(self.selectors.values()),
            identities=tuple(self.identities.values()),
            assessment=self._the(Assessment),
            plan=self._the(SafetyPlan),
            closing=self._the(Closing),
            tasks=tuple(self._all(Task)),
            notes=tuple(self._all(Note)),
        )
        return Whole(file, self.parts, tuple(self.set_aside))

    def _cards(self) -> Iterator[CardNote]:
        """Of two that tell of one incident, and of which none is withdrawn, the first."""
        told = set[str]()
        for note in self.cards.values():
            if note.withdrawn or note.incident not in told:
                yield note
            else:
                self.set_aside.append(SetAside(self.parts[_name_of_card(note)], "two-cards-of-one"))
            if not note.withdrawn:
                told.add(note.incident)

    def _all(self, kind: type[_T]) -> Iterator[_T]:
        return (each for each in self.work.values() if isinstance(each, kind))

    def _the(self, kind: type[_T]) -> _T | None:
        return next(self._all(kind), None)

    def _name(self, name: Name, part: str) -> None:
        if self.parts.setdefault(name, part) != part:
            raise RuleBroken("said-twice")

    def _append(self, lists: dict[str, list[Any]], type_: str, said: Said, content: Assertion | Verdict) -> None:
        incident = str(said.body["incident"])
        if incident not in self.incidents:
            raise RuleBroken("no-such-incident")
        entries = lists.setdefault(incident, [])
        self._name(Name(type_, incident, len(entries)), said.part)
        entries.append(content)

    def _add_card(self, said: Said, note: CardNote) -> None:
        if note.incident not in self.incidents:
            raise RuleBroken("no-such-incident")
        before = self.cards.get(note.id)
        if before and before.incident != note.incident:
            raise RuleBroken("cards-lost")
        self._name(_name_of_card(note), said.part)
        if before is None or _place(note) > _place(before):
            self.cards[note.id] = note

    def _add_tie(self, said: Said, tie: Tie) -> None:
        if tie.person not in self.persons:
            raise RuleBroken("no-such-person")
        check_tie(tie, self.persons[tie.person])
        if tie.name in self.ties:
            raise RuleBroken("tie-twice")
        if tie.card in self.cards or tie.card in {each.card for each in self.ties.values()}:
            raise RuleBroken("card-twice")
        self._name(_name_of_tie(tie), said.part)
        self.ties[tie.name] = tie


def _read(said: Said) -> _Content:
    body = said.body
    try:
        match said.type:
            case PartType.CASE:
                title, summary = values.text(body["title"]), values.text(body["summary"])
                file = replace(NOTHING, title=title, summary=summary, links=tuple(map(Link.read, body["links"])))
                if len({link.id for link in file.links}) != len(file.links):
                    raise RuleBroken("link-twice")
                return _strict(file, _case_body(file), body)
            case PartType.PERSON:
                person = Affected.read(body)
                return _strict(person, _fields(person), body)
            case PartType.INCIDENT:
                incident = Incident.read(body)
                check_codes(incident)
                return _strict(incident, _incident_body(incident), body)
            case PartType.ASSERTION:
                assertion = Assertion.read(body)
                check_assertion(assertion)
                return _strict(assertion, {"incident": _about(body), **_fields(assertion)}, body)
            case PartType.VERDICT:
                verdict = Verdict.read({**body, "by": said.author})
                check_verdict(verdict)
                written = {"incident": _about(body), "status": verdict.status, "second": verdict.second}
                return _strict(verdict, written, body)
            case PartType.CARD:
                note = CardNote.read(body)
                if not 0 <= note.revision <= LAST_REVISION:
                    raise RuleBroken("card-revision")
                return _strict(note, _fields(note), body)
            case PartType.TIE:
                tie = Tie.read(body)
                if not 0 <= tie.revision <= LAST_REVISION:
                    raise RuleBroken("card-revision")
                return _strict(tie, tie.body(), body)
            case PartType.SELECTOR:
                return Selector.read(dict(body))
            case PartType.IDENTITY:
                identity = Identity.read(body)
                return _strict(identity, _fields(identity), body)
            case type_ if type_ in _WORK:
                work = _WORK[type_].read(body)
                return _strict(work, work.body(), body)
    except (KeyError, TypeError, ValueError, vocabulary.UnknownCodeError):
        pass
    raise Malformed("a part of another form")


def _strict(content: _T, written: Mapping[str, Any], body: Mapping[str, Any]) -> _T:
    """Nothing but what is read stands there. Raises `Malformed`."""
    if values.plain(written) != values.plain(body):
        raise Malformed("a part of another form")
    return content


def _about(body: Mapping[str, Any]) -> str:
    return check_id("inc", body["incident"])


def _case_body(file: CaseFile) -> dict[str, Any]:
    return {"title": file.title, "summary": file.summary, "links": [each.body() for each in file.links]}


def _incident_body(incident: Incident) -> dict[str, Any]:
    body = _fields(incident)
    del body["assertions"], body["verdicts"]
    return body


def _fields(content: Affected | Incident | Assertion | CardNote | Identity) -> dict[str, Any]:
    return dict(vars(content))


def _place(note: CardNote) -> tuple[bool, int, bool]:
    """Of the notes of one card the highest stands: a withdrawal, the latest revision, and that it was written."""
    return note.withdrawn, note.revision, note.written


def _name_of_card(note: CardNote) -> Name:
    return Name(PartType.CARD, note.id, 4 * note.revision + 2 * note.withdrawn + note.written)


def _name_of_tie(tie: Tie) -> Name:
    return Name(PartType.TIE, tie.name)


def _name_of_work(work: Work) -> Name:
    of = work.id if isinstance(work, Task | Note) else ""
    return Name(next(type_ for type_, kind in _WORK.items() if isinstance(work, kind)), of)


def _name_of_selector(selector: Selector) -> Name:
    return Name(PartType.SELECTOR, f"{selector.type} {selector.normalised}")
