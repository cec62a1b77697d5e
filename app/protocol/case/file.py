"""A case as its parts come to, with the rules that hold for the whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from app import vocabulary
from app.protocol.card import LAST_REVISION
from app.protocol.case.coding import check_coding
from app.protocol.case.errors import RuleBroken
from app.protocol.case.parts import Affected, CardNote, Identity, Incident
from app.protocol.case.work import Assessment, Closing, Note, SafetyPlan, Task
from app.protocol.journal import ReportNote
from app.protocol.selectors import Selector
from app.vocabulary import Imminence, Priority, Severity

_T = TypeVar("_T", Affected, Incident)


@dataclass(frozen=True)
class CaseFile:
    """What a case says. `selectors` are what the actors used; never anything of the people themselves.

    `identities` are those whose key its reader holds.
    """

    title: str = field(repr=False)
    summary: str = field(repr=False)
    reports: tuple[ReportNote, ...]
    persons: tuple[Affected, ...]
    incidents: tuple[Incident, ...]
    cards: tuple[CardNote, ...]
    selectors: tuple[Selector, ...] = field(default=(), repr=False)
    identities: tuple[Identity, ...] = field(default=(), repr=False)
    assessment: Assessment | None = field(default=None, repr=False)
    plan: SafetyPlan | None = field(default=None, repr=False)
    closing: Closing | None = field(default=None, repr=False)
    tasks: tuple[Task, ...] = field(default=(), repr=False)
    notes: tuple[Note, ...] = field(default=(), repr=False)

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

    def identity(self, person: str) -> Identity | None:
        """Who this person is, if it was written down and its reader holds the key."""
        return next((each for each in self.identities if each.person == person), None)

    def with_identity(self, identity: Identity) -> "CaseFile":
        """With who somebody is, in the place of what was written down of it."""
        others = (each for each in self.identities if each.person != identity.person)
        return replace(self, identities=(*others, identity))

    def with_task(self, task: Task) -> "CaseFile":
        """With one thing more to do, or in the place of how it was told before."""
        if any(each.id == task.id for each in self.tasks):
            return replace(self, tasks=tuple(task if each.id == task.id else each for each in self.tasks))
        return replace(self, tasks=(*self.tasks, task))

    def with_incident(self, incident: Incident) -> "CaseFile":
        """With one incident more, or in the place of its earlier self."""
        if any(each.id == incident.id for each in self.incidents):
            kept = tuple(incident if each.id == incident.id else each for each in self.incidents)
            return replace(self, incidents=kept)
        return replace(self, incidents=(*self.incidents, incident))

    def check(self) -> None:
        """The rules that hold at every time. Raises `RuleBroken`."""
        live = [note.incident for note in self.cards if not note.withdrawn]
        for rule, ids in (
            ("report-twice", [report.id for report in self.reports]),
            ("person-twice", [person.id for person in self.persons]),
            # One token for two people would make one of them.
            ("token-twice", [person.token for person in self.persons]),
            ("incident-twice", [incident.id for incident in self.incidents]),
            ("card-twice", [note.id for note in self.cards]),
            ("selector-twice", [f"{each.type} {each.normalised}" for each in self.selectors]),
            ("two-cards-of-one", live),
            ("identity-twice", [identity.person for identity in self.identities]),
            ("task-twice", [task.id for task in self.tasks]),
            ("note-twice", [note.id for note in self.notes]),
        ):
            if len(set(ids)) != len(ids):
                raise RuleBroken(rule)
        for incident in self.incidents:
            self.person(incident.affected)
            check_coding(incident)
        for identity in self.identities:
            self.person(identity.person)
        for note in self.cards:
            self.incident(note.incident)
            if not 0 <= note.revision <= LAST_REVISION:
                raise RuleBroken("card-revision")


# What a case says before its first part, from which everything has to follow.
NOTHING: Final = CaseFile(title="", summary="", reports=(), persons=(), incidents=(), cards=())


def _find(entries: Iterable[_T], id_: str, rule: str) -> _T:
    for each in entries:
        if each.id == id_:
            return each
    raise RuleBroken(rule)
