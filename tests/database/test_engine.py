"""Transactions on both databases."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.audit.models import ReporterActs
from app.database import Database, engine, insert_or_ignore, schema
from tests.storage import full, locked

WRITERS = 64


def acts(action: str, number: int = 1) -> dict[str, object]:
    return {"day": date(2026, 6, 15), "action": action, "number": number}


def numbers(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(select(ReporterActs.number).order_by(ReporterActs.action)))


def test_a_block_that_ends_is_committed(database: Database) -> None:
    with database.write() as session:
        session.add(ReporterActs(**acts("report", 3)))

    assert numbers(database) == [3]


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def fail(session: Session) -> None:
        session.add(ReporterActs(**acts("report")))
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as session:
        fail(session)

    assert numbers(database) == []


def test_a_reading_block_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as session:
        insert_or_ignore(session, ReporterActs, [acts("report")])

    assert numbers(database) == []


def test_a_connection_that_read_can_write_again(database: Database) -> None:
    assert numbers(database) == []

    with database.write() as session:
        session.add(ReporterActs(**acts("report")))

    assert numbers(database) == [1]


def test_many_writers_that_read_first_all_succeed(database: Database) -> None:
    with database.write() as session:
        session.add(ReporterActs(**acts("report", 0)))

    def increase(_: int) -> None:
        with database.write() as session:
            found = session.scalars(select(ReporterActs).with_for_update()).one()
            found.number += 1

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(increase, range(WRITERS)))

    assert numbers(database) == [WRITERS]


def test_only_new_rows_are_inserted(database: Database) -> None:
    with database.write() as session:
        first = insert_or_ignore(session, ReporterActs, [acts("a", 1)])
        second = insert_or_ignore(session, ReporterActs, [acts("a", 5), acts("b", 2)])
        none = insert_or_ignore(session, ReporterActs, [])

    assert (first, second, none) == (1, 1, 0)
    assert numbers(database) == [1, 2]


def test_no_error_names_what_was_to_be_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as error, database.write() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:word)"), {"word": "a typed word"})

    assert "a typed word" not in str(error.value)


class TestSqlite:
    """What the file on a helpline's one machine is held to."""

    @pytest.fixture(params=["sqlite"])
    def url(self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
        path = tmp_path_factory.mktemp("sqlite") / "tern.sqlite"
        path.write_bytes(request.getfixturevalue("sqlite_tables"))
        return f"sqlite:///{path}"

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("secure_delete", 1),
            ("foreign_keys", 1),
            ("temp_store", 2),
        ],
    )
    def test_every_connection_is_durable_and_forgets(self, database: Database, pragma: str, value: str | int) -> None:
        with database.write() as session:
            found = pragma_of(session, pragma)

        assert found == value

    def test_after_destruction_nothing_is_left_in_the_files(self, database: Database, url: str) -> None:
        path = Path(url.removeprefix("sqlite:///"))
        word = "destroyed-word-9417"
        with database.write() as session:
            session.add(ReporterActs(**acts(word)))

        with database.write() as session:
            session.delete(session.scalars(select(ReporterActs)).one())
        database.truncate_log()

        files = list(path.parent.glob("tern.sqlite*"))
        assert all(word.encode() not in file.read_bytes() for file in files)


def pragma_of(session: Session, name: str) -> object:
    return session.scalar(text(f"PRAGMA {name}"))


def test_opening_a_file_once_more_ends_no_lock_on_it(tmp_path: Path) -> None:
    """Whoever comes and goes meanwhile would else take the log of writes away under a service that goes on."""
    path = tmp_path / "tern.sqlite"
    database = schema.create(f"sqlite:///{path}")
    with database.write() as session:
        session.add(ReporterActs(**acts("report")))
    Database(f"sqlite:///{path}").close()

    look = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM reporter_acts').fetchone()"
    subprocess.run([sys.executable, "-c", look, str(path)], check=True)
    with database.write() as session:
        session.add(ReporterActs(**acts("withdrawal", 2)))

    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM reporter_acts").fetchone() == (2,)
    database.close()


def test_who_comes_after_others_have_waited_for_a_lock_does_not_wait_as_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_LOCK_SECONDS", 1)
    monkeypatch.setattr(engine, "_TRY_SECONDS", 0.1)

    def waited() -> float:
        began = time.monotonic()
        with pytest.raises(OperationalError), database.write() as session:
            session.execute(update(ReporterActs).values(number=ReporterActs.number))
        return time.monotonic() - began

    with closing(Database(url)) as database:
        with locked(url, "reporter_acts"):
            first, second = waited(), waited()
        with database.write() as session:
            session.execute(update(ReporterActs).values(number=ReporterActs.number))

    assert 1 <= first < 2
    assert second < 0.5


def test_a_disk_without_room_fails_what_is_asked_past_sqlalchemy_as_all_else(tmp_path: Path) -> None:
    with closing(schema.create(f"sqlite:///{tmp_path / 'tern.sqlite'}")) as database:
        with database.write() as session:
            session.add(ReporterActs(**acts("report")))
        with full(), pytest.raises(OperationalError):
            database.truncate_log()
        database.truncate_log()
