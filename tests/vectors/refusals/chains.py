"""The audit chain and its heads, of which a link may be missing, changed or another's."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from app.protocol import audit_chain, audit_heads, key_log, staff_log
from app.protocol.audit_chain import GENESIS
from app.protocol.audit_heads import AuditHead
from app.protocol.chain import Mark
from app.protocol.documents import SERVICE, Document, Signature, Signatures, Signer, signed
from app.protocol.encoding import b64, sha256_hex
from app.protocol.key_log import Head
from tests.vectors.make import (
    AUDIT_HEAD,
    CASE,
    CASEWORKER,
    CERTIFICATES,
    DAY,
    HOUR,
    ORG,
    ROOT,
    SERVICE_KEY,
    STRANGER,
    SUPERVISOR,
    TRIAGER,
)
from tests.vectors.refusals.vector import Vector, malformed, not_authentic, rollback

_SERVICE = Signer(SERVICE, SERVICE_KEY)


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


def audit_heads_of_days() -> Iterator[Vector]:
    """Given are heads, the service's keys, and the head before, if one was checked."""
    rule = "each day the service signs the last event, and names the head of the day before"
    first = AUDIT_HEAD
    second, later = _head(1, 5, after=first), _head(9, 7, after=first)
    third = _head(2, 5, after=second)
    yield Vector(rule, "of three days, the last without an event", _shown(first, second, third))
    yield Vector(rule, "of a day after several without one", _shown(first, later))
    yield Vector(rule, "behind one that was checked", _shown(second, third, after=first))
    yield Vector(rule, "none", _shown())
    yield Vector(rule, "by an earlier key of the service", _shown(first, keys=(STRANGER.signer, _SERVICE)))
    by_another = _head(0, 3, signer=Signer(SERVICE, STRANGER.key))
    header = first.document.header
    of_another = AuditHead.read(signed(replace(header, org="0" * 64), _SERVICE))
    twice = AuditHead.read(replace(first.document, proof=Signatures(_signature(first.document) * 2)))
    for name, shown in (
        ("the first missing", _shown(second, third)),
        ("one missing", _shown(first, third)),
        ("the other order", _shown(second, first)),
        ("one twice", _shown(first, first)),
        ("behind another one", _shown(third, after=first)),
        ("another of that number", _shown(first, _head(1, 6, after=second))),
        ("by a key of somebody else", _shown(by_another)),
        ("by nobody whom the key log certifies", _shown(first, keys=())),
        ("of another organisation", _shown(of_another)),
        ("signed twice", _shown(twice)),
        ("of one day, twice", _shown(first, _head(0, 5, after=first))),
        ("of an earlier day", _shown(first, _head(-1, 5, after=first))),
        ("with fewer events", _shown(first, _head(1, 2, after=first))),
        ("with another event of that number", _shown(first, _head(1, 3, after=first, hash_="e" * 64))),
        ("of a day to come", _shown(first, later, today=DAY + timedelta(days=7))),
    ):
        yield Vector(rule, name, shown, not_authentic("audit-head"))
    changed = Document(first.document.line.replace(b'"seq":3', b'"seq":4'), header, first.document.proof)
    yield Vector(rule, "changed", {**_shown(), "heads": [changed.text.decode()]}, not_authentic("signature"))
    for name, head in (
        ("by a person", replace(header, author=SUPERVISOR.id)),
        ("with another subject", replace(header, subject="audit-head")),
        ("without its number", replace(header, body={"day": DAY.isoformat(), "hash": "d" * 64})),
        ("with more than it says", replace(header, body={**header.body, "n": 1})),
        ("of no event", replace(header, body={**header.body, "seq": 0})),
        ("of another day than its date", replace(header, at="2026-06-16")),
    ):
        yield Vector(rule, name, {**_shown(), "heads": [signed(head, _SERVICE).text.decode()]}, malformed())


