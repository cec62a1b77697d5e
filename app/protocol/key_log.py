"""The key log: every root and intake document ever served, each line chained to the one before.

A line is `{"n","previous","document"}`: its number from 1, the SHA-256 of the line before (null in the first), and a
public document as text. The service signs its head. Anyone can fetch all of it and check.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.protocol import chain, intake, statements
from app.protocol.certificates import Trust
from app.protocol.chain import Link, Mark
from app.protocol.documents import Document, Signature, bytes_signed, parse_document, verify_signature
from app.protocol.encoding import MOST, b64, canonical, check_hash, check_number, parse_object, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic

_AFTER_THE_ROOT = frozenset({"service-key", "intake"})


@dataclass(frozen=True)
class Head:
    """The last line's number and hash, as the service signs them."""

    n: int
    hash: str

    def line(self) -> bytes:
        """What the service signs, in canonical JSON."""
        return canonical({"n": self.n, "hash": self.hash})


@dataclass(frozen=True)
class Log:
    """A log that was checked from its first line."""

    trust: Trust
    service_key: bytes | None
    intakes: tuple[Document, ...]
    hashes: tuple[str, ...]

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

    def check_head(self, head: Head, signature: Signature) -> None:
        """Raises `NotAuthentic` unless the service signed this very head with the key that the log certifies."""
        if head != self.head or signature.key != self.service_key:
            raise NotAuthentic("key-log-head")
        verify_signature(signature, bytes_signed("key-log-head", head.line()))


def entry(n: int, previous: str | None, document: Document) -> bytes:
    """A line of the log, without its LF."""
    return canonical({"n": n, "previous": previous, "document": document.text.decode()})


def verify(lines: Sequence[bytes], pin: str) -> Log:
    """Check the whole log against the pin. Raises `NotAuthentic` or `Malformed`."""
    documents = list(_documents(lines))
    if not documents or documents[0].header.type != "root":
        raise NotAuthentic("key-log")
    trust = Trust.pinned(documents[0], pin)
    service_key, intakes = None, list[Document]()
    for document in documents[1:]:
        if document.header.type not in _AFTER_THE_ROOT:
            raise NotAuthentic("key-log")
        trust.check_public(document, document.header.type)
        if document.header.type == "service-key":
            service_key = statements.read_service_key(document)
        else:
            check_successor(intakes[-1] if intakes else None, document)
            intakes.append(document)
    return Log(trust, service_key, tuple(intakes), tuple(sha256_hex(line) for line in lines))


def check_successor(previous: Document | None, document: Document) -> None:
    """Raises `NotAuthentic` unless the intake document is the next one after `previous`."""
    intake.read(document)
    chain.check_next(document.public_link, previous.public_link.mark if previous else None, reason="intake-chain")


def parse_head(value: dict[str, Any]) -> tuple[Head, Signature]:
    """The head as the service tells it: `{"n","hash","key","sig"}`. Raises `Malformed`."""
    match value:
        case {"n": n, "hash": hash_, "key": str(key), "sig": str(sig), **rest} if not rest:
            head = Head(check_number(n, range(1, MOST + 1)), check_hash(hash_))
            return head, Signature("service", unb64(key, 32), unb64(sig, 64))
    raise Malformed("a head of another form")


def write_head(head: Head, signature: Signature) -> dict[str, Any]:
    """What `parse_head` reads."""
    return {"n": head.n, "hash": head.hash, "key": b64(signature.key), "sig": b64(signature.sig)}


def _documents(lines: Iterable[bytes]) -> Iterable[Document]:
    last = None
    for line in lines:
        members = parse_object(line)
        match members:
            case {"n": n, "previous": previous, "document": str(text), **rest} if not rest:
                link = Link(Mark(n, sha256_hex(line)), previous)
                chain.check_next(link, last, reason="key-log")
                document = parse_document(text.encode())
            case _:
                raise Malformed("not a line of the key log")
        if entry(*chain.after(last), document) != line:
            raise Malformed("a line of the key log that is written otherwise")
        last = link.mark
        yield document
