"""What is read without being opened by a key is in the chain too."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.clock import Clock
from app.database import Database
from app.people.sign_in import service as sign_ins
from app.people.sign_in.models import RefusedSignIns
from app.statistics.releases.models import Release
from app.vocabulary import Role
from tests import factories


def recorded(rows: Session, action: Action) -> list[tuple[str, str]]:
    rows.expire_all()
    events = select(AuditEvent).where(AuditEvent.action == action.value).order_by(AuditEvent.seq)
    return [(event.actor_id, event.object_id) for event in rows.scalars(events)]


@pytest.mark.parametrize(
    ("path", "action", "object_"),
    [
        ("/v1/people", Action.PEOPLE_READ, "people"),
        ("/v1/people/{person}", Action.PEOPLE_READ, "{person}"),
        ("/v1/keys", Action.KEYS_READ, "keys"),
        ("/v1/release-requests", Action.RELEASE_READ, "releases"),
        ("/v1/releases/{release}", Action.RELEASE_READ, "{release}"),
        ("/v1/audit", Action.AUDIT_READ, "audit"),
    ],
)
def test_what_is_read_is_recorded_once_an_hour_before_it_is_given(
    client: TestClient, rows: Session, clock: Clock, path: str, action: Action, object_: str
) -> None:
    supervisor = factories.person(rows, Role.SUPERVISOR)
    headers = factories.signed_in(rows, supervisor)
    release = Release(
        id=factories.id_("rel"), kind="quarter", period="2026-Q1", workload="Q", requested_by=supervisor.id
    )
    rows.add(release)
    rows.commit()
    named = {"person": supervisor.id, "release": release.id}
    at, expected = path.format(**named), (supervisor.id, object_.format(**named))

    for _ in range(2):
        client.get(at, headers=headers).raise_for_status()
    twice = recorded(rows, action)
    assert clock.told_by is not None
    clock.told_by.write_text((clock.now() + timedelta(hours=1)).isoformat())
    client.get(at, headers=headers).raise_for_status()

    assert twice == [expected]
    assert recorded(rows, action) == [expected, expected]


def test_what_is_not_there_is_not_read(client: TestClient, rows: Session) -> None:
    headers = factories.signed_in(rows, factories.person(rows, Role.SUPERVISOR))

    answer = client.get(f"/v1/people/{factories.id_('per')}", headers=headers)

    assert answer.status_code == 404
    assert recorded(rows, Action.PEOPLE_READ) == []


def test_refused_sign_ins_are_recorded_when_their_day_is_over(
    client: TestClient, rows: Session, database: Database
) -> None:
    person = factories.person(rows, Role.TRIAGER)
    rows.commit()
    for name in (person.handle, person.id, "somebody", "somebody else"):
        answer = client.post("/v1/sessions", json={"person": name, "password": "not theirs"})
        assert answer.status_code == 401

    counts = []
    for day in (15, 16, 16):
        with database.write() as session:
            sign_ins.record_refused(session, datetime(2026, 6, day, 1, tzinfo=UTC))
        counts.append(len(recorded(rows, Action.SIGN_INS_REFUSED)))

    assert counts == [0, 2, 2]
    assert set(recorded(rows, Action.SIGN_INS_REFUSED)) == {
        ("service", f"{person.id} 2026-06-15 2"),
        ("service", "nobody 2026-06-15 2"),
    }
    assert rows.scalars(select(RefusedSignIns)).all() == []
