"""The audit chain, and the counts of reporters' acts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.actions import Action
from app.audit.models import AuditEvent, ReporterActs
from app.database import Database
from app.protocol.errors import NotAuthentic

NOW = datetime(2026, 6, 15, 9, 41, 7, tzinfo=UTC)


def record(database: Database, *objects: str) -> None:
    with database.write() as session:
        for object_id in objects:
            audit.record(session, "per_one", Action.CASE_MOVED, object_id, now=NOW)


def chain(session: Session) -> list[AuditEvent]:
    return list(session.scalars(audit.events().order_by(AuditEvent.seq)))


def test_acts_are_chained_in_the_order_of_their_commits(database: Database, rows: Session) -> None:
    record(database, "case_a", "case_b")
    record(database, "case_c")

    events = chain(rows)

    assert [(event.seq, event.object_id) for event in events] == [(1, "case_a"), (2, "case_b"), (3, "case_c")]
    assert audit.verify(events) == events[-1].hash


def test_an_act_is_kept_to_the_hour(database: Database, rows: Session) -> None:
    record(database, "case_a")

    assert chain(rows)[0].hour == datetime(2026, 6, 15, 9, tzinfo=UTC)


def test_an_act_that_was_rolled_back_was_not_done(database: Database, rows: Session) -> None:
    def fail(session: Session) -> None:
        audit.record(session, "per_one", Action.CASE_MOVED, "case_a", now=NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as session:
        fail(session)
    record(database, "case_b")

    assert [event.object_id for event in chain(rows)] == ["case_b"]


def test_a_session_that_goes_on_after_a_rollback_forgets_its_acts(rows: Session) -> None:
    audit.record(rows, "per_one", Action.CASE_MOVED, "case_a", now=NOW)
    rows.execute(select(1))
    rows.rollback()
    audit.record(rows, "per_one", Action.CASE_MOVED, "case_b", now=NOW)
    rows.commit()

    assert [event.object_id for event in chain(rows)] == ["case_b"]


def test_many_who_act_at_once_make_one_chain(database: Database, rows: Session) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda number: record(database, f"case_{number}", "case_shared"), range(32)))

    events = chain(rows)

    assert len(events) == 64
    audit.verify(events)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", 9),
        ("hour", NOW.replace(hour=8, minute=0, second=0)),
        ("actor_id", "per_two"),
        ("action", "case.read"),
        ("object_id", "case_z"),
        ("object_hash", "0" * 64),
        ("previous", "0" * 64),
        ("hash", "0" * 64),
    ],
)
def test_a_changed_event_is_found(database: Database, rows: Session, field: str, value: Any) -> None:
    record(database, "case_a", "case_b", "case_c")
    events = chain(rows)

    setattr(events[1], field, value)

    with pytest.raises(NotAuthentic), rows.no_autoflush:
        audit.verify(events)
    rows.rollback()


def test_a_missing_event_is_found(database: Database, rows: Session) -> None:
    record(database, "case_a", "case_b", "case_c")
    events = chain(rows)

    for kept in ([events[0], events[2]], events[1:], [events[1], events[0], events[2]]):
        with pytest.raises(NotAuthentic):
            audit.verify(kept)


def test_reporters_acts_are_counted_by_the_day(database: Database, rows: Session, today: date) -> None:
    for _ in range(3):
        with database.write() as session:
            audit.count(session, "report-received", today)

    assert [(row.day, row.action, row.number) for row in rows.scalars(select(ReporterActs))] == [
        (today, "report-received", 3)
    ]


@pytest.mark.parametrize("action", Action)
def test_every_action_fits_its_column_and_says_what_it_is(action: Action) -> None:
    assert len(action.value) <= 64
    assert action.description[0].isupper()
    assert not action.description.endswith(".")
