"""The statistics card: one incident of one affected person in closed codes (DESIGN § 6, the vocabulary's `_meta.card`).

Its plaintext is one JSON object, LF, two signatures over it, LF, then spaces up to `CARD_SIZE`: all cards have one
length. Codes stand as they are, several choices as an integer whose bit n is the n-th code of the list, and null is
unknown. It names no case: the card token under which it is posted is common to all caseworkers. Who wrote it and who
approved it, two persons, stands inside the seal, where the draw alone looks.

Of the same form is what says that two tokens are one person's, or are not after all (RELEASES § 0). It counts for
nobody.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from sys import intern
from typing import Any, Final, Self, TypeAlias, cast

from app import vocabulary
from app.protocol.documents import (
    Signature,
    Signer,
    bytes_signed,
    parse_signatures,
    verify_signature,
    write_signatures,
)
from app.protocol.encoding import b64, new_id, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.sizes import Kind, classes
from app.vocabulary import ConsentStatus, Outcome, Relation, VerificationStatus

CARD_SIZE: Final = classes(Kind.CARD)[0]
TOKEN_SIZE: Final = 16
FORMAT: Final = 1
# Who wrote it and who approved it.
SIGNATURES: Final = 2
# The last number that a correction of a card may have.
LAST_REVISION: Final = 999

# A reporter may speak for these where they cannot safely be asked themselves (RELEASES § 0).
RELATIVES = frozenset({Relation.PARTNER, Relation.CHILD, Relation.PARENT_OR_SIBLING, Relation.OTHER_RELATIVE})
# Here a card names no actor: credible sources disagree, or the one who was named did not do it.
ACTOR_UNKNOWN = frozenset({VerificationStatus.CONTESTED, VerificationStatus.FALSELY_ATTRIBUTED})

_WRITER: Final = json.JSONEncoder(separators=(",", ":"))
_SIGNATURES_BEGIN, _SIGNATURES_END = b'{"sigs":', b"}"
_CARD_ID = re.compile(r"card_[0-9a-f]{32}")
_QUARTER = re.compile(r"(19|20)[0-9]{2}-Q[1-4]")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){2}")


class CardError(Malformed):
    """These bytes or codes are no card: it is counted for nobody."""


# Any list's value on a card: one code, several, or unknown.
Choice: TypeAlias = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, repr=False)  # no log line can show what a card says, nor whose it is
class StatCard:
    """One incident and affected person. None is unknown; several choices stand in list order.

    `revision` counts its corrections from 0.

    `token` is the 16-byte contribution token of the affected person, the same on all of their cards and on no other's.
    `quarter` is the incident's; the quarter in which the card is counted is stamped by the service. Raises `CardError`
    where a value is not of its list or the codes contradict one another.
    """

    id: str
    token: bytes
    incident_type: str | None
    modality: tuple[str, ...] | None
    channel: tuple[str, ...] | None
    suspected_actor_role: tuple[str, ...] | None
    origin_state: str | None
    host_country: str | None
    target_group: tuple[str, ...] | None
    relation_of_target_to_reporter: str | None
    harm: tuple[str, ...] | None
    severity: str | None
    host_response: tuple[str, ...] | None
    outcome: str | None
    verification_status: str | None
    quarter: str | None
    revision: int
    vocabulary: str = field(default_factory=lambda: vocabulary.vocabulary().version)

    def __post_init__(self) -> None:
        _check_name(self.id, self.revision)
        if len(self.token) != TOKEN_SIZE:
            raise CardError("a contribution token has 16 bytes")
        if not _VERSION.fullmatch(self.vocabulary):
            raise CardError("the version of the vocabulary is not one")
        for each in _fields():
            each.check(getattr(self, each.name))
        if self.quarter is not None and not _QUARTER.fullmatch(self.quarter):
            raise CardError("the quarter is not one")
        if self.verification_status == VerificationStatus.REFUTED:
            raise CardError("what did not happen has no card")
        if self.verification_status in ACTOR_UNKNOWN and self.suspected_actor_role is not None:
            raise CardError("a disputed actor is not named on a card")

    @classmethod
    def of_coding(cls, coding: Mapping[str, object], *, card_id: str, token: bytes, revision: int = 0) -> Self:
        """The card of an incident, from its coding in the sealed case.

        Only the card's own fields are taken. `unknown` and `ZZ` become None, a disputed actor too, and an outcome that
        is not yet coded is `too_early`. Raises `CardError`, and for a refuted incident always.
        """
        values: dict[str, Any] = {each.name: each.of_codes(coding.get(each.name)) for each in _fields()}
        if coding.get("outcome") is None:
            values["outcome"] = Outcome.TOO_EARLY.value
        if values["verification_status"] in ACTOR_UNKNOWN:
            values["suspected_actor_role"] = None
        return cls(id=card_id, token=token, quarter=_quarter(coding.get("quarter")), revision=revision, **values)

    @property
    def line(self) -> bytes:
        """Its first line, without the LF: what two persons sign."""
        values = {
            "v": FORMAT,
            "id": self.id,
            "revision": self.revision,
            "token": b64(self.token),
            "vocabulary": self.vocabulary,
            **{each.name: each.written(getattr(self, each.name)) for each in _fields()},
            "quarter": self.quarter,
        }
        return _WRITER.encode(values).encode()


class Says(StrEnum):
    """What a `TokenCard` says of its two tokens."""

    JOIN = "join"
    PART = "part"


@dataclass(frozen=True, slots=True, repr=False)
class TokenCard:
    """Two contribution tokens are one person's from now on, or, parted, those of two. It is sent as other cards are.

    `tokens` are the one that stays with whoever had it, and the other; for a joining their order says nothing. Who
    parts them withdraws the card that had joined them. Raises `CardError`.
    """

    id: str
    says: Says
    tokens: tuple[bytes, bytes]
    revision: int = 0

    def __post_init__(self) -> None:
        _check_name(self.id, self.revision)
        if {len(token) for token in self.tokens} != {TOKEN_SIZE} or len(set(self.tokens)) != len(self.tokens):
            raise CardError("these are not two tokens")

    @property
    def line(self) -> bytes:
        """Its first line, without the LF: what two persons sign."""
        tokens = [b64(token) for token in self.tokens]
        values = {"v": FORMAT, "id": self.id, "revision": self.revision, self.says.value: tokens}
        return _WRITER.encode(values).encode()


@dataclass(frozen=True, slots=True, repr=False)
class SignedCard:
    """A card under the signatures of who wrote it and of who approved it. Whether they hold says `check_signed`."""

    card: StatCard | TokenCard
    writer: Signature
    approver: Signature

    def check_signed(self, is_certified: Callable[[str, bytes], bool]) -> None:
        """Two persons, whose signatures hold and whose keys (32 bytes) are certified.

        Raises `CardError` where it is one person twice, and `NotAuthentic`.
        """
        self.check_line(self.card.line, is_certified)

    def check_line(self, line: bytes, is_certified: Callable[[str, bytes], bool]) -> None:
        """The same, where its line is known."""
        if self.writer.by == self.approver.by:
            raise CardError("one person has signed twice")
        for each in (self.writer, self.approver):
            if not is_certified(each.by, each.key):
                raise NotAuthentic("uncertified")
            verify_signature(each, bytes_signed("card", line))


def new_card_id() -> str:
    """128 random bits, from which nobody finds the case."""
    return new_id("card")


def revision_sha256(card_id: str, revision: int) -> str:
    """How the service keeps the number of a card's correction: who does not know the id learns nothing from it.

    In clear it would join the card to a case, of which one can see how often its coding was approved.
    """
    return sha256_hex(f"{card_id} {revision}".encode())


def new_contribution_token() -> bytes:
    """16 random bytes; they stand only in the sealed case and, inside the seal, on the person's cards."""
    return secrets.token_bytes(TOKEN_SIZE)


