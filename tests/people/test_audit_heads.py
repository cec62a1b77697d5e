"""The service signs where the audit chain ends, once a day, and keeps the word of supervisors who have followed it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from httpx2 import Response
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import keyring
from app.database import Database
from app.people.audit_heads import service
from app.people.audit_heads.models import AuditHeadDocument
from app.protocol.audit_heads import AuditHead, state_seen
from app.protocol.documents import Signer, parse_document
from app.settings import Settings
from app.vocabulary import Role
from tests import factories
from tests.casework.conftest import problem
from tests.intake.scene import Office


@pytest.fixture
def office(database: Database, client: TestClient, today: date, settings: Settings) -> Office:
    return Office(database, client, today).found(keyring.load(settings.data_dir).digest)


def sign(database: Database, settings: Settings, now: datetime) -> None:
    with database.write() as session:
        service.sign_daily(session, keyring.load(settings.data_dir), now)


def heads(rows: Session) -> list[AuditHead]:
    rows.expire_all()
    kept = rows.scalars(service.every().order_by(AuditHeadDocument.version))
    return [AuditHead.read(parse_document(row.document.encode())) for row in kept]


def test_a_day_has_one_head_however_often_somebody_asks(
    database: Database, settings: Settings, office: Office, rows: Session, today: date
) -> None:
    morning = datetime(today.year, today.month, today.day, 1, tzinfo=UTC)
    office.hire(Role.TRIAGER)
    for hours in (0, 1, 22, 24, 25):
        sign(database, settings, morning + timedelta(hours=hours))

    signed = heads(rows)

    assert [head.day for head in signed] == [today, today + timedelta(days=1)]
    assert signed[1].document.header.previous == signed[0].mark.sha256


def test_before_there_is_an_organisation_nothing_is_signed(
    database: Database, settings: Settings, rows: Session
) -> None:
    sign(database, settings, datetime(2026, 6, 15, 1, tzinfo=UTC))

    assert heads(rows) == []


def test_a_countersignature_is_the_senders_own_and_of_a_head(
    database: Database, settings: Settings, office: Office, rows: Session, today: date
) -> None:
    second = office.hire(Role.SUPERVISOR)
    sign(database, settings, datetime(today.year, today.month, today.day, 1, tzinfo=UTC))
    (head,) = heads(rows)
    other = AuditHead(parse_document(head.document.text.replace(b'"seq":', b'"seq":1')), today, head.seq, head.hash)

    def sent(of: AuditHead, signer: Signer = office.supervisor.signer) -> Response:
        seen = state_seen(of, org=office.org, signer=signer, on=today)
        headers = office.as_(office.supervisor) | factories.writes()
        return office.client.post("/v1/audit/countersignatures", json={"document": seen.text.decode()}, headers=headers)

    taken = [sent(head).status_code for _ in range(2)]

    assert taken == [201, 201]
    assert problem(sent(head, second.signer)) == (422, "not-a-countersignature")
    assert problem(sent(other)) == (422, "not-a-countersignature")
    assert len(service.countersignatures(rows, [1])[1]) == 1
