"""The audit chain: fetched, and followed hash by hash on one's own machine."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from app.client.machine.staff import Staff
from app.protocol import audit_chain
from app.protocol.audit_chain import Event
from app.protocol.errors import Malformed

_FIELDS = {field.name for field in fields(Event)}


def fetch(staff: Staff) -> list[Event]:
    """All events from the first on, not yet verified."""
    return [_event(item) for item in staff.service.items("/audit", limit=200)]


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