def may_be_counted(
    relation: Relation, *, own: ConsentStatus | None, reporters: ConsentStatus | None, can_be_asked: bool
) -> bool:
    """Whether a person's incidents may have cards.

    `own` is the person's answer to the *statistics* question, None where they gave none, and stands first. `reporters`
    is that of the reporter, which counts for a relative who cannot safely be asked, and for nobody else.
    """
    if relation is Relation.ORGANISATION:
        return False
    if relation is Relation.SELF:
        return (own or reporters) is ConsentStatus.GIVEN
    if own is not None:
        return own is ConsentStatus.GIVEN
    return relation in RELATIVES and not can_be_asked and reporters is ConsentStatus.GIVEN


def sign(card: StatCard | TokenCard, signer: Signer) -> Signature:
    """As who wrote the card or approved it: over `tern/v1/card` LF and its line."""
    return signer.sign("card", card.line)


def lines_sha256(cards: Iterable[StatCard | TokenCard]) -> str:
    """What an approval of a coding is of: the lines of its cards, each with its LF, in the order of their ids."""
    return sha256_hex(b"".join(each.line + b"\n" for each in sorted(cards, key=lambda each: each.id)))


def encode(signed: SignedCard) -> bytes:
    """The plaintext of a card: `CARD_SIZE` bytes."""
    signatures = write_signatures((signed.writer, signed.approver))
    text = signed.card.line + b"\n" + _SIGNATURES_BEGIN + signatures + _SIGNATURES_END + b"\n"
    return text.ljust(CARD_SIZE, b" ")


