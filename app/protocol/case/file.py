"""A case as its parts come to, with the rules that hold for the whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from app import vocabulary
from app.protocol.card import LAST_REVISION, CardError, SignedCard
from app.protocol.case.coding import check_coding
from app.protocol.case.errors import RuleBroken
from app.protocol.case.parts import Affected, CardNote, Identity, Incident, Link, Tie
from app.protocol.case.work import Assessment, Closing, Note, SafetyPlan, Task
from app.protocol.errors import NotAuthentic
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
    ties: tuple[Tie, ...] = field(default=(), repr=False)
    links: tuple[Link, ...] = field(default=(), repr=False)

    def person(self, id_: str) -> Affected:
        """Raises `RuleBroken` where the case knows nobody of this id."""
        return _find(self.persons, id_, "no-such-person")

    def incident(self, id_: str) -> Incident:
        """Raises `RuleBroken` where the case knows no incident of this id."""
        return _find(self.incidents, id_, "no-such-incident")

    def token_of(self, person: str) -> str:
        """The contribution token of their next card: an older one of another case, where two have signed for it."""
        older = (tie.token for tie in self.ties if tie.person == person and tie.holds)
        return next(older, self.person(person).token)

    def with_tie(self, tie: Tie) -> "CaseFile":
        """With one more, or in the place of its earlier self."""
        if any(each.name == tie.name for each in self.ties):
            return replace(self, ties=tuple(tie if each.name == tie.name else each for each in self.ties))
        return replace(self, ties=(*self.ties, tie))

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
            ("card-twice", [*(note.id for note in self.cards), *(tie.card for tie in self.ties)]),
            ("tie-twice", [tie.name for tie in self.ties]),
            ("selector-twice", [f"{each.type} {each.normalised}" for each in self.selectors]),
            ("two-cards-of-one", live),
            ("identity-twice", [identity.person for identity in self.identities]),
            ("task-twice", [task.id for task in self.tasks]),
            ("note-twice", [note.id for note in self.notes]),
            ("link-twice", [link.id for link in self.links]),
        ):
            if len(set(ids)) != len(ids):
                raise RuleBroken(rule)
        for incident in self.incidents:
            self.person(incident.affected)
            check_coding(incident)
        for identity in self.identities:
            self.person(identity.person)
        for tie in self.ties:
            check_tie(tie, self.person(tie.person))
        for note in self.cards:
            self.incident(note.incident)
            if not 0 <= note.revision <= LAST_REVISION:
                raise RuleBroken("card-revision")


# What a case says before its first part, from which everything has to follow.
NOTHING: Final = CaseFile(title="", summary="", reports=(), persons=(), incidents=(), cards=())


def check_tie(tie: Tie, person: Affected) -> None:
    """Two tokens, and where it is signed the signatures of two over just this. Raises `RuleBroken`.

    Whose the keys are that signed it is for a client to say.
    """
    try:
        said = tie.content(person.token)
        if tie.signed:
            SignedCard(said, *tie.signed).check_signed(lambda _, __: True)
    except (CardError, NotAuthentic):
        raise RuleBroken("tie") from None
    if tie.signed and tie.by == tie.signed[1].by:
        raise RuleBroken("one-person")


def _find(entries: Iterable[_T], id_: str, rule: str) -> _T:
    for each in entries:
        if each.id == id_:
            return each
    raise RuleBroken(rule)
