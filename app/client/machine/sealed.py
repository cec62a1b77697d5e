"""One way to write and to read a document that staff seal: signed, under the key of what it is about, in its chain."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from app import age
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.documents import Header, seal, signed
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.opening import Asked, Opened


def fault(error: ProtocolError) -> str:
    """Why something is not shown, as it stands beside what is."""
    return f"not authentic: {error.reason}" if isinstance(error, NotAuthentic) else "does not open"


@dataclass(frozen=True)
class Key:
    """The key of a case, a report or a person, under which documents about it are sealed."""

    subject: str
    identity: age.HybridIdentity = field(repr=False)
    generation: int


@dataclass(frozen=True)
class Sealed:
    """A document as it is sent, in base64url, and as it reads once the service has taken it."""

    file: str = field(repr=False)
    document: Opened = field(repr=False)

    @property
    def mark(self) -> Mark:
        return self.document.mark


def write(staff: Staff, key: Key, type_: str, body: dict[str, Any], *, after: Mark | None = None) -> Sealed:
    """The version that follows `after`, or the first, in this person's name. It is recorded once it was taken."""
    recipient = key.identity.recipient
    header = Header.new(
        type_,
        key.subject,
        body,
        org=staff.org,
        author=staff.person,
        at=staff.hour,
        to=recipient,
        generation=key.generation,
        after=after,
    )
    document = signed(header, staff.signer)
    file = seal(document, recipient)
    return Sealed(b64(file), Opened(document, sha256_hex(file), author=None))


def read(staff: Staff, key: Key, type_: str, file: object, *, writers: AbstractSet[str] | None = None) -> Opened:
    """The same of a file as the service shows it, in base64url."""
    return open_(staff, key, type_, unb64(str(file)), writers=writers)


def open_(staff: Staff, key: Key, type_: str, file: bytes, *, writers: AbstractSet[str] | None = None) -> Opened:
    """The authentic document in a file.

    It is not yet held to what was seen: only the reader of its chain knows which version this should be. Raises
    `NotMine` and `NotAuthentic`.
    """
    asked = Asked(type_, staff.org, key.subject, writers)
    return staff.open_document(file, key.identity, asked, remember=False)
