"""Which day the service believes, and what it does on one that it does not."""

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from app import recorded_day
from app.blobs import Blobs
from app.database import Database
from app.jobs import Jobs, daily
from app.recorded_day import DayNotBelievable
from tests.factories import morning

DAY = date(2026, 6, 15)


@pytest.fixture
def database(database: Database) -> Database:
    with database.write() as session:
        recorded_day.record(session, DAY)
    return database


def last(database: Database) -> date | None:
    with database.read() as session:
        return recorded_day.last(session)


@pytest.mark.parametrize("days", [0, 1, 3])
def test_a_day_up_to_three_after_the_last_is_recorded(database: Database, days: int) -> None:
    day = DAY + timedelta(days=days)

    with database.write() as session:
        recorded_day.record(session, day)

    assert last(database) == day


@pytest.mark.parametrize("days", [-400, -1, 4, 40])
def test_any_other_is_refused_unless_somebody_says_that_the_clock_is_right(database: Database, days: int) -> None:
    day = DAY + timedelta(days=days)

    with pytest.raises(DayNotBelievable, match=str(DAY)), database.write() as session:
        recorded_day.record(session, day)
    refused = last(database)
    with database.write() as session:
        recorded_day.record(session, day, is_right=True)

    assert (refused, last(database)) == (DAY, day)


@pytest.mark.parametrize("days", [-1, 40])
def test_no_rule_destroys_on_a_day_that_is_not_believed(database: Database, tmp_path: Path, days: int) -> None:
    ran: list[date] = []
    jobs = Jobs((daily("one", lambda _, day: ran.append(day)),), named=())
    day = DAY + timedelta(days=days)

    with pytest.raises(DayNotBelievable):
        jobs.run(database, Blobs(tmp_path), morning(day))
    refused = list(ran)
    jobs.run(database, Blobs(tmp_path), morning(day), clock_is_right=True)

    assert (refused, ran) == ([], [day])


def test_a_service_records_each_day_and_says_which_it_does_not_believe(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_day, "_SECONDS", 0.01)
    told: list[str] = []
    days = iter([DAY + timedelta(days=1), DAY + timedelta(days=2), DAY + timedelta(days=42), DAY])
    now = DAY
    ended = threading.Event()

    def today() -> date:
        nonlocal now
        now = next(days, now)
        if now == DAY:
            ended.set()
        return now

    with recorded_day.recording(database, today, told.append):
        ended.wait(30)

    assert last(database) == DAY + timedelta(days=2)
    assert [f"{days} day" in line for days, line in zip((40, 2), told, strict=True)] == [True, True]