def parse(plaintext: bytes) -> SignedCard:
    """Raises `CardError` for whatever `encode` does not write, and for a card with a retired code."""
    if len(plaintext) != CARD_SIZE:
        raise CardError("a card has one length")
    first, _, rest = plaintext.partition(b"\n")
    try:
        line = json.loads(first)
    except (ValueError, RecursionError):  # brackets alone can nest deeper than the parser goes
        raise CardError("a card is a JSON object") from None
    if not isinstance(line, dict) or line.get("v") != FORMAT:
        raise CardError("not a card of this format")
    card = (_card if line.keys() == _names() else _token_card)(line)
    signatures, line_feed, padding = rest.partition(b"\n")
    signed = SignedCard(card, *_signatures(signatures))
    # Another order, spelling, key or padding would be a second encoding of one card. That of the signatures was held to
    # its one spelling when they were read.
    if card.line != first or not line_feed or padding.strip(b" "):
        raise CardError("not the one encoding of this card")
    return signed


def read_signed(plaintext: bytes) -> SignedCard:
    """`parse` and `check_signed` in one, for a million of them, but for whose the keys are.

    Raises `CardError` and `NotAuthentic`.
    """
    signed = parse(plaintext)
    line = plaintext[: plaintext.index(b"\n")]  # which is the card's, as it was parsed
    signed.check_line(line, lambda _, __: True)
    return signed


