"""Custodian pairs: a key that two custodians open together, and neither of them alone (SEALING, "Custodian pairs").

The inner layer is a grant of the key to the first of the two, of kind `custodian`; the outer is a document of type
`pair`, sealed to the second, that holds it. The second peels only for an act that they sign, of type `recovery`; the
first grants, and what they grant holds that act whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any, Final, Self

from app.protocol.certificates import Trust
from app.protocol.certified import Certified
from app.protocol.documents import CLOCK_SKEW, Document, parse_document, recipient_sha256
from app.protocol.encoding import (
    MOST,
    b64,
    check_any_id,
    check_at,
    check_day,
    check_hash,
    check_id,
    check_number,
    unb64,
)
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.types import TYPES
from app.vocabulary import Role

# Each two of them have a file, of every key: ten. Of more custodians it is the first, by their ids.
MOST_CUSTODIANS: Final = 5
MOST_PAIRS: Final = MOST_CUSTODIANS * (MOST_CUSTODIANS - 1) // 2
# To how many people one act gives a key: with more it would fit into no grant.
MOST_RECOVERED: Final = 4
# How many keys of parts one act gives with that of their case: with more it would fit into no entry.
MOST_WITH_IT: Final = 60
# For how long what was peeled waits for the first of the two.
OPEN_FOR: Final = timedelta(days=14)
# Within how many days two custodians try a pair.
DRILLED_WITHIN: Final = timedelta(days=30)
_REASON: Final = "recovery"


class RecoveryReason(StrEnum):
    """Why custodians give a key to somebody who does not hold it."""

    LOST = "lost"  # keys or machines of those who held it
    LEFT = "left"  # nobody who held it works here any more
    ABSENT = "absent"  # nobody who holds it can be reached in time


@dataclass(frozen=True)
class Pair:
    """What the second custodian finds: the key by generation and name, and `file`, the grant to the first.

    `recipient` is the SHA-256 of the text of the key's recipient. What is in the file, its maker alone says. `case` is
    of a part's own key: the second peels it for an act that is about this case, and for no other.
    """

    generation: int
    recipient: str
    custodians: tuple[str, str]
    file: bytes = field(repr=False)
    case: str | None = None

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "generation": self.generation,
            "recipient": self.recipient,
            "custodians": list(self.custodians),
            "file": b64(self.file),
            **({"case": self.case} if self.case else {}),
        }

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {
                "generation": generation,
                "recipient": recipient,
                "custodians": [first, second],
                "file": str(file),
                **rest,
            } if rest.keys() <= {"case"}:
                custodians = check_id("per", first), check_id("per", second)
                sealed = unb64(file)
                case = check_id("case", rest["case"]) if rest else None
                if custodians[0] < custodians[1] and len(sealed) in TYPES["grant"].lengths:
                    number = check_number(generation, range(1, MOST + 1))
                    return cls(number, check_hash(recipient), custodians, sealed, case)
        raise Malformed("a pair of another form")


@dataclass(frozen=True)
class Recovery:
    """What the second custodian signs: which key is for whom, why, and the hashes of what they peeled.

    Of `files` the first is of the key itself. Of a case others follow, of the keys that parts of it have of their own.
    `until` is of a case alone, to break the glass: the last day on which those work on it who did not before.
    """

    subject: str
    generation: int
    recipient: str
    people: tuple[str, ...]
    reason: RecoveryReason
    files: tuple[str, ...]
    until: date | None = None

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "subject": self.subject,
            "generation": self.generation,
            "recipient": self.recipient,
            "for": list(self.people),
            "reason": self.reason.value,
            "until": self.until and self.until.isoformat(),
            "files": list(self.files),
        }

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {
                "subject": subject,
                "generation": generation,
                "recipient": recipient,
                "for": list(people),
                "reason": str(reason),
                "until": until,
                "files": list(files),
                **rest,
            } if not rest and 0 < len(people) <= MOST_RECOVERED and 0 < len(files) <= _most_files(subject):
                act = cls(
                    check_any_id(subject),
                    check_number(generation, range(1, MOST + 1)),
                    check_hash(recipient),
                    tuple(check_id("per", each) for each in people),
                    _reason(reason),
                    tuple(map(check_hash, files)),
                    None if until is None else check_day(until),
                )
                is_each_once = len(set(act.files)) == len(act.files)
                is_of_case = act.subject.startswith("case_")
                if list(act.people) == sorted(set(act.people)) and is_each_once and (is_of_case or not act.until):
                    return act
        raise Malformed("a recovery of another form")

    def check_of(self, subject: str, generation: int, recipient: str) -> None:
        """Raises `NotAuthentic` where it is of another key."""
        if (self.subject, self.generation, self.recipient) != (subject, generation, recipient):
            raise NotAuthentic(_REASON)


def _most_files(subject: object) -> int:
    return 1 + MOST_WITH_IT if str(subject).startswith("case_") else 1


def _reason(text: str) -> RecoveryReason:
    try:
        return RecoveryReason(text)
    except ValueError:
        raise Malformed("no reason for a recovery") from None


def each_two(custodians: Iterable[str]) -> list[tuple[str, str]]:
    """Of which two custodians there is a pair of each key, the one with the lower id first."""
    return list(combinations(sorted(custodians)[:MOST_CUSTODIANS], 2))


def read_act(text: str, *, org: str | None, subject: str) -> tuple[Document, Recovery]:
    """The act in this text, which is about a subject. Whose it is, `check_custodians` tells. Raises `NotAuthentic`."""
    document = parse_document(text.encode())
    header = document.header
    if (header.type, header.org, header.subject) != ("recovery", org, subject):
        raise NotAuthentic(_REASON)
    return document, Recovery.read(header.body)


def check_custodians(act: Document, *, first: Certified, second: Certified) -> None:
    """Raises `NotAuthentic` unless two custodians act: the second sealed what they signed to the first, who acts."""
    is_of_two = first.person != second.person and Role.CUSTODIAN in first.roles & second.roles
    if not is_of_two or act.header.sealed_to != recipient_sha256(first.recipient):
        raise NotAuthentic(_REASON)


def check_days(act: Document, acted_on: date) -> None:
    """Raises `NotAuthentic` where the first acts on a day on which what was peeled does not wait for them."""
    signed_on = check_at(act.header.at)
    if not signed_on - CLOCK_SKEW <= acted_on <= signed_on + OPEN_FOR:
        raise NotAuthentic(_REASON)


def check_act(
    text: str, *, org: str, trust: Trust, subject: str, generation: int, recipient: str, by: str, on: date
) -> Recovery:
    """The act of the second custodian, by which the first, `by`, gives this very key on a day.

    Both are certified as custodians on the days on which they act. Raises `NotAuthentic`.
    """
    document, act = read_act(text, org=org, subject=subject)
    second = trust.author_of(document, check_at(document.header.at))
    check_custodians(document, first=trust.certified(by, on), second=second)
    check_days(document, on)
    act.check_of(subject, generation, recipient)
    return act
