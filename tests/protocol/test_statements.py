"""What supervisors state about keys, and what approvers state about what they opened."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from app import age
from app.protocol.documents import parse_document, seal, signed
from app.protocol.encoding import b64, new_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.opening import Asked, open_document
from app.protocol.statements import (
    IN_PAIRS,
    TURNED,
    ApprovalStatement,
    CardSignature,
    KeyKind,
    SharedKey,
    may_open,
    newest_of,
    read_approval,
    read_key,
    read_service_key,
    state_key,
    state_service_key,
)
from app.vocabulary import ApprovalState, ApprovalSubject
from tests.protocol.organisation import CASE, CASE_KEY, CASEWORKER, COLLEAGUE, DAY, ORG, SUPERVISOR, TRUST, case_header

KEY = SharedKey(
    id=new_id("key"),
    kind=KeyKind.STATISTICS,
    recipient=age.generate().recipient,
    valid_from=DAY,
    valid_until=DAY + timedelta(days=365),
)
STATEMENT = state_key(KEY, org=ORG, signer=SUPERVISOR.signer)
APPROVAL = ApprovalStatement(
    approval=new_id("apr"),
    subject=ApprovalSubject.CODING,
    object=CASE,
    of="a" * 64,
    decision=ApprovalState.APPROVED,
    cards=(
        CardSignature(id=new_id("card"), revision=0, sig=b64(bytes(64))),
        CardSignature(id=new_id("card"), revision=999, sig=b64(bytes(64))),
    ),
)


def test_a_key_statement_says_what_a_key_is_for() -> None:
    assert read_key(TRUST.check_public(parse_document(STATEMENT.text), "key")) == KEY


def test_the_key_that_is_used_is_the_last_one_stated_of_those_that_are_valid() -> None:
    first = replace(KEY, id="key_" + "f" * 32)
    turned = replace(KEY, id="key_" + "0" * 32, version=2, previous="0" * 64)
    not_yet = replace(turned, version=3, valid_from=DAY + timedelta(days=1))
    of_another_kind = replace(turned, version=4, kind=KeyKind.CARD_WRITING)

    for shown in permutations((first, turned, not_yet, of_another_kind)):
        assert newest_of(shown, KeyKind.STATISTICS, DAY) == turned
    assert newest_of((not_yet,), KeyKind.STATISTICS, DAY) is None


def test_a_key_is_used_on_both_of_its_days_and_on_no_other() -> None:
    day = timedelta(days=1)
    key = replace(KEY, valid_until=DAY + day)
    used = [newest_of((key,), KeyKind.STATISTICS, DAY + number * day) == key for number in (-1, 0, 1, 2)]

    assert used == [False, True, True, False]


def test_all_keys_but_that_of_drills_are_made_anew_when_somebody_leaves() -> None:
    assert set(TURNED) == set(KeyKind) - {KeyKind.DRILL}


def test_custodians_have_pairs_of_the_statistics_keys_and_of_those_of_drills() -> None:
    assert {KeyKind.STATISTICS, KeyKind.DRILL} == IN_PAIRS


def test_a_key_of_one_day_is_read() -> None:
    key = replace(KEY, valid_until=DAY)

    assert read_key(state_key(key, org=ORG, signer=SUPERVISOR.signer)) == key


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "opens"),
    [
        ("2026-06-15", "2027-06-14", True),
        ("2026-06-16", "2027-06-15", False),  # not yet valid
        ("2025-03-02", "2026-03-01", True),  # a card of the second quarter may have been late by 31 days
        ("2025-03-01", "2026-02-28", False),
    ],
)
def test_a_card_is_sealed_to_a_key_of_its_period_or_later(valid_from: str, valid_until: str, *, opens: bool) -> None:
    days = {"valid_from": date.fromisoformat(valid_from), "valid_until": date.fromisoformat(valid_until)}

    assert may_open(**days, period="2026-Q2", today=date(2026, 6, 15)) is opens


def test_a_key_statement_names_the_one_before() -> None:
    turned = replace(KEY, id=new_id("key"), version=2, previous="0" * 64)

    assert read_key(parse_document(state_key(turned, org=ORG, signer=SUPERVISOR.signer).text)) == turned


def test_a_key_statement_of_somebody_who_is_no_supervisor_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="signer"):
        TRUST.check_public(state_key(KEY, org=ORG, signer=CASEWORKER.signer), "key")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "master"},
        {"kind": None},
        {"recipient": "age1"},
        {"recipient": str(age.X25519Identity(bytes(32)).recipient)},
        {"recipient": None},
        {"from": "20260615"},
        {"from": None},
        {"until": "2026-06-14"},
        {"until": None},
        {"more": 1},
    ],
)
def test_a_key_statement_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    header = replace(STATEMENT.header, body=STATEMENT.header.body | changes)

    with pytest.raises(Malformed):
        read_key(replace(STATEMENT, header=header))


def test_the_service_key_is_the_one_that_a_supervisor_states() -> None:
    key = bytes(range(32))
    document = state_service_key(key, org=ORG, signer=SUPERVISOR.signer, on=DAY)

    assert read_service_key(TRUST.check_public(parse_document(document.text), "service-key")) == key
    for body in ({}, {"key": "AA"}, {**document.header.body, "more": 1}):
        with pytest.raises(Malformed):
            read_service_key(replace(document, header=replace(document.header, body=body)))


def test_an_approval_is_the_word_of_its_named_approver() -> None:
    header = case_header(type="approval", author=COLLEAGUE.id, body=APPROVAL.body())
    file = seal(signed(header, COLLEAGUE.signer), CASE_KEY.recipient)
    asked = Asked("approval", ORG, CASE, writers=frozenset({COLLEAGUE.id}))

    opened = open_document(file, CASE_KEY, asked, trust=TRUST, day=DAY)

    assert read_approval(opened.document.header.body) == APPROVAL
    with pytest.raises(NotAuthentic, match="not-a-writer"):
        open_document(file, CASE_KEY, replace(asked, writers=frozenset({CASEWORKER.id})), trust=TRUST, day=DAY)


BODY = parse_document(signed(case_header(type="approval", body=APPROVAL.body()), COLLEAGUE.signer).text).header.body
CARD = BODY["cards"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"approval": "yes"},
        {"approval": None},
        {"subject": "lunch"},
        {"object": None},
        {"of": "A" * 64},
        {"decision": "perhaps"},
        {"decision": []},
        {"cards": {}},
        {"cards": [CARD | {"id": "no card"}]},
        {"cards": [CARD | {"revision": -1}]},
        {"cards": [CARD | {"revision": 1000}]},
        {"cards": [CARD | {"revision": True}]},
        {"cards": [CARD | {"sig": b64(bytes(63))}]},
        {"cards": [CARD | {"sig": None}]},
        {"cards": [CARD | {"more": 1}]},
        {"more": 1},
    ],
)
def test_an_approval_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_approval(BODY | changes)
