"""The case document: people, what happened to them, who says so, and what is counted (CASEWORK § 1; FIELD §§ 5, 8).

The service never opens it, so its rules are kept here: by the client that writes, which refuses to seal what breaks
them, and by the one that approves.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

from app import vocabulary
from app.protocol.card import LAST_REVISION, TOKEN_SIZE, StatCard, may_be_counted
from app.protocol.encoding import check_hash, check_id, unb64
from app.protocol.errors import Malformed, ProtocolError
from app.protocol.selectors import Selector
from app.vocabulary import ConsentStatus, Imminence, Priority, Relation, Severity, VerificationStatus

# A verdict that takes a second person: it decides what is published about somebody's life.
SECOND_PERSON: Final = frozenset(
    {VerificationStatus.VERIFIED, VerificationStatus.REFUTED, VerificationStatus.FALSELY_ATTRIBUTED}
)
# The fields of an incident's coding, beside its imminence: those of the card.
CODED: Final = tuple(each.name for each in vocabulary.vocabulary().card_fields if each.list_name is not None)
# What anybody can say at no cost: no ground for holding an attribution likely.
NO_GROUND: Final = frozenset({"reporter_belief", "actor_said_so"})
NOT_ASSESSED: Final = "not_assessed"

_T = TypeVar("_T", "Affected", "Incident")
_FIELDS: Final = {each.name: each for each in vocabulary.vocabulary().card_fields}
_QUARTER: Final = re.compile(r"(19|20)[0-9]{2}-Q[1-4]")


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
    """Who says what, to whom and when, on which ground. Never changed and never dropped: a denial is one more.

    `basis` is of the list `attribution_basis`, `reliability` of `source_reliability`, `credibility` of
    `information_credibility`; the rest is words.
    """

    by: str = field(repr=False)
    text: str = field(repr=False)
    basis: str = field(repr=False)
    reliability: str | None = field(default=None, repr=False)
    credibility: str | None = field(default=None, repr=False)
    to: str = field(default="", repr=False)
    when: str = field(default="", repr=False)


@dataclass(frozen=True)
class Verdict:
    """A verification status, by whom, and the second person where it takes one."""

    status: VerificationStatus = field(repr=False)
    by: str
    second: str | None


@dataclass(frozen=True)
class Incident:
    """One act against one person. `coding` has the fields of the card and `imminence`; `verdicts` only grows.

    `when` and `place` are as exact as they are known, and in words: no packet and no card takes them as they stand.
    `place_is` is of the list `sensitivity_of_place`, `confidence` in the attribution of `attribution_confidence`.
    """

    id: str
    affected: str
    coder: str
    coding: Mapping[str, Any] = field(repr=False)
    narrative: str = field(repr=False)
    assertions: tuple[Assertion, ...] = field(repr=False)
    verdicts: tuple[Verdict, ...] = field(repr=False)
    when: str = field(default="", repr=False)
    place: str = field(default="", repr=False)
    place_is: str | None = field(default=None, repr=False)
    confidence: str = field(default=NOT_ASSESSED, repr=False)

    @property
    def verification(self) -> VerificationStatus:
        return self.verdicts[-1].status if self.verdicts else VerificationStatus.UNVERIFIED


@dataclass(frozen=True)
class CardNote:
    """Which card tells of which incident. Its id is nowhere else, so only the case can correct or withdraw it.

    `revision` counts its corrections: of two files of one card, which may arrive in any order, the later one stands.
    """

    id: str = field(repr=False)
    incident: str
    revision: int
    withdrawn: bool


@dataclass(frozen=True)
class ReportNote:
    """A report of the case, and the hash of its sealed file as whoever accepted it had opened it."""

    id: str
    sha256: str


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
        return asdict(self)

    def person(self, id_: str) -> Affected:
        """Raises `RuleBroken` where the case knows nobody of this id."""
        return _found(self.persons, id_, "no-such-person")

    def incident(self, id_: str) -> Incident:
        """Raises `RuleBroken` where the case knows no incident of this id."""
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
                reports=tuple(
                    ReportNote(check_id("rep", each["id"]), check_hash(each["sha256"])) for each in body["reports"]
                ),
                persons=tuple(_person(each) for each in body["persons"]),
                incidents=tuple(_incident(each) for each in body["incidents"]),
                cards=tuple(_card_note(each) for each in body["cards"]),
                selectors=tuple(Selector.read(each) for each in body["selectors"]),
            )
        except (KeyError, TypeError, ValueError, vocabulary.UnknownCodeError):
            raise Malformed("a case document of another form") from None
        if _plain(file.body()) != _plain(dict(body)):
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


def check_coding(incident: Incident) -> None:
    """Every code from its list, and two persons where the verdict takes two. Raises `RuleBroken`."""
    if set(incident.coding) != {*CODED, "quarter", "imminence"} - {"verification_status"}:
        raise RuleBroken("coding-fields")
    for name, value in incident.coding.items():
        if not _is_coded(name, value):
            raise RuleBroken(f"code-{name.replace('_', '-')}")
    for each in incident.assertions:
        _check_code("attribution_basis", each.basis)
        _check_code("source_reliability", each.reliability)
        _check_code("information_credibility", each.credibility)
    _check_code("sensitivity_of_place", incident.place_is)
    _check_code("attribution_confidence", incident.confidence)
    if incident.confidence != NOT_ASSESSED and not any(
        each.text and each.basis not in NO_GROUND for each in incident.assertions
    ):
        raise RuleBroken("confidence-without-ground")
    for verdict in incident.verdicts:
        if verdict.status in SECOND_PERSON and verdict.second in (None, verdict.by):
            raise RuleBroken("second-person")


def check_successor(old: CaseFile, new: CaseFile, *, author: str) -> None:
    """A version may add, never unsay: no assertion, verdict, report, incident or card of an earlier one is lost.

    `author` is who writes it, and nobody writes in another's name: a coding that is new or changed is theirs, and so is
    a verdict. Raises `RuleBroken`.
    """
    new.check()
    if new.reports[: len(old.reports)] != old.reports:
        raise RuleBroken("reports-lost")
    tokens = {person.id: person.token for person in old.persons}
    if any(tokens.get(person.id, person.token) != person.token for person in new.persons):
        raise RuleBroken("token-changed")
    earlier = {incident.id: incident for incident in old.incidents}
    if earlier.keys() - {incident.id for incident in new.incidents}:
        raise RuleBroken("incidents-lost")
    for incident in new.incidents:
        _check_growth(earlier.get(incident.id), incident, author)
    kept = {note.id: note for note in new.cards}
    for note in old.cards:
        after = kept.get(note.id)
        if after is None or after.incident != note.incident:
            raise RuleBroken("cards-lost")
        if after.revision < note.revision or after.withdrawn < note.withdrawn:
            raise RuleBroken("cards-lost")


def card_of(file: CaseFile, incident_id: str, *, card_id: str) -> StatCard:
    """The card of an incident whose coding another person has approved.

    It names no actor where the attribution is disputed. Raises `RuleBroken` without the consent of the affected person,
    and for what was found not to have happened.
    """
    incident = file.incident(incident_id)
    person = file.person(incident.affected)
    if not may_be_counted(
        person.relation, own=person.statistics, reporters=person.by_reporter, can_be_asked=person.can_be_asked
    ):
        raise RuleBroken("no-statistics-consent")
    if incident.verification is VerificationStatus.REFUTED:
        raise RuleBroken("refuted")
    coding = {**incident.coding, "verification_status": incident.verification}
    return StatCard.of_coding(coding, card_id=card_id, token=unb64(person.token, TOKEN_SIZE))


def _check_growth(before: Incident | None, after: Incident, author: str) -> None:
    said, judged = (before.assertions, before.verdicts) if before else ((), ())
    if after.assertions[: len(said)] != said:
        raise RuleBroken("assertions-changed")
    if after.verdicts[: len(judged)] != judged:
        raise RuleBroken("verdicts-changed")
    if any(verdict.by != author for verdict in after.verdicts[len(judged) :]):
        raise RuleBroken("verdict-of-another")
    if after.coder != (before.coder if before and _is_coded_alike(before, after) else author):
        raise RuleBroken("coder")


def _is_coded_alike(before: Incident, after: Incident) -> bool:
    return (_plain(before.coding), before.affected) == (_plain(after.coding), after.affected)


def _is_coded(name: str, value: object) -> bool:
    """Null, a code of the field's list, or several distinct ones where it takes several; `unknown` stands alone."""
    if value is None:
        return True
    if name == "quarter":
        return isinstance(value, str) and _QUARTER.fullmatch(value) is not None
    if name == "imminence" or not _FIELDS[name].several:
        return value in vocabulary.codes(_list_of(name))
    if not isinstance(value, list | tuple) or not all(each in vocabulary.codes(_list_of(name)) for each in value):
        return False
    return len(set(value)) == len(value) and (len(value) == 1 or "unknown" not in value)


