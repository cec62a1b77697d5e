"""The case document: people, what happened to them, who says so, and what is counted (CASEWORK § 1; FIELD §§ 5, 8).

The service never opens it, so its rules are kept here: by the client that writes, which refuses to seal what breaks
them, and by the one that approves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

from app import vocabulary
from app.protocol.card import StatCard, may_be_counted
from app.protocol.encoding import b64, check_id, unb64
from app.protocol.errors import Malformed, ProtocolError
from app.vocabulary import ConsentStatus, Imminence, Priority, Relation, Severity, VerificationStatus

# A verdict that takes a second person: it decides what is published about somebody's life.
SECOND_PERSON: Final = frozenset(
    {VerificationStatus.VERIFIED, VerificationStatus.REFUTED, VerificationStatus.FALSELY_ATTRIBUTED}
)
# The fields of an incident's coding, beside its imminence: those of the card.
CODED: Final = tuple(each.name for each in vocabulary.vocabulary().card_fields if each.list_name is not None)
_T = TypeVar("_T", "Affected", "Incident")
_DISPUTED: Final = frozenset({VerificationStatus.CONTESTED, VerificationStatus.FALSELY_ATTRIBUTED})


class RuleBroken(ProtocolError):
    """The document may not be sealed like this. `rule` is a code."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Affected:
    """A person to whom something happened. `token` is the contribution token, 16 bytes in base64url.

    `statistics` is the person's own answer, `by_reporter` the reporter's for a relative who cannot safely be asked.
    """

    id: str
    relation: Relation = field(repr=False)
    token: str = field(repr=False)
    statistics: ConsentStatus | None = field(repr=False)
    by_reporter: ConsentStatus | None = field(repr=False)
    can_be_asked: bool = field(repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True)
class Assertion:
    """Who says what, on which ground. Never changed and never dropped: a denial is one more."""

    by: str = field(repr=False)
    text: str = field(repr=False)
    basis: str = field(repr=False)
    reliability: str | None = field(default=None, repr=False)
    credibility: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Verdict:
    """A verification status, by whom, and the second person where it takes one."""

    status: VerificationStatus = field(repr=False)
    by: str
    second: str | None


@dataclass(frozen=True)
class Incident:
    """One act against one person. `coding` has the fields of the card and `imminence`; `verdicts` only grows."""

    id: str
    affected: str
    coder: str
    coding: Mapping[str, Any] = field(repr=False)
    narrative: str = field(repr=False)
    assertions: tuple[Assertion, ...] = field(repr=False)
    verdicts: tuple[Verdict, ...] = field(repr=False)

    @property
    def verification(self) -> VerificationStatus:
        return self.verdicts[-1].status if self.verdicts else VerificationStatus.UNVERIFIED


@dataclass(frozen=True)
class CardNote:
    """Which card tells of which incident. Its id is nowhere else, so only the case can correct or withdraw it."""

    id: str = field(repr=False)
    incident: str
    withdrawn: bool


@dataclass(frozen=True)
class CaseFile:
    """The body of a case document."""

    title: str = field(repr=False)
    summary: str = field(repr=False)
    reports: tuple[str, ...]
    persons: tuple[Affected, ...]
    incidents: tuple[Incident, ...]
    cards: tuple[CardNote, ...]

    def body(self) -> dict[str, Any]:
        return asdict(self)

    def person(self, id_: str) -> Affected:
        """Raises `RuleBroken` where the case knows nobody of this id."""
        return _found(self.persons, id_, "no-such-person")

    def incident(self, id_: str) -> Incident:
        return _found(self.incidents, id_, "no-such-incident")

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
                title=_text(body["title"]),
                summary=_text(body["summary"]),
                reports=tuple(check_id("rep", each) for each in body["reports"]),
                persons=tuple(_person(each) for each in body["persons"]),
                incidents=tuple(_incident(each) for each in body["incidents"]),
                cards=tuple(_card_note(each) for each in body["cards"]),
            )
        except (KeyError, TypeError, ValueError, vocabulary.UnknownCodeError):
            raise Malformed("a case document of another form") from None
        if _plain(file.body()) != _plain(dict(body)):
            raise Malformed("a case document of another form")
        file.check()
        return file

    def check(self) -> None:
        """The rules that hold for every version. Raises `RuleBroken`."""
        for incident in self.incidents:
            self.person(incident.affected)
            check_coding(incident)
        for note in self.cards:
            self.incident(note.incident)