def countersignatures() -> Iterator[Vector]:
    """Given are a countersignature and the head; gives whose it is."""
    rule = "a supervisor says of this very head that their client has followed the chain up to it"
    seen = audit_heads.state_seen(AUDIT_HEAD, org=ORG, signer=SUPERVISOR.signer, on=DAY)
    header = seen.header
    other = _head(1, 5, after=AUDIT_HEAD)
    yield Vector(rule, "a supervisor's", _seen(seen), gives=SUPERVISOR.id)
    for name, document, reason in (
        ("of another head", audit_heads.state_seen(other, org=ORG, signer=SUPERVISOR.signer, on=DAY), "audit-seen"),
        ("of another organisation", signed(replace(header, org="0" * 64), SUPERVISOR.signer), "audit-seen"),
        ("by a triager", audit_heads.state_seen(AUDIT_HEAD, org=ORG, signer=TRIAGER.signer, on=DAY), "role"),
        ("by nobody who is certified", signed(replace(header, author=STRANGER.id), STRANGER.signer), "uncertified"),
        ("under a supervisor's name", signed(header, Signer(SUPERVISOR.id, STRANGER.key)), "uncertified"),
        ("before they were certified", signed(replace(header, at="2026-06-01"), CASEWORKER.signer), "author"),
        ("signed by somebody else", signed(header, CASEWORKER.signer), "author"),
    ):
        yield Vector(rule, name, _seen(document), not_authentic(reason))
    for name, body in (("of nothing", {}), ("of no hash", {"head": 1}), ("with more", {**header.body, "n": 1})):
        yield Vector(rule, name, _seen(signed(replace(header, body=body), SUPERVISOR.signer)), malformed())


def staff_logs() -> Iterator[Vector]:
    """Given are lines, the head that the service signed, its key, and the last line that was seen, if any was."""
    rule = "each certificate is a line that names the one before, up to the head that the service signed"
    lines = _log(*CERTIFICATES)
    first, second, third = lines
    head = Head(3, sha256_hex(third))
    seen = {"n": 3, "hash": sha256_hex(third)}
    signature = staff_log.sign_head(head, _SERVICE)
    yield Vector(rule, "whole", _lines(lines, head, signature, seen))
    earlier = Head(2, sha256_hex(second))
    yield Vector(rule, "grown since", _lines(lines, earlier, staff_log.sign_head(earlier, _SERVICE), None))
    for name, listed in (
        ("the first missing", [second, third]),
        ("one missing", [first, third]),
        ("the other order", [second, first, third]),
        ("with something else than a certificate", _log(ROOT, *CERTIFICATES)),
    ):
        yield Vector(rule, name, _lines(listed, head, signature, None), not_authentic("staff-log"))
    for name, listed in (
        ("shorter than was seen", lines[:2]),
        ("without one, chained anew", _log(CERTIFICATES[0], CERTIFICATES[2])),
    ):
        yield Vector(rule, name, _lines(listed, head, signature, seen), rollback("staff-log"))
        yield Vector(rule, f"{name}, where none was", _lines(listed, head, signature, None), rollback("staff-log"))
    by_another = staff_log.sign_head(head, Signer(SERVICE, STRANGER.key))
    yield Vector(rule, "by another key", _lines(lines, head, by_another, None), not_authentic("staff-log-head"))
    of_a_key_log = _SERVICE.sign("key-log-head", head.line())
    yield Vector(rule, "signed as a key log", _lines(lines, head, of_a_key_log, None), not_authentic("signature"))


def _log(*documents: Document) -> list[bytes]:
    lines: list[bytes] = []
    for n, document in enumerate(documents, start=1):
        lines.append(key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document))
    return lines


def _lines(lines: Sequence[bytes], head: Head, signature: Signature, seen: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "lines": [line.decode() for line in lines],
        "head": key_log.write_head(head, signature),
        "key": b64(_SERVICE.public_key),
        "seen": seen,
    }


def _head(
    days: int, seq: int, *, after: AuditHead | None = None, signer: Signer = _SERVICE, hash_: str = ""
) -> AuditHead:
    event = Mark(seq, hash_ or f"{seq:064x}")
    return AuditHead.read(
        audit_heads.state_head(day=DAY + timedelta(days=days), event=event, org=ORG, signer=signer, after=after)
    )


def _shown(
    *heads: AuditHead,
    after: AuditHead | None = None,
    keys: Sequence[Signer] = (_SERVICE,),
    today: date = DAY + timedelta(days=30),
) -> dict[str, Any]:
    return {
        "heads": [each.document.text.decode() for each in heads],
        "keys": [b64(each.public_key) for each in keys],
        "after": after.document.text.decode() if after else None,
        "today": today.isoformat(),
    }


def _seen(document: Document) -> dict[str, Any]:
    return {"text": document.text.decode(), "head": AUDIT_HEAD.document.text.decode()}


def _signature(document: Document) -> tuple[Any, ...]:
    return document.proof.each if isinstance(document.proof, Signatures) else ()