def _list_of(name: str) -> str:
    return name if name == "imminence" else str(_FIELDS[name].list_name)


def _check_code(list_name: str, value: str | None) -> None:
    if value is not None and value not in vocabulary.codes(list_name):
        raise RuleBroken(f"code-{list_name.replace('_', '-')}")


def _person(body: Mapping[str, Any]) -> Affected:
    unb64(_text(body["token"]), TOKEN_SIZE)
    return Affected(
        id=check_id("psn", body["id"]),
        relation=Relation(body["relation"]),
        token=body["token"],
        statistics=_status(body["statistics"]),
        by_reporter=_status(body["by_reporter"]),
        can_be_asked=_yes_or_no(body["can_be_asked"]),
        note=_text(body["note"]),
    )


def _incident(body: Mapping[str, Any]) -> Incident:
    return Incident(
        id=check_id("inc", body["id"]),
        affected=check_id("psn", body["affected"]),
        coder=check_id("per", body["coder"]),
        coding=dict(body["coding"]),
        narrative=_text(body["narrative"]),
        assertions=tuple(_assertion(each) for each in body["assertions"]),
        verdicts=tuple(_verdict(each) for each in body["verdicts"]),
        when=_text(body["when"]),
        place=_text(body["place"]),
        place_is=_text_or_none(body["place_is"]),
        confidence=_text(body["confidence"]),
    )


def _assertion(body: Mapping[str, Any]) -> Assertion:
    return Assertion(
        by=_text(body["by"]),
        text=_text(body["text"]),
        basis=_text(body["basis"]),
        reliability=_text_or_none(body["reliability"]),
        credibility=_text_or_none(body["credibility"]),
        to=_text(body["to"]),
        when=_text(body["when"]),
    )


def _verdict(body: Mapping[str, Any]) -> Verdict:
    second = body["second"]
    return Verdict(
        VerificationStatus(body["status"]),
        check_id("per", body["by"]),
        None if second is None else check_id("per", second),
    )


def _card_note(body: Mapping[str, Any]) -> CardNote:
    return CardNote(
        id=check_id("card", body["id"]),
        incident=check_id("inc", body["incident"]),
        revision=_number(body["revision"]),
        withdrawn=_yes_or_no(body["withdrawn"]),
    )


def _status(value: object) -> ConsentStatus | None:
    return None if value is None else ConsentStatus(str(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a number")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
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
