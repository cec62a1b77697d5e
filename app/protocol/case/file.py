"""The body of a case document, with the rules that hold for each of its versions by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

from app import vocabulary
from app.protocol.card import LAST_REVISION
from app.protocol.case import values
from app.protocol.case.coding import check_coding
from app.protocol.case.errors import RuleBroken
from app.protocol.case.parts import Affected, CardNote, Incident, ReportNote
from app.protocol.errors import Malformed
from app.protocol.selectors import Selector
from app.vocabulary import Imminence, Priority, Severity

_T = TypeVar("_T", Affected, Incident)


@dataclass(frozen=True)
class CaseFile:
    """The body of a case document. `selectors` are what the actors used; never anything of the people themselves."""

    title: str = field(repr=False)
    summary: str = field(repr=False)
    reports: tuple[ReportNote, ...]
    persons: tuple[Affected, ...]
    incidents: tuple[Incident, ...]
    cards: tuple[CardNote, ...]
    selectors: tuple[Selector, ...] = field(default=(), repr=False)

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return asdict(self)

    def person(self, id_: str) -> Affected:
        """Raises `RuleBroken` where the case knows nobody of this id."""
        return _find(self.persons, id_, "no-such-person")

    def incident(self, id_: str) -> Incident:
        """Raises `RuleBroken` where the case knows no incident of this id."""
        return _find(self.incidents, id_, "no-such-incident")

    @property
    def priority(self) -> Priority:
        """Of the worst incident: imminence and harm, never the reporter's urgency alone."""
        return vocabulary.priority_of(
            (Severity(each.coding["severity"] or "unknown"), Imminence(each.coding["imminence"] or "unknown"))
            for each in self.incidents
        )

    def with_incident(self, incident: Incident) -> "CaseFile":
        """The next version, with one incident more or in the place of its earlier self."""
        others = tuple(each for each in self.incidents if each.id != incident.id)
        return replace(self, incidents=(*others, incident))

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "CaseFile":
        """Raises `Malformed`, or `RuleBroken` where the document breaks a rule that holds for every version."""
        try:
            file = cls(
                title=values.text(body["title"]),
                summary=values.text(body["summary"]),
                reports=tuple(ReportNote.read(each) for each in body["reports"]),
                persons=tuple(Affected.read(each) for each in body["persons"]),
                incidents=tuple(Incident.read(each) for each in body["incidents"]),
                cards=tuple(CardNote.read(each) for each in body["cards"]),
                selectors=tuple(Selector.read(each) for each in body["selectors"]),
            )
        except (KeyError, TypeError, ValueError, vocabulary.UnknownCodeError):
            raise Malformed("a case document of another form") from None
        if values.plain(file.body()) != values.plain(dict(body)):
            raise Malformed("a case document of another form")
        file.check()
        return file

    def check(self) -> None:
        """The rules that hold for every version. Raises `RuleBroken`."""
        live = [note.incident for note in self.cards if not note.withdrawn]
        for rule, ids in (
            ("report-twice", [report.id for report in self.reports]),
            ("person-twice", [person.id for person in self.persons]),
            # One token for two people would make one of them.
            ("token-twice", [person.token for person in self.persons]),
            ("incident-twice", [incident.id for incident in self.incidents]),
            ("card-twice", [note.id for note in self.cards]),
            ("two-cards-of-one", live),
        ):
            if len(set(ids)) != len(ids):
                raise RuleBroken(rule)
        for incident in self.incidents:
            self.person(incident.affected)
            check_coding(incident)
        for note in self.cards:
            self.incident(note.incident)
            if not 0 <= note.revision <= LAST_REVISION:
                raise RuleBroken("card-revision")


# What a case says before its first version, which has to follow from it as every other does from the one before.
NOTHING: Final = CaseFile(title="", summary="", reports=(), persons=(), incidents=(), cards=())


def _find(entries: Iterable[_T], id_: str, rule: str) -> _T:
    for each in entries:
        if each.id == id_:
            return each
    raise RuleBroken(rule)
