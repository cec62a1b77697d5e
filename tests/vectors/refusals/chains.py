"""The audit chain, of which a link may be missing, changed or another's."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.protocol import audit_chain
from app.protocol.audit_chain import GENESIS
from tests.vectors.make import CASE, CASEWORKER, HOUR, STRANGER, TRIAGER
from tests.vectors.refusals.vector import Vector, not_authentic


def audit_chains() -> Iterator[Vector]:
    """Given are events, and the number and hash of one verified before; gives the hash of the last."""
    rule = "each act carries its number and the hash of the one before, over all its fields"
    events: list[dict[str, Any]] = []
    for number, (action, hash_) in enumerate(
        (("case.opened", None), ("case.moved", "c" * 64), ("key.fetched", None)), 1
    ):
        events.append(_event(number, action, hash_, previous=events[-1]["hash"] if events else GENESIS))
    first, second, third = events
    yield Vector(rule, "from the first", _acts(events), gives=third["hash"])
    yield Vector(rule, "from one that was verified", _acts(events[2:], after=second), gives=third["hash"])
    yield Vector(rule, "none", _acts([]), gives=GENESIS)
    for name, listed, after in (
        ("the first missing", [second, third], None),
        ("one missing", [first, third], None),
        ("the other order", [second, first, third], None),
        ("one twice", [first, second, second], None),
        ("behind another one", [third], first),
        ("with another number, hashed anew", [first, _event(3, "case.moved", None, previous=first["hash"])], None),
        ("with another hash before, hashed anew", [first, _event(2, "case.moved", None, previous="0" * 64)], None),
        *(
            (f"{key} changed", [first, {**second, key: value}, third], None)
            for key, value in (
                ("seq", 3),
                ("hour", "2026-06-15T10:00Z"),
                ("actor", STRANGER.id),
                ("action", "case.opened"),
                ("object", TRIAGER.id),
                ("object_hash", None),
                ("previous", "0" * 64),
                ("hash", "0" * 64),
            )
        ),
    ):
        yield Vector(rule, name, _acts(listed, after=after), not_authentic("audit-chain"))


def _event(seq: int, action: str, object_hash: str | None, *, previous: str) -> dict[str, Any]:
    said: dict[str, Any] = {"seq": seq, "hour": HOUR, "actor": CASEWORKER.id, "action": action}
    hash_ = audit_chain.event_hash(**said, object_=CASE, object_hash=object_hash, previous=previous)
    return {**said, "object": CASE, "object_hash": object_hash, "previous": previous, "hash": hash_}


def _acts(events: Sequence[dict[str, Any]], *, after: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"events": list(events), "seq": after["seq"] if after else 0, "head": after["hash"] if after else GENESIS}
