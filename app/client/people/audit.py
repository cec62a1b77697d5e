"""The audit chain: fetched, followed hash by hash on one's own machine, and held to what that has seen of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, Final

from app.client.machine.staff import Staff
from app.protocol import audit_chain, chain
from app.protocol.audit_chain import Event
from app.protocol.chain import Mark
from app.protocol.errors import Malformed

# In what this machine has seen: the last event of the chain.
_CHAIN: Final = "audit"
_FIELDS = {field.name for field in fields(Event)}


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
    try:
        return [_event(json.loads(line)) for line in content.splitlines()]
    except ValueError:
        raise Malformed("not an audit chain") from None


def _event(item: Any) -> Event:
    if not isinstance(item, dict) or item.keys() != _FIELDS:
        raise Malformed("not an event of the chain")
    return Event(**item)
