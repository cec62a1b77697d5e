"""One way to write and to read a document that staff seal: signed, under the key of what it is about, in its chain."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from app import age
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.documents import Header, seal, signed
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, NotMine, ProtocolError
from app.protocol.grants import OpenedGrant
from app.protocol.opening import Asked, Opened

_T = TypeVar("_T")


def fault(error: ProtocolError) -> str:
    """Why something is not shown, as it stands beside what is."""
    return f"not authentic: {error.reason}" if isinstance(error, NotAuthentic) else "does not open"


@dataclass(frozen=True)
class Key:
    """The key of a case, a report or a person, under which documents about it are sealed.

    `older` are those that it had before this one, the newest first: nothing is written under them any more.
    """

    subject: str
    identity: age.HybridIdentity = field(repr=False)
    generation: int
    older: tuple["Key", ...] = field(default=(), repr=False)

    @property
    def all(self) -> tuple["Key", ...]:
        """This one and the older ones, each by itself."""
        return (replace(self, older=()), *(replace(each, subject=self.subject) for each in self.older))

    def of(self, generation: int) -> "Key":
        """The one of this generation. Raises `NotAuthentic` where it is not among these."""
        for each in self.all:
            if each.generation == generation:
                return each
        raise NotAuthentic("generation")

    def try_each(self, act: Callable[["Key"], _T]) -> _T:
        """What `act` finds under the first that is not another's, the newest before all. Raises `NotMine`."""
        for each in self.all:
            try:
                return act(each)
            except NotMine:
                continue
        raise NotMine("sealed to none of these keys")


def key_in(grant: OpenedGrant) -> Key:
    """What the grant brings."""
    return Key(grant.header.subject, grant.identity, grant.header.generation)


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
    """The authentic document in a file, under this key or an older one.

    It is not yet held to what was seen: only the reader of its chain knows which version this should be. Raises
    `NotMine` and `NotAuthentic`.
    """
    asked = Asked(type_, staff.org, key.subject, writers)

    def open_under(each: Key) -> Opened:
        document = staff.open_document(file, each.identity, asked, remember=False)
        if document.mark.generation != each.generation:
            raise NotAuthentic("generation")
        return document

    return key.try_each(open_under)