@dataclass(frozen=True, slots=True)
class _Coded:
    """A field of the card and its list: how its value is checked, written and read.

    What was found right once is looked up from then on: a card has few values, and there are very many cards.
    """

    name: str
    codes: tuple[str, ...]
    retired: frozenset[str]
    several: bool
    _right: set[Choice] = field(default_factory=set, compare=False, repr=False)
    _read: dict[int, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _written: dict[tuple[str, ...], int] = field(default_factory=dict, compare=False, repr=False)

    def check(self, value: Choice) -> None:
        """Raises `CardError` for what no card says here."""
        try:
            if value in self._right:
                return
        except TypeError:  # a list, or another thing that a card does not hold
            raise CardError(f"{self.name} is not a choice") from None
        self._check(value)
        self._right.add(value)

    def _check(self, value: object) -> None:
        if value is None:
            return
        choices = value if self.several else (value,)
        if not isinstance(choices, tuple) or not choices:
            raise CardError(f"{self.name} is not a choice")
        if any(code not in self.codes or code in _UNKNOWN for code in choices):
            raise CardError(f"{self.name} has a code that no card bears")
        if not self.retired.isdisjoint(choices):
            raise CardError(f"{self.name} has a retired code")
        if list(choices) != [code for code in self.codes if code in choices]:
            raise CardError(f"{self.name} is not in list order")

    def of_codes(self, value: Any) -> Choice:
        """The value of a card from one code, or a list of them, as a case holds it; the card checks it."""
        if value is None or value in _UNKNOWN:
            return None
        if not self.several:
            return cast("str", value)
        if not isinstance(value, list | tuple) or not set(value) <= set(self.codes):
            raise CardError(f"{self.name} is not a list of its codes")
        if set(value) <= {"unknown"}:
            return None
        return tuple(code for code in self.codes if code in value)

    def written(self, value: Choice) -> str | int | None:
        if not isinstance(value, tuple):
            return value
        number = self._written.get(value)
        if number is None:
            number = self._written[value] = sum(1 << self.codes.index(code) for code in value)
        return number

    def read(self, value: object) -> Choice:
        if not self.several:
            return _one(value)
        if value is None:
            return None
        if type(value) is not int or not 0 < value < 1 << len(self.codes):
            raise CardError(f"{self.name} is not a bitmap of its list")
        choices = self._read.get(value)
        if choices is None:
            choices = self._read[value] = tuple(code for bit, code in enumerate(self.codes) if value >> bit & 1)
        return choices


def _one(value: object) -> str | None:
    """A code as it came, for the card to check. Of a million cards each that says the same shares one text."""
    return intern(value) if type(value) is str else cast("str | None", value)


# The codes that say nothing more than null does: a card has one way to say it.
_UNKNOWN = ("unknown", "ZZ")


@cache
def _fields() -> tuple[_Coded, ...]:
    return tuple(
        _Coded(
            name=card_field.name,
            codes=vocabulary.codes(card_field.list_name),
            retired=frozenset(
                entry.code for entry in vocabulary.code_list(card_field.list_name).codes.values() if entry.retired
            ),
            several=card_field.several,
        )
        for card_field in vocabulary.vocabulary().card_fields
        if card_field.list_name is not None
    )


@cache
def _names() -> frozenset[str]:
    return frozenset({each.name for each in fields(StatCard)} | {"v"})


def _card(line: dict[str, object]) -> StatCard:
    token, card_id, version, revision = line["token"], line["id"], line["vocabulary"], line["revision"]
    if not isinstance(token, str) or not isinstance(card_id, str) or not isinstance(version, str):
        raise CardError("a card has an id, a token and a version")
    if type(revision) is not int:
        raise CardError("the revision is not one")
    try:
        contribution = unb64(token, TOKEN_SIZE)
    except Malformed:
        raise CardError("the token is not one") from None
    values: dict[str, Any] = {each.name: each.read(line[each.name]) for each in _fields()}
    return StatCard(
        id=card_id,
        token=contribution,
        quarter=_one(_quarter(line["quarter"])),
        revision=revision,
        vocabulary=intern(version),
        **values,
    )


def _token_card(line: dict[str, object]) -> TokenCard:
    says = next((says for says in Says if says in line), None)
    if says is None:
        raise CardError("a card has these fields and no others")
    card_id, tokens, revision = line.get("id"), line[says], line.get("revision")
    if not isinstance(card_id, str) or type(revision) is not int or not isinstance(tokens, list):
        raise CardError("a card has an id, a revision and two tokens")
    try:
        one, two = [unb64(token, TOKEN_SIZE) for token in tokens if isinstance(token, str)]
    except (Malformed, ValueError):
        raise CardError("these are not two tokens") from None
    return TokenCard(card_id, says, (one, two), revision)


def _check_name(card_id: str, revision: object) -> None:
    if not _CARD_ID.fullmatch(card_id):
        raise CardError("the id is not a card's")
    if type(revision) is not int or not 0 <= revision <= LAST_REVISION:
        raise CardError("the revision is not one")


def _signatures(line: bytes) -> tuple[Signature, Signature]:
    if not line.startswith(_SIGNATURES_BEGIN) or not line.endswith(_SIGNATURES_END):
        raise CardError("a card has a line of signatures")
    try:
        signatures = parse_signatures(line[len(_SIGNATURES_BEGIN) : -len(_SIGNATURES_END)])
    except Malformed:
        raise CardError("a card has a line of signatures") from None
    if len(signatures) != SIGNATURES:
        raise CardError("a card has the signatures of two")
    return signatures[0], signatures[1]


def _quarter(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise CardError("the quarter is not one")
    return value
