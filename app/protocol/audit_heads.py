"""The audit chain's daily heads, and who has followed it up to them (SEALING, *Continuity*).

An event's hash binds all events before it, so a head binds the chain; heads are chained too, by their line 1. Whoever
writes the chain again has to show another head in the place of one that somebody remembers, or has at home on paper.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from app.protocol import chain
from app.protocol.certificates import Trust
from app.protocol.certified import Certified
from app.protocol.chain import Link, Mark
from app.protocol.documents import CLOCK_SKEW, SERVICE, Document, Header, Signer, signed
from app.protocol.encoding import MOST, check_at, check_day, check_hash, check_number, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.vocabulary import Role

_SUBJECT: Final = "audit"
_HEAD: Final = "audit-head"
_SEEN: Final = "audit-seen"


@dataclass(frozen=True)
class AuditHead:
    """The last event of the chain by number and hash, as it was when a day's head was signed."""

    document: Document = field(repr=False)
    day: date
    seq: int
    hash: str

    @classmethod
    def read(cls, document: Document) -> Self:
        """What the document says, whoever signed it. Raises `Malformed`."""
        match document.header.body:
            case {"day": day, "seq": seq, "hash": hash_, **rest} if document.header.type == _HEAD and not rest:
                head = cls(document, check_day(day), check_number(seq, range(1, MOST + 1)), check_hash(hash_))
                if check_at(document.header.at) == head.day:
                    return head
        raise Malformed("an audit head of another form")

    @property
    def mark(self) -> Mark:
        """Its version and the hash of its line 1."""
        return Mark(self.document.header.version, sha256_hex(self.document.line))

    @property
    def event(self) -> Mark:
        """The event that it names."""
        return Mark(self.seq, self.hash)


def state_head(*, day: date, event: Mark, org: str, signer: Signer, after: AuditHead | None) -> Document:
    """The head of a day, by the service: `event` is the chain's last, `after` the head before it."""
    body = {"day": day.isoformat(), "seq": event.version, "hash": event.sha256}
    mark = after.mark if after else None
    return signed(Header.new(_HEAD, _SUBJECT, body, org=org, author=SERVICE, at=day.isoformat(), after=mark), signer)


def check_heads(
    heads: Sequence[AuditHead], *, org: str, keys: Collection[bytes], after: AuditHead | None = None, today: date
) -> None:
    """Raises `NotAuthentic` unless these heads follow one another, from the first on or `after` one that was checked.

    Each is signed with one of the service's `keys`. No day has two, none is later than `today`, and none takes back
    what the one before it says.
    """
    for head in heads:
        header = head.document.header
        signatures = head.document.verify_signatures()
        if header.org != org or len(signatures) != 1 or signatures[0].key not in keys:
            raise NotAuthentic("audit-head")
        chain.check_next(Link(head.mark, header.previous), after.mark if after else None, reason="audit-head")
        if head.day > today + CLOCK_SKEW:
            raise NotAuthentic("audit-head")
        if after is not None and not (head.day > after.day and (head.seq > after.seq or head.event == after.event)):
            raise NotAuthentic("audit-head")
        after = head


def state_seen(head: AuditHead, *, org: str, signer: Signer, on: date) -> Document:
    """A supervisor's word that their client has followed the chain up to this head."""
    body = {"head": head.mark.sha256}
    return signed(Header.new(_SEEN, _SUBJECT, body, org=org, author=signer.person, at=on.isoformat()), signer)


def read_seen(document: Document) -> str:
    """The hash of the head that is countersigned, whoever signed. Raises `Malformed`."""
    match document.header.body:
        case {"head": sha256, **rest} if document.header.type == _SEEN and not rest:
            return check_hash(sha256)
    raise Malformed("a countersignature of another form")


def check_seen(document: Document, head: AuditHead, trust: Trust) -> Certified:
    """The supervisor who countersigned this head. Raises `NotAuthentic` or `Malformed`."""
    if document.header.org != trust.org or read_seen(document) != head.mark.sha256:
        raise NotAuthentic("audit-seen")
    author = trust.author_of(document, check_at(document.header.at))
    if Role.SUPERVISOR not in author.roles:
        raise NotAuthentic("role")
    return author
