"""The key log: every root, intake document and loss ever served, each line chained to the one before.

A line is `{"n","previous","document"}`: its number from 1, the SHA-256 of the line before (null in the first), and a
public document as text. The service signs its head. Anyone can fetch all of it and check.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from app.protocol import chain, intake, roots, statements
from app.protocol.certificates import Trust
from app.protocol.chain import Link, Mark
from app.protocol.documents import SERVICE, Document, Signature, bytes_signed, parse_document, verify_signature
from app.protocol.encoding import MOST, b64, canonical, check_hash, check_number, parse_object, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.intake import Intake
from app.protocol.losses import LOSS, Loss
from app.protocol.roots import Pin

# The header that says whether a page of a log is its last: `yes` or `no`. Without it one asks until a page is empty.
ENDS: Final = "Tern-Log-Ends"
_AFTER_THE_ROOT = frozenset({"service-key", "intake"})


@dataclass(frozen=True)
class Head:
    """The last line's number and hash, as the service signs them."""

    n: int
    hash: str

    def line(self) -> bytes:
        """What the service signs, in canonical JSON."""
        return canonical({"n": self.n, "hash": self.hash})


@dataclass(frozen=True, eq=False)
class Log:
    """A log that was checked from its first line. `documents` are all behind the first root that are no roots, and no
    losses."""

    trust: Trust
    documents: tuple[Document, ...]
    hashes: tuple[str, ...]
    losses: tuple[Loss, ...] = ()

    @property
    def service_key(self) -> bytes | None:
        """The newest that counts."""
        stated = self._counting("service-key")
        return statements.read_service_key(stated[-1]) if stated else None

    @property
    def service_keys(self) -> frozenset[bytes]:
        """All that it ever certified: what an earlier one signed stays signed."""
        return frozenset(
            statements.read_service_key(each) for each in self.documents if each.header.type == "service-key"
        )

    @property
    def intakes(self) -> tuple[Document, ...]:
        """Every intake document, whether it still counts or not: the next one follows the last of them."""
        return tuple(each for each in self.documents if each.header.type == "intake")

    def intake_on(self, day: date) -> Document | None:
        """Where reports go on this day: of the intake documents that count and have it among their days the newest."""
        return next((document for document, epoch in reversed(self._epochs) if epoch.accepts(day)), None)

    def shown_on(self, day: date, text: bytes) -> Intake:
        """The epoch of the intake document that the service shows as the one of this day. Raises `NotAuthentic`.

        `epoch-days` says that it is signed and of other days: somebody shows an old one, or a clock is wrong.
        """
        found = next((each for each in self._epochs if each[0].text == text), None)
        if found is None:
            raise NotAuthentic("intake")
        document, epoch = found
        epoch.check_accepts(day)
        if document != self.intake_on(day):
            raise NotAuthentic("intake")
        return epoch

    def covered_until(self, today: date) -> date | None:
        """The last day before the first one, from today on, for which nothing is signed; None where that is today."""
        return intake.covered_until(today, lambda day: self.intake_on(day) is not None)

    @cached_property
    def _epochs(self) -> tuple[tuple[Document, Intake], ...]:
        return tuple((each, intake.read(each)) for each in self._counting("intake"))

    def begins(self, epoch: str) -> date | None:
        """The first day of the epoch; None of one that the log does not have."""
        named = self.epoch(epoch)
        return named.accepts_from if named else None

    def epoch(self, epoch: str) -> Intake | None:
        """What its document says, whether that counts still or not; None of one that the log does not have."""
        return self._by_id.get(epoch)

    @cached_property
    def _by_id(self) -> dict[str, Intake]:
        return {each.epoch: each for each in map(intake.read, self.intakes)}

    @property
    def head(self) -> Head:
        """Of the last line."""
        return Head(len(self.hashes), self.hashes[-1])

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Of each line, by its number."""
        return tuple(Mark(n, sha256) for n, sha256 in enumerate(self.hashes, start=1))

    def check_follows(self, seen: Mark | None) -> None:
        """Raises `Rollback` unless this log continues the one whose last line was seen before."""
        chain.check_contains(self.marks, seen, reason="key-log")

    def _counting(self, type_: str) -> list[Document]:
        return [each for each in self.documents if each.header.type == type_ and self.trust.counts(each)]

    def check_head(self, head: Head, signature: Signature) -> None:
        """Raises `NotAuthentic` unless the service signed this very head with the key that the log certifies."""
        if head != self.head or signature.key != self.service_key:
            raise NotAuthentic("key-log-head")
        verify_signature(signature, bytes_signed("key-log-head", head.line()))


def entry(n: int, previous: str | None, document: Document) -> bytes:
    """A line of the log, without its LF."""
    return canonical({"n": n, "previous": previous, "document": document.text.decode()})


def verify(lines: Sequence[bytes], pin: str) -> Log:
    """Check the whole log against the pin. Raises `NotAuthentic` or `Malformed`.

    A line is held to the root that stands before it; what counts of it today, the newest root says (`Log`).
    """
    entries = list(chained(lines, reason="key-log"))
    if not entries or entries[0][1].header.type != "root":
        raise NotAuthentic("key-log")
    trust = Trust.pinned(entries[0][1], pin)
    others, losses, newest = list[Document](), list[Loss](), None
    for (last, _), (_, document) in pairwise(entries):
        type_ = document.header.type
        if type_ == "root":
            trust = trust.followed_by(document)
            continue
        if type_ == LOSS:
            losses.append(Loss.read(document))
            losses[-1].check_follows(last, trust.root, org=trust.org)
            continue
        if type_ not in _AFTER_THE_ROOT:
            raise NotAuthentic("key-log")
        trust.check_entry(document, type_)
        if type_ == "service-key":
            statements.read_service_key(document)
        else:
            check_successor(newest, document)
            newest = document
        others.append(document)
    roots.check_contains(trust.roots, Pin.read(pin).root)
    return Log(trust, tuple(others), tuple(sha256_hex(line) for line in lines), tuple(losses))


def check_successor(previous: Document | None, document: Document) -> None:
    """Raises `NotAuthentic` unless the intake document is the next one after `previous`."""
    intake.read(document)
    chain.check_next(document.public_link, previous.public_link.mark if previous else None, reason="intake-chain")


def parse_head(value: dict[str, Any]) -> tuple[Head, Signature]:
    """The head as the service tells it: `{"n","hash","key","sig"}`. Raises `Malformed`."""
    match value:
        case {"n": n, "hash": hash_, "key": str(key), "sig": str(sig), **rest} if not rest:
            head = Head(check_number(n, range(1, MOST + 1)), check_hash(hash_))
            return head, Signature(SERVICE, unb64(key, 32), unb64(sig, 64))
    raise Malformed("a head of another form")


def write_head(head: Head, signature: Signature) -> dict[str, Any]:
    """What `parse_head` reads."""
    return {"n": head.n, "hash": head.hash, "key": b64(signature.key), "sig": b64(signature.sig)}


def chained(lines: Iterable[bytes], *, reason: str) -> Iterator[tuple[Mark, Document]]:
    """The document in each line of a log, and the line's number and hash. Raises `Malformed`, and `NotAuthentic` for
    this `reason` where a line does not follow the one before."""
    last = None
    for line in lines:
        members = parse_object(line)
        match members:
            case {"n": n, "previous": previous, "document": str(text), **rest} if not rest:
                link = Link(Mark(n, sha256_hex(line)), previous)
                chain.check_next(link, last, reason=reason)
                document = parse_document(text.encode())
            case _:
                raise Malformed("not a line of a log")
        if entry(*chain.after(last), document) != line:
            raise Malformed("a line of a log that is written otherwise")
        last = link.mark
        yield link.mark, document
