"""What the parts of a case say, put together: people, what happened to them, who says so, which cards tell of it.

Each reads itself strictly from the body of a part, raising whatever its values raise; `pieces.read` makes one
`Malformed` of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.protocol.card import TOKEN_SIZE
from app.protocol.case import values
from app.protocol.encoding import check_id, unb64
from app.vocabulary import ConsentStatus, Relation, VerificationStatus

NOT_ASSESSED: Final = "not_assessed"


@dataclass(frozen=True)
class Affected:
    """A person to whom something happened. `token` is the contribution token, 16 bytes in base64url.

    `statistics` is the person's own answer, `by_reporter` the reporter's for a relative who cannot safely be asked.
    `told_by` are the reports that tell of them, whose reporters' words are theirs too: all of the case where none is
    named.
    """

    id: str
    relation: Relation = field(repr=False)
    token: str = field(repr=False)
    statistics: ConsentStatus | None = field(repr=False)
    by_reporter: ConsentStatus | None = field(repr=False)
    can_be_asked: bool = field(repr=False)
    note: str = field(default="", repr=False)
    told_by: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Affected":
        unb64(values.text(body["token"]), TOKEN_SIZE)
        return cls(
            id=check_id("psn", body["id"]),
            relation=Relation(body["relation"]),
            token=body["token"],
            statistics=_status(body["statistics"]),
            by_reporter=_status(body["by_reporter"]),
            can_be_asked=values.yes_or_no(body["can_be_asked"]),
            note=values.text(body["note"]),
            told_by=_reports(body["told_by"]),
        )

    def is_told_by(self, report: str) -> bool:
        """Whether the words of this report's reporter are about them."""
        return not self.told_by or report in self.told_by


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

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Assertion":
        return cls(
            by=values.text(body["by"]),
            text=values.text(body["text"]),
            basis=values.text(body["basis"]),
            reliability=values.text_or_none(body["reliability"]),
            credibility=values.text_or_none(body["credibility"]),
            to=values.text(body["to"]),
            when=values.text(body["when"]),
        )


@dataclass(frozen=True)
class Verdict:
    """A verification status, by whom, and the second person where it takes one."""

    status: VerificationStatus = field(repr=False)
    by: str
    second: str | None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Verdict":
        second = body["second"]
        return cls(
            VerificationStatus(body["status"]),
            check_id("per", body["by"]),
            None if second is None else check_id("per", second),
        )


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
        """The status of the last verdict."""
        return self.verdicts[-1].status if self.verdicts else VerificationStatus.UNVERIFIED

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Incident":
        """Without assertions and verdicts, which are parts of their own."""
        return cls(
            id=check_id("inc", body["id"]),
            affected=check_id("psn", body["affected"]),
            coder=check_id("per", body["coder"]),
            coding=dict(body["coding"]),
            narrative=values.text(body["narrative"]),
            assertions=(),
            verdicts=(),
            when=values.text(body["when"]),
            place=values.text(body["place"]),
            place_is=values.text_or_none(body["place_is"]),
            confidence=values.text(body["confidence"]),
        )


@dataclass(frozen=True)
class CardNote:
    """Which card tells of which incident. Its id is nowhere else, so only the case can correct or withdraw it.

    It is drawn before somebody is asked to approve it: `asked_of` is who, and `vocabulary` the version of its codes.
    `revision` counts its corrections: of two files of one card, which may arrive in any order, the later one stands.
    `written`: this revision was signed by two, and is sent.
    """

    id: str = field(repr=False)
    incident: str
    revision: int
    asked_of: str
    vocabulary: str
    written: bool = False
    withdrawn: bool = False

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "CardNote":
        return cls(
            id=check_id("card", body["id"]),
            incident=check_id("inc", body["incident"]),
            revision=values.number(body["revision"]),
            asked_of=check_id("per", body["asked_of"]),
            vocabulary=values.text(body["vocabulary"]),
            written=values.yes_or_no(body["written"]),
            withdrawn=values.yes_or_no(body["withdrawn"]),
        )


@dataclass(frozen=True)
class Identity:
    """Who a person of the case is, and how to reach them without harm: words, under a key of their own.

    Members have it whom the owner names; whoever approves a coding, or is lent the case, has no use for it.
    """

    person: str
    names: str = field(default="", repr=False)
    contacts: str = field(default="", repr=False)
    safe_contact: str = field(default="", repr=False)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Identity":
        return cls(
            person=check_id("psn", body["person"]),
            names=values.text(body["names"]),
            contacts=values.text(body["contacts"]),
            safe_contact=values.text(body["safe_contact"]),
        )


def _status(value: object) -> ConsentStatus | None:
    return None if value is None else ConsentStatus(str(value))


def _reports(ids: Sequence[object]) -> tuple[str, ...]:
    """In ascending order, each once."""
    found = tuple(check_id("rep", each) for each in ids)
    if list(found) != sorted(set(found)):
        raise ValueError("reports that are not in their order")
    return found
