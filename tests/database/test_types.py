"""Columns that refuse what must not be in them, and keep the rest as it was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from app.database import Database, Hour, Quarter, Sealed

NOTES = sa.Table(
    "notes_of_a_test", sa.MetaData(), sa.Column("hour", Hour), sa.Column("quarter", Quarter), sa.Column("file", Sealed)
)
NINE = datetime(2026, 6, 15, 9, tzinfo=UTC)


@pytest.fixture
def notes(database: Database) -> Iterator[Database]:
    with database.change_schema() as connection:
        NOTES.create(connection)
    yield database
    with database.change_schema() as connection:
        NOTES.drop(connection)


def test_a_sealed_column_keeps_an_age_file(notes: Database) -> None:
    file = b"age-encryption.org/v1\n-> anybody\n"

    with notes.write() as session:
        session.execute(sa.insert(NOTES).values(file=file))

    with notes.read() as session:
        assert session.scalar(sa.select(NOTES.c.file)) == file


@pytest.mark.parametrize("file", [b"", b"a typed word", b"age-encryption.org/v2\n", b" age-encryption.org/v1\n"])
def test_a_sealed_column_refuses_what_can_be_read(notes: Database, file: bytes) -> None:
    with pytest.raises(StatementError, match="only age files"), notes.write() as session:
        session.execute(sa.insert(NOTES).values(file=file))


def test_an_hour_comes_back_in_utc(notes: Database) -> None:
    there = NINE.astimezone(timezone(timedelta(hours=5)))

    with notes.write() as session:
        session.execute(sa.insert(NOTES).values(hour=there))

    with notes.read() as session:
        assert session.scalar(sa.select(NOTES.c.hour)) == NINE


@pytest.mark.parametrize(
    "moment", [NINE.replace(minute=1), NINE.replace(second=1), NINE.replace(microsecond=1), NINE.replace(tzinfo=None)]
)
def test_an_hour_column_has_no_room_for_minutes(notes: Database, moment: datetime) -> None:
    with pytest.raises(StatementError, match="steps of 60 minutes"), notes.write() as session:
        session.execute(sa.insert(NOTES).values(hour=moment))


def test_a_quarter_column_has_room_for_quarters_alone(notes: Database) -> None:
    with notes.write() as session:
        session.execute(sa.insert(NOTES).values(quarter=NINE.replace(minute=45)))

    with notes.read() as session:
        assert session.scalar(sa.select(NOTES.c.quarter)) == NINE.replace(minute=45)
    with pytest.raises(StatementError, match="steps of 15 minutes"), notes.write() as session:
        session.execute(sa.insert(NOTES).values(quarter=NINE.replace(minute=10)))


def test_hours_are_ordered_as_time_is(notes: Database) -> None:
    hours = [NINE + timedelta(hours=step) for step in (30, -400, 0, 9000)]

    with notes.write() as session:
        session.execute(sa.insert(NOTES), [{"hour": hour} for hour in hours])

    with notes.read() as session:
        assert list(session.scalars(sa.select(NOTES.c.hour).order_by(NOTES.c.hour))) == sorted(hours)
