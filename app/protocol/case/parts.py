"""What the parts of a case say, put together: people, what happened to them, who says so, which cards tell of it.

Each reads itself strictly from the body of a part, raising whatever its values raise; `pieces.read` makes one
`Malformed` of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from app.protocol.card import TOKEN_SIZE, Says, TokenCard
from app.protocol.case import values
from app.protocol.documents import Signature
from app.protocol.encoding import b64, check_id, unb64
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


class LinkKind(StrEnum):
    """What two cases have to do with each other."""

    SAME_EVENT = "same_event"
    SAME_ACTOR = "same_actor"
    RELATIVES = "relatives"
    WITNESS = "witness"  # somebody of the one saw what the other tells of
    FOLLOWS = "follows"  # the one came of the other
    OTHER = "other"


@dataclass(frozen=True)
class Link:
    """That the case has to do with another, which says the same under the same random `id`, and is named in neither.

    So nobody learns of a case that they do not work on: whoever works on both finds the id in both.
    """

    id: str
    kind: LinkKind = field(repr=False)

    def body(self) -> dict[str, str]:
        return {"id": self.id, "kind": self.kind.value}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Link":
        return cls(check_id("link", body["id"]), LinkKind(body["kind"]))


@dataclass(frozen=True)
class Tie:
    """That somebody is a person of another case too: `token` is the one that they have there, which is older.

    Which case that is stands nowhere. `card` is the id of the card that joins it to their own token, or where the
    `revision` is odd parts both again; `before` the last one that was signed before it. `by` is who said so, `asked_of`
    another person who may open both cases. It holds from when two have `signed` that card, its writer first: from then
    on new cards take the older token, and whoever writes one sends that card along. So none is counted as two, whoever
    loses a machine or keeps a card back.
    """

    person: str
    token: str = field(repr=False)
    card: str = field(repr=False)
    revision: int
    by: str
    before: str | None = field(default=None, repr=False)
    asked_of: str | None = None
    signed: tuple[Signature, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Which tie of the case it is, whatever it says by now."""
        return f"{self.person} {self.token}"

    @property
    def joins(self) -> bool:
        """Whether it says so; else it was said and is not so."""
        return self.revision % 2 == 0

    @property
    def holds(self) -> bool:
        """Whether new cards take the older token."""
        return self.joins and bool(self.signed)

    def content(self, own: str) -> TokenCard:
        """What is to be signed, where `own` is the person's own token. Raises `Malformed`."""
        tokens = unb64(self.token, TOKEN_SIZE), unb64(own, TOKEN_SIZE)
        return TokenCard(self.card, Says.JOIN if self.joins else Says.PART, tokens)

    def body(self) -> dict[str, Any]:
        signed = [{"by": each.by, "key": b64(each.key), "sig": b64(each.sig)} for each in self.signed]
        return {**vars(self), "signed": signed}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Tie":
        asked_of, before = body["asked_of"], body["before"]
        unb64(values.text(body["token"]), TOKEN_SIZE)
        if len(body["signed"]) not in (0, 2):
            raise ValueError("a tie is signed by two, or not yet")
        return cls(
            person=check_id("psn", body["person"]),
            token=body["token"],
            card=check_id("card", body["card"]),
            revision=values.number(body["revision"]),
            by=check_id("per", body["by"]),
            before=None if before is None else check_id("card", before),
            asked_of=None if asked_of is None else check_id("per", asked_of),
            signed=tuple(_signature(each) for each in body["signed"]),
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


def _signature(entry: Mapping[str, Any]) -> Signature:
    key, sig = unb64(values.text(entry["key"]), 32), unb64(values.text(entry["sig"]), 64)
    return Signature(check_id("per", entry["by"]), key, sig)


def _reports(ids: Sequence[object]) -> tuple[str, ...]:
    """In ascending order, each once."""
    found = tuple(check_id("rep", each) for each in ids)
    if list(found) != sorted(set(found)):
        raise ValueError("reports that are not in their order")
    return found
