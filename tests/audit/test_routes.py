"""Who may read the chain, and that what they read proves itself."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit import service as audit
from app.audit.actions import Action
from app.database import Database
from app.protocol import audit_chain
from app.vocabulary import Role
from tests import factories

NOW = datetime(2026, 6, 15, 9, 41, tzinfo=UTC)


def record(database: Database, number: int) -> None:
    with database.write() as session:
        for step in range(number):
            audit.record(session, "per_one", Action.GRANT_FETCHED, f"grant_{step}", now=NOW, object_hash="0" * 64)


@pytest.mark.parametrize("role", Role)
def test_auditors_and_supervisors_alone_read_the_chain(client: TestClient, rows: Session, role: Role) -> None:
    headers = factories.signed_in(rows, factories.person(rows, role))

    found = {client.get(path, headers=headers).status_code for path in ("/v1/audit", "/v1/audit/lines")}

    assert found == {200 if role in {Role.AUDITOR, Role.SUPERVISOR} else 403}


def test_what_is_read_page_by_page_verifies_without_the_service(
    client: TestClient, database: Database, rows: Session
) -> None:
    headers = factories.signed_in(rows, factories.person(rows, Role.AUDITOR))
    record(database, 5)

    pages = [client.get("/v1/audit?limit=2", headers=headers).json()]
    while cursor := pages[-1]["next"]:
        pages.append(client.get("/v1/audit", params={"limit": 2, "cursor": cursor}, headers=headers).json())

    events = [audit_chain.Event(**item) for page in pages for item in page["items"]]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[5].action == Action.AUDIT_READ  # once, of three pages
    assert events[0].hour == "2026-06-15T09:00Z"
    lines = client.get("/v1/audit/lines", headers=headers).content
    assert list(audit_chain.followed(lines.splitlines())) == events
    rest = client.get("/v1/audit/lines?after=4", headers=headers).content
    assert list(audit_chain.followed(rest.splitlines(), first=5)) == events[4:]
    assert client.get("/v1/audit/lines?after=6", headers=headers).content == b""
    head = audit_chain.verify(events[:3])
    assert audit_chain.verify(events[3:], seq=3, head=head) == events[-1].hash
