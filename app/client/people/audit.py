"""The audit chain: fetched, followed hash by hash on one's own machine, and held to what that has seen of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final, get_type_hints

from app.client.machine.staff import Staff
from app.protocol import audit_chain, chain
from app.protocol.audit_chain import Event
from app.protocol.chain import Mark
from app.protocol.encoding import parse_object
from app.protocol.errors import Malformed

# In what this machine has seen: the last event of the chain.
_CHAIN: Final = "audit"
_TYPES = get_type_hints(Event)


def fetch(staff: Staff) -> list[Event]:
    """All events from the first on. Raises `NotAuthentic` where they do not follow from one another.

    Raises `Rollback` unless they contain the last one that this machine has seen: a chain of which something was taken
    out can be hashed anew.
    """
    events = [_event(item) for item in staff.service.items("/audit", limit=200)]
    audit_chain.verify(events)
    marks = [Mark(event.seq, event.hash) for event in events]
    chain.check_contains(marks, staff.seen.highest(_CHAIN, staff.org), reason="audit-chain")
    if marks:
        staff.seen.record(_CHAIN, staff.org, marks[-1])
    return events


def verify(events: Iterable[Event]) -> str:
    """The hash of the last event. Raises `NotAuthentic` at the first that is missing, changed or out of order."""
    return audit_chain.verify(events)


def write(events: Iterable[Event]) -> bytes:
    """The chain as a file, an event a line."""
    return b"".join(json.dumps(asdict(event)).encode() + b"\n" for event in events)


def read(content: bytes) -> list[Event]:
    """What `write` wrote. Raises `Malformed`."""
    return [_event(parse_object(line)) for line in content.splitlines()]


def _event(item: dict[str, Any]) -> Event:
    if item.keys() != _TYPES.keys() or not all(isinstance(item[name], of) for name, of in _TYPES.items()):
        raise Malformed("not an event of the chain")
    return Event(**item)
