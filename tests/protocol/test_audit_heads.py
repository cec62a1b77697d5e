"""Heads of the audit chain: what one may say, and how far a clock may be ahead that wrote it."""

from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol.audit_heads import AuditHead, check_heads, read_seen
from app.protocol.documents import SERVICE, Document, Header, Signer, signed
from app.protocol.encoding import MOST
from app.protocol.errors import Malformed, NotAuthentic

DAY = date(2026, 6, 15)
ORG, HASH = "a" * 64, "b" * 64
SERVICES = Signer(SERVICE, Ed25519PrivateKey.from_private_bytes(b"s" * 32))


def document(type_: str, body: dict[str, Any]) -> Document:
    return signed(Header.new(type_, "audit", body, org=ORG, author=SERVICE, at=DAY.isoformat()), SERVICES)


def head(seq: int, type_: str = "audit-head") -> Document:
    return document(type_, {"day": DAY.isoformat(), "seq": seq, "hash": HASH})


def test_a_head_names_an_event_by_its_number_from_the_first_to_the_highest() -> None:
    assert [AuditHead.read(head(seq)).seq for seq in (1, MOST)] == [1, MOST]
    for seq in (0, MOST + 1):
        with pytest.raises(Malformed):
            AuditHead.read(head(seq))


def test_a_document_of_another_type_is_neither_head_nor_countersignature() -> None:
    with pytest.raises(Malformed):
        AuditHead.read(head(1, "audit-seen"))
    with pytest.raises(Malformed):
        read_seen(document("audit-head", {"head": HASH}))


def test_a_head_may_be_of_the_day_after_the_readers_and_of_none_later() -> None:
    heads = [AuditHead.read(head(1))]

    check_heads(heads, org=ORG, keys={SERVICES.public_key}, today=DAY - timedelta(days=1))
    with pytest.raises(NotAuthentic):
        check_heads(heads, org=ORG, keys={SERVICES.public_key}, today=DAY - timedelta(days=2))