def check_coding(incident: Incident) -> None:
    """Every field from its list, and two persons where the verdict takes two. Raises `RuleBroken`."""
    if set(incident.coding) != {*CODED, "quarter", "imminence"} - {"verification_status"}:
        raise RuleBroken("coding-fields")
    for name, value in incident.coding.items():
        if name != "quarter":
            _check_code(name, value)
    for verdict in incident.verdicts:
        if verdict.status in SECOND_PERSON and verdict.second in (None, verdict.by):
            raise RuleBroken("second-person")


def check_successor(old: CaseFile, new: CaseFile) -> None:
    """A version may add, never unsay: no assertion, verdict, report or card of an earlier one is lost.

    Raises `RuleBroken`.
    """
    new.check()
    if new.reports[: len(old.reports)] != old.reports:
        raise RuleBroken("reports-lost")
    for before in old.incidents:
        after = new.incident(before.id)
        if after.assertions[: len(before.assertions)] != before.assertions:
            raise RuleBroken("assertions-changed")
        if after.verdicts[: len(before.verdicts)] != before.verdicts:
            raise RuleBroken("verdicts-changed")
    kept = {note.id: note for note in new.cards}
    for note in old.cards:
        if note.id not in kept or (note.withdrawn and not kept[note.id].withdrawn):
            raise RuleBroken("cards-lost")


def card_of(file: CaseFile, incident_id: str, *, card_id: str) -> StatCard:
    """The card of an incident whose coding another person has approved.

    Raises `RuleBroken` without the consent of the affected person, and for what was found not to have happened.
    """
    incident = file.incident(incident_id)
    person = file.person(incident.affected)
    if not may_be_counted(
        person.relation, own=person.statistics, reporters=person.by_reporter, can_be_asked=person.can_be_asked
    ):
        raise RuleBroken("no-statistics-consent")
    if incident.verification is VerificationStatus.REFUTED:
        raise RuleBroken("refuted")
    coding = {name: incident.coding[name] for name in incident.coding if name != "imminence"}
    coding["verification_status"] = incident.verification
    if incident.verification in _DISPUTED:
        coding["suspected_actor_role"] = None
    return StatCard.of_coding(coding, card_id=card_id, token=unb64(person.token, 16))


def _check_code(name: str, value: object) -> None:
    list_name = "imminence" if name == "imminence" else _LISTS[name]
    codes = vocabulary.codes(list_name)
    several = isinstance(value, list | tuple)
    if value is not None and not all(each in codes for each in (value if several else [value])):  # type: ignore[attr-defined]  # several says that it is a list
        raise RuleBroken(f"code-{name.replace('_', '-')}")


_LISTS: Final = {each.name: each.list_name for each in vocabulary.vocabulary().card_fields if each.list_name}


def _person(body: Mapping[str, Any]) -> Affected:
    return Affected(
        id=check_id("psn", body["id"]),
        relation=Relation(body["relation"]),
        token=b64(unb64(_text(body["token"]), 16)),
        statistics=_status(body["statistics"]),
        by_reporter=_status(body["by_reporter"]),
        can_be_asked=body["can_be_asked"] is True,
        note=_text(body["note"]),
    )


def _incident(body: Mapping[str, Any]) -> Incident:
    return Incident(
        id=check_id("inc", body["id"]),
        affected=check_id("psn", body["affected"]),
        coder=check_id("per", body["coder"]),
        coding=dict(body["coding"]),
        narrative=_text(body["narrative"]),
        assertions=tuple(Assertion(**each) for each in body["assertions"]),
        verdicts=tuple(
            Verdict(VerificationStatus(each["status"]), each["by"], each["second"]) for each in body["verdicts"]
        ),
    )


def _card_note(body: Mapping[str, Any]) -> CardNote:
    return CardNote(check_id("card", body["id"]), check_id("inc", body["incident"]), body["withdrawn"] is True)


def _status(value: object) -> ConsentStatus | None:
    return None if value is None else ConsentStatus(str(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _plain(value: Any) -> Any:
    """Lists for tuples, as JSON has them."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _found(entries: Iterable[_T], id_: str, rule: str) -> _T:
    for each in entries:
        if each.id == id_:
            return each
    raise RuleBroken(rule)
