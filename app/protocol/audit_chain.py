"""The audit chain: each event carries the hash of the one before, so a log with a gap or a change does not verify.

An event's hash is the SHA-256 of its canonical line: compact UTF-8 JSON of its fields in their order here, but `hash`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from app.protocol.errors import NotAuthentic

GENESIS = "0" * 64  # what the first event names as the hash before it


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


def event_hash(
    *, seq: int, hour: str, actor: str, action: str, object_: str, object_hash: str | None, previous: str
) -> str:
    """The hash of an event with these fields."""
    line = {
        "seq": seq,
        "hour": hour,
        "actor": actor,
        "action": action,
        "object": object_,
        "object_hash": object_hash,
        "previous": previous,
    }
    return sha256(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def verify(events: Iterable[Event], *, seq: int = 0, head: str = GENESIS) -> str:
    """The hash of the last event. Raises as `followed`."""
    for event in followed(events, seq=seq, head=head):
        head = event.hash
    return head


def followed(events: Iterable[Event], *, seq: int = 0, head: str = GENESIS) -> Iterator[Event]:
    """Each event that follows from those before it, as it comes: none is kept.

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
        yield event
