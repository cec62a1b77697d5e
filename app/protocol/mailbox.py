"""The mailbox: sixteen slots that look alike to everybody but the holder of the receipt (SEALING, "Mailbox").

Slot 1 is the thread state, the reporter's own memory; slot 2 the state, the service's word; slots 3 to 16 are staff's.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from hashlib import shake_256
from itertools import pairwise
from sys import byteorder
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app import age
from app.protocol.derivation import derive
from app.protocol.encoding import check_day, check_hash, check_id, check_number
from app.protocol.errors import Malformed
from app.protocol.report import Attachment, Consent, check_attachments, check_recipient
from app.protocol.sizes import Kind, classes
from app.vocabulary import ReportState

SLOTS: Final = 16
THREAD_STATE_SLOT, STATE_SLOT, FIRST_STAFF_SLOT = 1, 2, 3
STAFF_SLOTS: Final = SLOTS - FIRST_STAFF_SLOT + 1
SLOT_SIZE: Final = age.encrypted_size(classes(Kind.SLOT)[0])

# Bytes of JSON for the text of one part: what is left of a slot after the rest of the document, a new recipient too.
PART_SIZE: Final = 1000

# Far above any real thread. A number from a stranger must not make a client count to it.
NUMBERS: Final = range(1, 10_000)


# Days that a thread state remembers: more would not fit its slot beside all consents.
DAYS: Final = 32


class MessageKind(StrEnum):
    """What a reporter's post is, told to the service as a hint and to staff under the MAC."""

    MESSAGE = "message"
    CONSENT = "consent"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class ThreadState:
    """What the reporter's client must remember: where to write, its last number and that message's hash, consents.

    `named_in` is the number of the reply that named this recipient, 0 where it is the report's own still. `days` are
    those of the last messages, in their order, each with how many there were: what was written opens for nobody who
    finds the receipt.
    """

    report: str
    recipient: str = field(repr=False)
    number: int
    hash: str | None
    consents: tuple[Consent, ...]
    days: tuple[tuple[str, int], ...] = ()
    named_in: int = 0

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "report": self.report,
            "recipient": self.recipient,
            "named_in": self.named_in,
            "number": self.number,
            "hash": self.hash,
            "consents": [consent.body() for consent in self.consents],
            "days": [list(day) for day in self.days],
        }

    @classmethod
    def read(cls, body: dict[str, Any]) -> "ThreadState":
        """Raises `Malformed`."""
        match body:
            case {
                "report": report,
                "recipient": str(recipient),
                "named_in": named_in,
                "number": number,
                "hash": hash_,
                "consents": list(consents),
                "days": list(days),
                **rest,
            } if not rest and len(days) <= DAYS:
                return cls(
                    check_id("rep", report),
                    check_recipient(recipient),
                    check_number(number, range(NUMBERS.stop)),
                    None if hash_ is None else check_hash(hash_),
                    tuple(Consent.read(consent) for consent in consents),
                    _read_days(days),
                    check_number(named_in, range(NUMBERS.stop)),
                )
        raise Malformed("a thread state of another form")


@dataclass(frozen=True)
class ReporterMessage:
    """What a reporter writes after the report. `seen` is the ciphertext hash of the last reply that was read.

    `consents` are the choices that it changes: at least one where `kind` is `consent`, and none otherwise.
    """

    number: int
    seen: str | None
    kind: MessageKind
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    consents: tuple[Consent, ...] = ()

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "number": self.number,
            "seen": self.seen,
            "kind": self.kind,
            "text": self.text,
            "attachments": [attachment.body() for attachment in self.attachments],
            "consents": [consent.body() for consent in self.consents],
        }

    @classmethod
    def read(cls, body: dict[str, Any]) -> "ReporterMessage":
        """Raises `Malformed`."""
        match body:
            case {
                "number": number,
                "seen": seen,
                "kind": str(kind),
                "text": str(text),
                "attachments": list(attachments),
                "consents": list(consents),
                **rest,
            } if not rest and kind in list(MessageKind) and (kind == MessageKind.CONSENT) == bool(consents):
                files = tuple(Attachment.read(attachment) for attachment in attachments)
                check_attachments(files)
                return cls(
                    check_number(number, NUMBERS),
                    None if seen is None else check_hash(seen),
                    MessageKind(kind),
                    text,
                    files,
                    tuple(Consent.read(consent) for consent in consents),
                )
        raise Malformed("a message of another form")


