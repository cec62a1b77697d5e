"""Shared keys: stated by a supervisor of the root, held by those whose work needs them, fetched on the record."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from httpx2 import Response
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age, keyring
from app.audit.models import AuditEvent
from app.database import Database
from app.people.shared_keys import service as shared_keys
from app.protocol.documents import Signer
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.grants import seal_grant
from app.protocol.statements import KeyKind, SharedKey, state_key
from app.settings import Settings
from app.vocabulary import GrantKind, Role
from tests import factories
from tests.casework.conftest import problem
from tests.intake.scene import Office, Staff

TOKEN_SHA256 = "ab" * 32


@pytest.fixture
def office(database: Database, client: TestClient, today: date, settings: Settings) -> Office:
    return Office(database, client, today).found(keyring.load(settings.data_dir).digest)


@pytest.fixture
def caseworker(office: Office) -> Staff:
    return office.hire(Role.CASEWORKER)


def a_key(kind: KeyKind, today: date) -> tuple[SharedKey, age.HybridIdentity]:
    identity = age.generate()
    return SharedKey(new_id("key"), kind, identity.recipient, today, today + timedelta(days=29)), identity


def sealed_to(office: Office, key: SharedKey, identity: age.HybridIdentity, to: Staff) -> dict[str, str]:
    file = seal_grant(
        identity,
        to.identity.recipient,
        org=office.org,
        subject=key.id,
        generation=1,
        grantee=to.id,
        kind=GrantKind.ASSIGNED,
        at=f"{office.today}T09:00Z",
        signer=office.supervisor.signer,
    )
    return {"grantee": to.id, "file": b64(file)}


def statement_sha256(office: Office, key: SharedKey) -> str:
    return sha256_hex(state_key(key, org=office.org, signer=office.supervisor.signer).text)


def state(
    office: Office,
    key: SharedKey,
    *given: dict[str, str],
    token_sha256: str | None = None,
    signer: Signer | None = None,
) -> Response:
    document = state_key(key, org=office.org, signer=signer or office.supervisor.signer)
    token = {"token_sha256": token_sha256} if token_sha256 else {}
    return office.client.post(
        "/v1/keys",
        json={"document": document.text.decode(), "grants": list(given)} | token,
        headers=office.as_(office.supervisor) | factories.writes(),
    )


def test_a_card_writing_key_is_held_by_caseworkers_and_its_fetch_is_recorded(
    office: Office, caseworker: Staff, today: date, rows: Session
) -> None:
    key, identity = a_key(KeyKind.CARD_WRITING, today)

    stated = state(office, key, sealed_to(office, key, identity, caseworker), token_sha256=TOKEN_SHA256)

    assert (stated.status_code, stated.json()["id"]) == (201, key.id)
    fetched = office.client.get(f"/v1/keys/{key.id}/grants", headers=office.as_(caseworker)).json()["items"]
    assert [item["grantee"] for item in fetched] == [caseworker.id]
    event = rows.query(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1).one()
    assert (event.action, event.actor_id, event.object_id) == ("grant.fetched", caseworker.id, key.id)


def test_the_statistics_key_is_given_to_no_caseworker(office: Office, caseworker: Staff, today: date) -> None:
    key, identity = a_key(KeyKind.STATISTICS, today)

    assert problem(state(office, key, sealed_to(office, key, identity, caseworker))) == (422, "not-certified")
    assert state(office, key, sealed_to(office, key, identity, office.supervisor)).status_code == 201


def test_a_key_that_no_supervisor_of_the_root_stated_is_refused(office: Office, caseworker: Staff, today: date) -> None:
    key, _ = a_key(KeyKind.STATISTICS, today)

    assert problem(state(office, key, signer=caseworker.signer)) == (422, "not-a-key-statement")


def test_a_card_token_comes_with_a_card_writing_key_and_with_no_other(office: Office, today: date) -> None:
    statistics, _ = a_key(KeyKind.STATISTICS, today)
    card_writing, _ = a_key(KeyKind.CARD_WRITING, today)

    assert problem(state(office, statistics, token_sha256=TOKEN_SHA256)) == (422, "not-a-key-statement")
    assert problem(state(office, card_writing)) == (422, "not-a-key-statement")


def test_a_card_token_holds_for_the_days_of_its_key(office: Office, today: date, database: Database) -> None:
    key, _ = a_key(KeyKind.CARD_WRITING, today)
    state(office, key, token_sha256=TOKEN_SHA256).raise_for_status()

    with database.read() as session:
        holds = [
            shared_keys.is_card_token(session, TOKEN_SHA256, today + timedelta(days=days)) for days in (-1, 0, 29, 30)
        ]
        another = shared_keys.is_card_token(session, "cd" * 32, today)

    assert holds == [False, True, True, False]
    assert not another


def test_the_card_token_of_a_key_before_holds_no_longer(office: Office, today: date, database: Database) -> None:
    before, _ = a_key(KeyKind.CARD_WRITING, today)
    state(office, before, token_sha256=TOKEN_SHA256).raise_for_status()
    turned = replace(a_key(KeyKind.CARD_WRITING, today)[0], version=2, previous=statement_sha256(office, before))
    state(office, turned, token_sha256="cd" * 32).raise_for_status()

    with database.read() as session:
        holds = [shared_keys.is_card_token(session, token, today) for token in (TOKEN_SHA256, "cd" * 32)]

    assert holds == [False, True]


@pytest.mark.parametrize(("version", "previous"), [(1, None), (2, "00" * 32), (3, "")])
def test_a_key_follows_the_last_of_its_kind(office: Office, today: date, version: int, previous: str | None) -> None:
    first, another = (a_key(KeyKind.STATISTICS, today)[0] for _ in range(2))
    state(office, first).raise_for_status()
    named = statement_sha256(office, first) if previous == "" else previous

    answer = state(office, replace(another, version=version, previous=named))

    assert problem(answer) == (412, "stale-version")


def test_only_a_holder_passes_a_key_on(office: Office, caseworker: Staff, today: date) -> None:
    key, identity = a_key(KeyKind.CARD_WRITING, today)
    stranger, colleague = office.hire(Role.CASEWORKER), office.hire(Role.CASEWORKER)
    state(office, key, sealed_to(office, key, identity, caseworker), token_sha256=TOKEN_SHA256).raise_for_status()

    def passed_on(by: Staff) -> int:
        return office.client.post(
            f"/v1/keys/{key.id}/grants",
            json=sealed_to(office, key, identity, colleague),
            headers=office.as_(by) | factories.writes(),
        ).status_code

    assert passed_on(stranger) == 404
    assert passed_on(caseworker) == 201


def test_cards_of_a_period_may_lie_under_every_statistics_key_of_its_days_and_of_those_since(
    office: Office, today: date, database: Database
) -> None:
    past, before, present, later = (
        replace(a_key(KeyKind.STATISTICS, today)[0], valid_from=start, valid_until=end)
        for start, end in (
            (date(2025, 1, 1), date(2026, 2, 28)),
            (date(2025, 3, 1), date(2026, 3, 1)),
            (date(2026, 5, 1), date(2026, 12, 31)),
            (date(2026, 7, 2), date(2027, 7, 1)),
        )
    )
    last = None
    for version, key in enumerate((past, before, present, later), 1):
        follows = replace(key, version=version, previous=statement_sha256(office, last) if last else None)
        state(office, follows).raise_for_status()
        last = follows

    with database.read() as session:
        found = [
            shared_keys.statistics_recipients(session, "2026-Q2", day) for day in (date(2026, 7, 1), date(2026, 7, 2))
        ]

    assert found[0] == {str(key.recipient) for key in (before, present)}
    assert found[1] == found[0] | {str(later.recipient)}
