"""What comes to an end is told to those whom it concerns, in codes and days."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.clock import Clock
from app.people.staff.models import Person
from app.recorded_day import RecordedDay
from app.vocabulary import Role
from tests import factories

LAST = "2026-12-31"  # of every certificate

Told = Callable[[Person, date], list[dict[str, object]]]


@pytest.fixture
def told(client: TestClient, rows: Session, clock: Clock) -> Told:
    """What the service tells the person on this day."""

    def ask(person: Person, today: date) -> list[dict[str, object]]:
        assert clock.told_by is not None
        clock.told_by.write_text(f"{today}T09:00:00+00:00")
        answer = client.get("/v1/ends", headers=factories.signed_in(rows, person))
        found: list[dict[str, object]] = answer.json()["items"]
        return found

    return ask


def test_a_certificate_that_ends_is_told_to_its_holder_and_to_supervisors_alone(rows: Session, told: Told) -> None:
    factories.organisation(rows)
    supervisor = factories.certified(rows, Role.SUPERVISOR)
    worker = factories.certified(rows, Role.CASEWORKER)
    rows.add(RecordedDay(name="last", day=date(2026, 12, 20)))
    rows.commit()

    own = {"what": "certificate", "day": LAST, "of": None}
    assert told(worker, date(2026, 12, 20)) == [own]
    assert told(supervisor, date(2026, 12, 20)) == [own, {"what": "certificate", "day": LAST, "of": worker.handle}]
    assert told(worker, date(2027, 1, 2))[-1] == own  # whoever has no role any more is told too


def test_what_all_work_with_is_told_to_everybody_and_an_epoch_that_is_over_too(
    rows: Session, told: Told, today: date
) -> None:
    factories.organisation(rows)
    worker = factories.certified(rows, Role.CASEWORKER)
    factories.epoch(rows, worker)  # until the 21st
    rows.commit()

    intake = [{"what": "intake", "day": "2026-06-21", "of": None}]
    assert told(worker, today) == []
    assert told(worker, date(2026, 6, 19)) == intake
    assert told(worker, date(2026, 8, 1)) == intake


def test_a_destruction_that_waits_comes_first(rows: Session, told: Told, today: date) -> None:
    factories.organisation(rows)
    worker = factories.certified(rows, Role.CASEWORKER)
    factories.epoch(rows, worker)
    rows.add(RecordedDay(name="last", day=today))
    rows.commit()

    assert told(worker, today + timedelta(days=5)) == [
        {"what": "destruction", "day": today.isoformat(), "of": None},
        {"what": "intake", "day": "2026-06-21", "of": None},
    ]
