"""The service says whether it is well: to strangers in a word, to those who look after it in numbers."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.clock import Clock
from app.installation import service
from app.installation.models import Installation
from app.jobs import LastRun
from app.recorded_day import RecordedDay
from app.vocabulary import ReportState, Role
from tests import factories


def test_a_stranger_learns_one_word(client: TestClient) -> None:
    assert (client.get("/v1/health").status_code, client.get("/v1/health").json()) == (200, {"status": "ok"})
    assert (client.head("/v1/health").status_code, client.head("/v1/health").content) == (200, b"")


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR])
def test_who_looks_after_it_is_told_what_runs_out(client: TestClient, rows: Session, role: Role, today: date) -> None:
    factories.organisation(rows)
    person = factories.certified(rows, role)
    factories.epoch(rows, person)  # until the 21st
    rows.add(Installation(name="tern", keyring_sha256="0" * 64, swept_on=today))
    rows.add(LastRun(name="epochs", turn=today.isoformat()))
    rows.commit()

    told = client.get("/v1/health", headers=factories.signed_in(rows, person)).json()

    assert told.pop("disk_free_bytes") <= told.pop("disk_bytes")
    assert told == {
        "status": "ok",
        "epoch_days_left": 7,
        "first_lapses_after": None,
        "swept_on": today.isoformat(),
        "keys_missing": None,
        "keys_copied_on": None,
        "destruction_waits": False,
        "jobs": [{"name": "epochs", "turn": today.isoformat()}],
    }


def test_reports_that_nobody_has_decided_are_told_from_the_fourth_day_of_their_epoch_on(
    client: TestClient, rows: Session, clock: Clock, today: date
) -> None:
    factories.organisation(rows)
    person = factories.certified(rows, Role.SUPERVISOR)
    epoch = factories.epoch(rows, person)
    factories.report(rows, epoch)
    factories.report(rows, epoch, state=ReportState.DUPLICATE)
    rows.commit()
    assert clock.told_by is not None

    told = []
    for days in (2, 3, 40):
        clock.told_by.write_text(f"{today + timedelta(days=days)}T09:00:00+00:00")
        told.append(client.get("/v1/health", headers=factories.signed_in(rows, person)).json()["first_lapses_after"])

    assert told == [None, "2026-08-14", "2026-08-14"]


def test_a_clock_that_cannot_be_believed_is_told(client: TestClient, rows: Session, today: date) -> None:
    factories.organisation(rows)
    person = factories.certified(rows, Role.OPERATOR)
    rows.add(RecordedDay(name="last", day=today - timedelta(days=4)))
    rows.commit()

    assert client.get("/v1/health", headers=factories.signed_in(rows, person)).json()["destruction_waits"] is True


def test_a_service_without_an_epoch_says_so(client: TestClient, rows: Session) -> None:
    factories.organisation(rows)
    person = factories.certified(rows, Role.SUPERVISOR)
    rows.commit()

    told = client.get("/v1/health", headers=factories.signed_in(rows, person)).json()

    assert (told["epoch_days_left"], told["swept_on"]) == (None, None)


def test_a_colleague_with_other_work_is_told_no_more_than_a_stranger(client: TestClient, rows: Session) -> None:
    factories.organisation(rows)
    person = factories.certified(rows, Role.CASEWORKER)
    rows.commit()

    assert client.get("/v1/health", headers=factories.signed_in(rows, person)).json() == {"status": "ok"}


def test_a_session_that_has_ended_is_refused(client: TestClient) -> None:
    assert client.get("/v1/health", headers={"Authorization": f"Bearer {'a' * 43}"}).status_code == 401


def test_a_disk_without_room_is_not_well(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LEAST_FREE_BYTES", 2**63)

    answer = client.get("/v1/health")

    assert (answer.status_code, answer.json()) == (503, {"status": "not"})


def test_a_database_without_its_tables_is_not_well(client: TestClient, rows: Session) -> None:
    rows.execute(sa.text("ALTER TABLE installation RENAME TO elsewhere"))
    try:
        answer = client.get("/v1/health")
    finally:
        rows.execute(sa.text("ALTER TABLE elsewhere RENAME TO installation"))

    assert (answer.status_code, answer.json()) == (503, {"status": "not"})