@dataclass(frozen=True)
class StaffMessage:
    """One part of a reply, as it fills one slot. All parts have one number; `write_to` names a new recipient."""

    number: int
    seen: str | None
    part: int
    parts: int
    text: str = field(repr=False)
    write_to: str | None = field(default=None, repr=False)

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "number": self.number,
            "seen": self.seen,
            "part": self.part,
            "parts": self.parts,
            "text": self.text,
            "write_to": self.write_to,
        }

    @classmethod
    def read(cls, body: dict[str, Any]) -> "StaffMessage":
        """Raises `Malformed`."""
        match body:
            case {
                "number": number,
                "seen": seen,
                "part": part,
                "parts": parts,
                "text": str(text),
                "write_to": None | str() as write_to,
                **rest,
            } if not rest:
                parts = check_number(parts, range(1, STAFF_SLOTS + 1))
                return cls(
                    check_number(number, NUMBERS),
                    None if seen is None else check_hash(seen),
                    check_number(part, range(1, parts + 1)),
                    parts,
                    text,
                    None if write_to is None else check_recipient(write_to),
                )
        raise Malformed("a reply of another form")


@dataclass(frozen=True)
class ReplyCopy:
    """A reply as its writer keeps it for colleagues, whose number is the version of the document.

    `slots` are the SHA-256 of its parts as they lie in the mailbox: by them a message of the reporter names what it
    has seen. `seen` and `write_to` are those of its parts.
    """

    seen: str | None
    slots: tuple[str, ...]
    text: str = field(repr=False)
    write_to: str | None = field(default=None, repr=False)

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {"seen": self.seen, "slots": list(self.slots), "text": self.text, "write_to": self.write_to}

    @classmethod
    def read(cls, body: dict[str, Any]) -> "ReplyCopy":
        """Raises `Malformed`."""
        match body:
            case {
                "seen": seen,
                "slots": list(slots),
                "text": str(text),
                "write_to": None | str() as write_to,
                **rest,
            } if not rest and 1 <= len(slots) <= STAFF_SLOTS:
                return cls(
                    None if seen is None else check_hash(seen),
                    tuple(map(check_hash, slots)),
                    text,
                    None if write_to is None else check_recipient(write_to),
                )
        raise Malformed("a copy of a reply of another form")


def with_message(days: Sequence[tuple[str, int]], today: str) -> tuple[tuple[str, int], ...]:
    """The days of a thread state after one message more. The oldest go where they are too many."""
    messages = dict(days)
    messages[today] = messages.get(today, 0) + 1
    return tuple(sorted(messages.items())[-DAYS:])


def _read_days(days: Sequence[object]) -> tuple[tuple[str, int], ...]:
    found = []
    for each in days:
        match each:
            case [str(day), messages]:
                found.append((check_day(day).isoformat(), check_number(messages, NUMBERS)))
            case _:
                raise Malformed("not a day and its messages")
    if any(one >= other for (one, _), (other, _) in pairwise(found)):
        raise Malformed("days that are not in their order, each once")
    return tuple(found)


def split(text: str) -> list[str]:
    """The text in parts that each fit one slot, cut between characters."""
    parts, part, size = list[str](), "", 0
    for letter in text:
        # JSON may write a letter as an escape of six bytes, and no UTF-8 is longer than four.
        length = 6 if letter < " " else len(letter.encode()) + (letter in '"\\')
        if size + length > PART_SIZE:
            parts.append(part)
            part, size = "", 0
        part, size = part + letter, size + length
    return [*parts, part]


def join(parts: Sequence[StaffMessage]) -> str:
    """The text of a reply from its parts, in whatever order. Raises `Malformed` where one is missing or strange."""
    in_order = sorted(parts, key=lambda part: part.part)
    if not in_order or not all(are_of_one_reply(in_order[0], part) for part in in_order):
        raise Malformed("parts of two replies, or of none")
    if [part.part for part in in_order] != list(range(1, in_order[0].parts + 1)):
        raise Malformed("a reply of which a part is missing or there twice")
    return "".join(part.text for part in in_order)


