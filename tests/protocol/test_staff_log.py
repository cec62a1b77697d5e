"""The staff log: it grows, and is never another."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol.chain import Mark
from app.protocol.documents import Signer
from app.protocol.errors import NotAuthentic, Rollback
from app.protocol.key_log import Head
from app.protocol.staff_log import StaffLog, sign_head

SERVICE = Signer("org_" + "0" * 32, Ed25519PrivateKey.from_private_bytes(bytes(32)))
LOG = StaffLog((Mark(1, "a" * 64), Mark(2, "b" * 64)), ())


@pytest.mark.parametrize("seen", [None, *LOG.marks])
def test_it_follows_whatever_was_seen_of_it(seen: Mark | None) -> None:
    LOG.check_follows(seen)


@pytest.mark.parametrize("seen", [Mark(2, "c" * 64), Mark(3, "b" * 64)])
def test_it_follows_no_other_and_none_that_had_come_further(seen: Mark) -> None:
    with pytest.raises(Rollback):
        LOG.check_follows(seen)


@pytest.mark.parametrize("mark", LOG.marks)
def test_it_has_the_head_that_the_service_signed_however_it_has_grown_since(mark: Mark) -> None:
    head = Head(mark.version, mark.sha256)

    LOG.check_head(head, sign_head(head, SERVICE), SERVICE.public_key)


@pytest.mark.parametrize("head", [Head(2, "c" * 64), Head(3, "b" * 64)])
def test_it_has_no_head_of_another_and_none_that_is_further(head: Head) -> None:
    with pytest.raises(Rollback):
        LOG.check_head(head, sign_head(head, SERVICE), SERVICE.public_key)


def test_a_head_under_another_key_is_not_the_services() -> None:
    head = Head(2, "b" * 64)

    with pytest.raises(NotAuthentic, match="staff-log-head"):
        LOG.check_head(head, sign_head(head, SERVICE), bytes(32))
