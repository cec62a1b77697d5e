"""The key log: all that was ever served, in a chain that anyone can check."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import intake, key_log
from app.protocol.documents import Document, Signature, bytes_signed
from app.protocol.encoding import canonical, parse_object, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.key_log import Head
from app.protocol.roots import make_root
from app.protocol.statements import state_service_key
from tests.protocol.organisation import CASEWORKER, DAY, ORG, ROOT, STRANGER, SUPERVISOR, certify
from tests.protocol.test_intake import an_intake

SERVICE_KEY = Ed25519PrivateKey.generate()
SERVICE = state_service_key(SERVICE_KEY.public_key().public_bytes_raw(), org=ORG, signer=SUPERVISOR.signer, on=DAY)
FIRST = intake.make(an_intake(), org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
NEXT = intake.make(an_intake(DAY + timedelta(days=7)), org=ORG, previous=FIRST, signer=SUPERVISOR.signer, on=DAY)


def log_of(*documents: Document) -> list[bytes]:
    lines: list[bytes] = []
    for n, document in enumerate(documents, start=1):
        lines.append(key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document))
    return lines


LINES = log_of(ROOT, SERVICE, FIRST, NEXT)
LOG = key_log.verify(LINES, ORG)


def head_signature(head: Head, key: Ed25519PrivateKey = SERVICE_KEY) -> Signature:
    return Signature(
        "service", key.public_key().public_bytes_raw(), key.sign(bytes_signed("key-log-head", head.line()))
    )


def test_a_whole_log_gives_root_service_key_and_every_intake_document() -> None:
    assert LOG.trust.org == ORG
    assert LOG.service_key == SERVICE_KEY.public_key().public_bytes_raw()
    assert LOG.intakes == (FIRST, NEXT)
    assert LOG.head == Head(4, sha256_hex(LINES[-1]))


def test_an_epoch_begins_on_its_first_day_and_one_that_the_log_does_not_have_on_none() -> None:
    epochs = [intake.read(each) for each in (FIRST, NEXT)]

    assert [LOG.begins(each.epoch) for each in epochs] == [DAY, DAY + timedelta(days=7)]
    assert LOG.begins(an_intake().epoch) is None


def test_reports_are_covered_until_the_first_day_for_which_nothing_is_signed() -> None:
    last = intake.read(NEXT).accepts_until

    assert LOG.covered_until(DAY) == LOG.covered_until(last) == last
    assert LOG.covered_until(last + timedelta(days=1)) is None


def test_what_an_earlier_key_of_the_service_signed_stays_signed() -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    stated = state_service_key(other, org=ORG, signer=SUPERVISOR.signer, on=DAY)

    log = key_log.verify(log_of(ROOT, SERVICE, FIRST, stated), ORG)

    assert log.service_keys == {SERVICE_KEY.public_key().public_bytes_raw(), other}
    assert log.service_key == other


def test_a_log_of_another_organisation_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="pin"):
        key_log.verify(log_of(make_root([STRANGER.certified], STRANGER.signer, on=DAY)), ORG)


@pytest.mark.parametrize(
    "lines",
    [[], LINES[1:], [LINES[0], *LINES[2:]], [*LINES[:2], LINES[3], LINES[2]], [*LINES, LINES[-1]]],
    ids=["empty", "no root", "a line missing", "out of order", "a line twice"],
)
def test_a_log_with_lines_missing_or_out_of_order_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(NotAuthentic, match="key-log"):
        key_log.verify(lines, ORG)


@given(st.integers(min_value=0, max_value=len(LINES) - 1), st.integers(min_value=0), st.integers(1, 255))
def test_a_log_with_one_byte_changed_is_refused(number: int, place: int, change: int) -> None:
    line = LINES[number]
    place %= len(line)
    changed = line[:place] + bytes([line[place] ^ change]) + line[place + 1 :]

    with pytest.raises(NotAuthentic):
        key_log.verify([*LINES[:number], changed, *LINES[number + 1 :]], ORG)


@pytest.mark.parametrize("changes", [{"n": 2}, {"n": True}, {"previous": "0" * 64}, {"more": 1}, {"document": None}])
def test_a_line_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic):
        key_log.verify([canonical(parse_object(LINES[0]) | changes)], ORG)


def test_a_line_with_spaces_is_refused() -> None:
    with pytest.raises(Malformed):
        key_log.verify([LINES[0].replace(b'"n":1', b'"n": 1')], ORG)


def test_what_no_supervisor_signed_is_not_in_the_log() -> None:
    forged = intake.make(an_intake(), org=ORG, previous=None, signer=CASEWORKER.signer, on=DAY)

    with pytest.raises(NotAuthentic, match="signer"):
        key_log.verify(log_of(ROOT, forged), ORG)


@pytest.mark.parametrize(("document", "reason"), [(ROOT, "root-chain"), (certify(CASEWORKER), "key-log")])
def test_the_log_has_each_root_once_and_no_certificates(document: Document, reason: str) -> None:
    with pytest.raises(NotAuthentic, match=reason):
        key_log.verify(log_of(ROOT, document), ORG)


def test_an_intake_document_left_out_or_served_twice_is_noticed() -> None:
    for documents in ([NEXT], [FIRST, FIRST]):
        with pytest.raises(NotAuthentic, match="intake-chain"):
            key_log.verify(log_of(ROOT, SERVICE, *documents), ORG)


def test_an_intake_document_that_follows_another_one_is_refused() -> None:
    branch = intake.make(
        replace(an_intake(), notice="another"), org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY
    )

    with pytest.raises(NotAuthentic, match="intake-chain"):
        key_log.verify(log_of(ROOT, branch, NEXT), ORG)


def test_a_log_continues_the_one_that_was_seen() -> None:
    for seen in (None, *(key_log.verify(LINES[:n], ORG).marks[-1] for n in range(1, 5))):
        LOG.check_follows(seen)


def test_a_log_that_is_shorter_than_what_was_seen_is_refused() -> None:
    with pytest.raises(Rollback, match="key-log"):
        key_log.verify(LINES[:3], ORG).check_follows(LOG.marks[-1])


def test_a_log_that_branched_off_before_what_was_seen_is_refused() -> None:
    other = intake.make(
        replace(an_intake(), notice="another"), org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY
    )

    branch = key_log.verify(log_of(ROOT, SERVICE, other, SERVICE), ORG)

    with pytest.raises(Rollback, match="key-log"):
        branch.check_follows(LOG.marks[-1])


def test_the_service_signs_the_head() -> None:
    head, signature = key_log.parse_head(key_log.write_head(LOG.head, head_signature(LOG.head)))

    LOG.check_head(head, signature)


def test_the_head_of_another_log_or_key_is_refused() -> None:
    shorter = key_log.verify(LINES[:3], ORG).head
    for head, key in ((shorter, SERVICE_KEY), (LOG.head, Ed25519PrivateKey.generate())):
        with pytest.raises(NotAuthentic, match="key-log-head"):
            LOG.check_head(head, head_signature(head, key))


def test_the_signature_of_another_head_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="signature"):
        LOG.check_head(LOG.head, head_signature(Head(3, LOG.head.hash)))


def test_a_log_without_a_service_key_has_no_authentic_head() -> None:
    log = key_log.verify(LINES[:1], ORG)

    with pytest.raises(NotAuthentic, match="key-log-head"):
        log.check_head(log.head, head_signature(log.head))


@pytest.mark.parametrize("value", [{}, {"n": 1}, {"n": "1", "hash": "", "key": "", "sig": ""}])
def test_a_head_of_another_form_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        key_log.parse_head(value)