def are_of_one_reply(one: StaffMessage, other: StaffMessage) -> bool:
    """Whether two parts can be of one reply. Their number alone does not say so: two colleagues may have taken it."""
    return (one.number, one.parts, one.seen, one.write_to) == (other.number, other.parts, other.seen, other.write_to)


def shown_state(state: ReportState) -> ReportState:
    """The state as its reporter is told it: nobody learns that somebody else reported the same."""
    return ReportState.ACCEPTED if state is ReportState.DUPLICATE else state


def read_state(body: dict[str, Any]) -> ReportState:
    """The state as it may be shown, whatever the service wrote. Raises `Malformed` for anything but one state code."""
    match body:
        case {"state": str(state), **rest} if not rest and state in list(ReportState):
            return shown_state(ReportState(state))
    raise Malformed("a state of another form")


def gaps(numbers: Sequence[int]) -> list[int]:
    """The numbers that a thread lacks below its highest. Staff are shown them; nothing is dropped."""
    return sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))


def missing(replies: Sequence[tuple[int, bool]]) -> list[int]:
    """The numbers of replies that their reporter lacks, of these with whether each has words.

    One without words takes the place of those like it that nobody had seen: what lacks right below it was one.
    """
    lacking = set(gaps([number for number, _ in replies]))
    for number, has_words in replies:
        below = number - 1
        while not has_words and below in lacking:
            lacking.remove(below)
            below -= 1
    return sorted(lacking)


def repeats(numbers: Sequence[int]) -> list[int]:
    """The numbers that several messages of a thread have. Staff are shown these too."""
    return sorted(number for number, times in Counter(numbers).items() if times > 1)


def filler_slot(key: bytes, token_sha256: str, slot: int) -> bytes:
    """What stands in an empty slot: the same bytes at every reading, shaped and spread like an age file.

    `key` is a secret of the service, 32 bytes. The stanza's share must not be told from a real one by its statistics:
    its first part is the compression of coefficients that are uniform modulo q, as ML-KEM's ciphertexts look to
    whoever has no key (FIPS 203, section 4.2.1), its second a real X25519 public key.
    """
    seed = derive(key, f"filler/{token_sha256}/{slot}", size=64)
    stream = shake_256(seed).digest(_COEFFICIENTS + SLOT_SIZE)
    x25519 = X25519PrivateKey.from_private_bytes(seed[:32]).public_key().public_bytes_raw()
    share = _mlkem_ciphertext(stream[:_COEFFICIENTS]) + x25519
    rest = stream[_COEFFICIENTS:]
    head = age.envelope_of(share=share, wrapped=rest[:32], mac=rest[32:64])
    return head + rest[64 : 64 + SLOT_SIZE - len(head)]


# ML-KEM-768 (FIPS 203, section 8): its ciphertext is 768 coefficients of 10 bits, then 256 of 4.
_Q: Final = 3329
_U, _V = 3 * 256, 256
_DU, _DV = 10, 4
# 16-bit words below the largest multiple of q that fits are uniform modulo q. 3.5 % are thrown away, and an eighth more
# are drawn than needed: that they run out is sixteen standard deviations away.
_LIMIT: Final = 65536 - 65536 % _Q
_COEFFICIENTS: Final = 2 * (_U + _V + 144)


@cache
def _compressed(width: int) -> list[str]:
    """Compress_d of each coefficient (FIPS 203, 4.7), in binary."""
    return [f"{((value << width) + _Q // 2) // _Q % (1 << width):0{width}b}" for value in range(_Q)]


def _mlkem_ciphertext(stream: bytes) -> bytes:
    words = array("H", stream)
    if byteorder == "big":  # the slot is the same on every machine that has the key
        words.byteswap()
    coefficients = [word % _Q for word in words if word < _LIMIT]
    u, v = _compressed(_DU), _compressed(_DV)
    return _pack([u[each] for each in coefficients[:_U]]) + _pack([v[each] for each in coefficients[_U : _U + _V]])


def _pack(values: list[str]) -> bytes:
    """Values of one width in binary, least significant bits first (FIPS 203, ByteEncode)."""
    bits = "".join(reversed(values))
    return int(bits, 2).to_bytes(len(bits) // 8, "little")
