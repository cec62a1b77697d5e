"""Statements about keys and decisions: public ones of supervisors, and the approvals that are sealed."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from app import age
from app.protocol.card import LAST_REVISION
from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import b64, check_day, check_hash, check_id, check_number, unb64
from app.protocol.errors import Malformed
from app.protocol.periods import first_day
from app.vocabulary import ApprovalState, ApprovalSubject

# How long a card may lie on a machine that was switched off before it counts for the period of its arrival.
LATE: Final = timedelta(days=31)


class KeyKind(StrEnum):
    """What a shared key is for. That of drills opens nothing: custodians try its pairs. Under that of the desk lie the
    answers that are ready."""

    STATISTICS = "statistics"
    CARD_WRITING = "card_writing"
    DRILL = "drill"
    DESK = "desk"


# Those of which custodians have pairs.
IN_PAIRS: Final = frozenset({KeyKind.STATISTICS, KeyKind.DRILL})
# Those that are made anew when somebody leaves who had them.
TURNED: Final = (KeyKind.STATISTICS, KeyKind.CARD_WRITING, KeyKind.DESK)
# How long before its end one is made anew, so that work does not wait for it: the longer the rarer.
RENEWED_BEFORE: Final = {
    KeyKind.STATISTICS: timedelta(days=45),
    KeyKind.CARD_WRITING: timedelta(days=7),
    KeyKind.DESK: timedelta(days=45),
}


@dataclass(frozen=True)
class SharedKey:
    """A key that several people hold, as a supervisor states it. Both days are included.

    `version` counts the keys of a kind, `previous` is the hash of the statement before: a key that turns in the middle
    of its term ends the one before, on that very day.
    """

    id: str
    kind: KeyKind
    recipient: age.HybridRecipient
    valid_from: date
    valid_until: date
    version: int = 1
    previous: str | None = None

    @property
    def place(self) -> tuple[int, date, str]:
        """The later stands above the earlier, in whatever order a service lists them."""
        return self.version, self.valid_from, self.id


def newest_of(keys: Iterable[SharedKey], kind: KeyKind, today: date) -> SharedKey | None:
    """The key of this kind that is used today."""
    valid = (key for key in keys if key.kind is kind and key.valid_from <= today <= key.valid_until)
    return max(valid, key=lambda key: key.place, default=None)


def may_open(*, valid_from: date, valid_until: date, period: str, today: date) -> bool:
    """Whether cards that count for a period may be sealed to a statistics key of these days.

    A correction of such a card is sealed later than the period; a card that was late, before it.
    """
    return valid_from <= today and valid_until >= first_day(period) - LATE


@dataclass(frozen=True)
class CardSignature:
    """The signature of who approves a card, in base64url, over this revision of it as they made it themselves."""

    id: str = field(repr=False)
    revision: int
    sig: str = field(repr=False)

    @classmethod
    def read(cls, entry: object) -> Self:
        """Raises `Malformed`."""
        match entry:
            case {"id": id_, "revision": revision, "sig": str(sig), **rest} if not rest:
                unb64(sig, 64)
                return cls(check_id("card", id_), check_number(revision, range(LAST_REVISION + 1)), sig)
        raise Malformed("a card is approved in another form")


@dataclass(frozen=True)
class ApprovalStatement:
    """Another person's decision over the hash of what they opened. Sealed to the case or the report.

    Of a coding that is the hash of the lines of its cards (`card.lines_sha256`), each of which they sign too.
    """

    approval: str
    subject: ApprovalSubject
    object: str
    of: str
    decision: ApprovalState
    cards: tuple[CardSignature, ...] = ()

    def body(self) -> dict[str, Any]:
        return asdict(self)


def state_key(key: SharedKey, *, org: str, signer: Signer) -> Document:
    """The public statement of a supervisor that this is the key of that use."""
    body = {
        "kind": key.kind,
        "recipient": str(key.recipient),
        "from": key.valid_from.isoformat(),
        "until": key.valid_until.isoformat(),
    }
    header = _public("key", org, key.id, signer, key.valid_from, body)
    return signed(replace(header, version=key.version, previous=key.previous), signer)


def read_key(document: Document) -> SharedKey:
    """What a key statement says. Whose word it is, `Trust.check_public` tells. Raises `Malformed`."""
    match document.header.body:
        case {"kind": str(kind), "recipient": str(recipient), "from": str(start), "until": str(end), **rest}:
            try:
                key_recipient = age.parse_recipient(recipient)
                days = check_day(start), check_day(end)
                if not rest and isinstance(key_recipient, age.HybridRecipient) and days[0] <= days[1]:
                    place = document.header.version, document.header.previous
                    return SharedKey(
                        check_id("key", document.header.subject), KeyKind(kind), key_recipient, *days, *place
                    )
            except (age.Error, ValueError):
                pass
    raise Malformed("a key statement of another form")


def state_service_key(key: bytes, *, org: str, signer: Signer, on: date) -> Document:
    """A supervisor's word that the service signs with this Ed25519 key of 32 bytes."""
    return signed(_public("service-key", org, "service-key", signer, on, {"key": b64(key)}), signer)


def read_service_key(document: Document) -> bytes:
    """The 32 bytes of the service's Ed25519 key. Raises `Malformed`."""
    match document.header.body:
        case {"key": str(key), **rest} if not rest:
            return unb64(key, 32)
    raise Malformed("a service key of another form")


def read_approval(body: dict[str, Any]) -> ApprovalStatement:
    """Raises `Malformed`."""
    match body:
        case {
            "approval": str(id_),
            "subject": subject,
            "object": str(object_),
            "of": of,
            "decision": decision,
            "cards": list(cards),
            **rest,
        }:
            try:
                if not rest:
                    return ApprovalStatement(
                        check_id("apr", id_),
                        ApprovalSubject(subject),
                        object_,
                        check_hash(of),
                        ApprovalState(decision),
                        tuple(map(CardSignature.read, cards)),
                    )
            except ValueError:
                pass
    raise Malformed("an approval of another form")


def _public(type_: str, org: str, subject: str, signer: Signer, on: date, body: dict[str, Any]) -> Header:
    return Header.new(type_, subject, body, org=org, author=signer.person, at=on.isoformat())
