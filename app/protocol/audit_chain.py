"""The audit chain: each event carries the hash of the one before, so a log with a gap or a change does not verify.

An event's hash is the SHA-256 of its canonical line: compact UTF-8 JSON of its fields in their order here, but `hash`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, get_type_hints

from app.protocol.encoding import canonical, parse_object
from app.protocol.errors import Malformed, NotAuthentic

GENESIS: Final = "0" * 64  # what the first event names as the hash before it
# Acts by which rows of their object go, so that nobody takes them for lost.
DESTROYING: Final = frozenset({"withdrawal.done", "report.purged", "case.purged"})


@dataclass(frozen=True)
class Event:
    """One audit event. `hour` is `2026-06-15T09:00Z`; `actor` is a person's id, or `service`; hashes are SHA-256 in
    hexadecimal."""

    seq: int
    hour: str
    actor: str
    action: str
    object: str
    object_hash: str | None
    previous: str
    hash: str


_OF_LINE: Final = {name: of for name, of in get_type_hints(Event).items() if name != "hash"}
_NAMES: Final = tuple(_OF_LINE)
_TYPES: Final = tuple(_OF_LINE.values())


def line(
    *, seq: int, hour: str, actor: str, action: str, object_: str, object_hash: str | None, previous: str
) -> bytes:
    """What the hash of an event with these fields is the hash of."""
    values = (seq, hour, actor, action, object_, object_hash, previous)
    return canonical(dict(zip(_NAMES, values, strict=True)))


def event_hash(
    *, seq: int, hour: str, actor: str, action: str, object_: str, object_hash: str | None, previous: str
) -> str:
    """The hash of an event with these fields."""
    return sha256(
        line(
            seq=seq,
            hour=hour,
            actor=actor,
            action=action,
            object_=object_,
            object_hash=object_hash,
            previous=previous,
        )
    ).hexdigest()


def read_line(content: bytes) -> Event:
    """The event of such a line, without an LF. Raises `Malformed`."""
    fields = parse_object(content)
    are_theirs = tuple(fields) == _NAMES and all(map(isinstance, fields.values(), _TYPES))
    if not are_theirs or isinstance(fields["seq"], bool):  # which is an integer too
        raise Malformed("not an event of the chain")
    return Event(**fields, hash=sha256(content).hexdigest())


def verify(events: Iterable[Event], *, seq: int = 0, head: str = GENESIS) -> str:
    """The hash of the last event.

    `seq` and `head` are those of an event verified before; without them, from the start. Raises `NotAuthentic` at the
    first event that is missing, out of its order or changed.
    """
    for event in events:
        seq += 1
        hash_ = event_hash(
            seq=seq,
            hour=event.hour,
            actor=event.actor,
            action=event.action,
            object_=event.object,
            object_hash=event.object_hash,
            previous=head,
        )
        if (event.seq, event.previous, event.hash) != (seq, head, hash_):
            raise NotAuthentic("audit-chain")
        head = hash_
    return head


def followed(lines: Iterable[bytes], *, first: int = 1) -> Iterator[Event]:
    """The event of each line, as it comes: none is kept.

    They begin with number `first`; where that is not 1, what it names as the hash before it is taken as it stands.
    Raises `Malformed`, and `NotAuthentic` at the first event that is missing or does not follow from the one before.
    """
    head = GENESIS if first == 1 else None
    for seq, event in enumerate(map(read_line, lines), first):
        if event.seq != seq or event.previous != (head or event.previous):
            raise NotAuthentic("audit-chain")
        head = event.hash
        yield event
