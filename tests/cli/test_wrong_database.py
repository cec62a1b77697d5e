"""What the operator's commands do where the database, its tables or the clock are not what they were."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.blobs import Blobs, new_name
from app.cli.failures import WRONG_DAY
from app.database import Database, schema
from app.installation import service as installation
from app.intake.attachments.models import Attachment
from app.recorded_day import RecordedDay
from tests import factories
from tests.cli.command import Ended, tern

Run = Callable[..., Ended]
WRITING = ("serve", "sweep")


@pytest.fixture
def run_(tmp_path: Path, url: str, today: date) -> Run:
    """A command of the operator's on this database, on a day."""
    clock = tmp_path / "clock"

    def run(*arguments: str, day: date = today, url: str = url) -> Ended:
        clock.write_text(f"{day}T09:00:00Z")
        environment = {"TERN_DATA_DIR": str(tmp_path / "data"), "TERN_DATABASE_URL": url}
        return tern(*arguments, environment=environment | {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(clock)})

    return run


@pytest.fixture
def blob(tmp_path: Path, today: date) -> Path:
    """A file of a report, which no row names."""
    with Blobs(tmp_path / "data" / "blobs").uploads.receive() as incoming:
        incoming.write(b"sealed")
        return tmp_path / "data" / "blobs" / incoming.keep(today - timedelta(days=30)).name


def is_one_line(ended: Ended) -> bool:
    return ended.code != 0 and ended.out == "" and ended.err.count("\n") == 1


@contextmanager
def changed(url: str, change: str, undo: str) -> Iterator[None]:
    """The database of others, for as long as the block lasts."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(change)
        yield
        connection.exec_driver_sql(undo)
    engine.dispose()


def revision(number: str) -> tuple[str, str]:
    head = schema.revisions()[-1]
    change = "UPDATE alembic_version SET version_num = '{}'"
    return change.format(number), change.format(head)


@pytest.mark.parametrize(
    ("change", "command", "says"),
    [
        (("ALTER TABLE audit_head RENAME TO away", "ALTER TABLE away RENAME TO audit_head"), "serve", "missing"),
        (("ALTER TABLE audit_head RENAME TO away", "ALTER TABLE away RENAME TO audit_head"), "sweep", "missing"),
        (revision("9999"), "serve", "newer"),
        (revision("9999"), "sweep", "newer"),
        (revision("0001"), "sweep", "tern serve"),
    ],
    ids=["torn-serve", "torn-sweep", "newer-serve", "newer-sweep", "older-sweep"],
)
def test_a_database_that_is_not_the_one_expected_is_not_written_to(
    run_: Run, url: str, blob: Path, change: tuple[str, str], command: str, says: str
) -> None:
    with changed(url, *change):
        ended = run_(command)

    assert is_one_line(ended)
    assert says in ended.err
    assert blob.exists()


@pytest.mark.parametrize("days", [-2, 40])
def test_a_sweep_on_a_day_that_is_not_believed_says_so_in_a_line_until_somebody_has_looked(
    run_: Run, today: date, days: int
) -> None:
    wrong = today + timedelta(days=days)

    first, refused, right = run_("sweep"), run_("sweep", day=wrong), run_("sweep", "--the-clock-is-right", day=wrong)

    assert (first.code, refused.code, right.code) == (0, WRONG_DAY, 0)
    assert is_one_line(refused)
    assert "--the-clock-is-right" in refused.err
    assert run_("sweep", day=wrong).code == 0


def test_files_beside_an_older_database_are_kept_until_somebody_has_looked(
    run_: Run, tmp_path: Path, today: date
) -> None:
    directory = tmp_path / "data" / "blobs"
    for _ in range(11):
        with Blobs(directory).uploads.receive() as incoming:
            incoming.write(b"sealed")
            incoming.keep(today - timedelta(days=30))

    refused = run_("sweep")
    kept = len(list(directory.iterdir()))
    told = run_("sweep", "--set-files-aside", "--json")

    assert is_one_line(refused)
    assert "11 of 11" in refused.err
    assert (kept, json.loads(told.out)) == (11, {"blobs_destroyed": 0, "files_set_aside": 11})


@pytest.mark.parametrize("is_mounted", [False, True], ids=["absent", "empty"])
@pytest.mark.parametrize("command", WRITING)
def test_where_the_sealed_files_are_gone_nothing_is_begun_in_their_place_until_somebody_says_that_they_are_lost(
    run_: Run, rows: Session, tmp_path: Path, today: date, command: str, is_mounted: bool
) -> None:
    assert run_("sweep").code == 0
    report, files = factories.report(rows, factories.epoch(rows)), tmp_path / "data" / "blobs"
    row = {"report_id": report.id, "size": 0, "sha256": "", "received_on": today, "blob": new_name()}
    rows.add(Attachment(id=factories.id_("att"), **row))
    rows.commit()
    if is_mounted:
        files.mkdir(exist_ok=True)

    refused = run_(command)

    assert is_one_line(refused)
    assert "--the-files-are-here" in refused.err
    assert not files.exists() or not list(files.iterdir())
    installation.check_files(files, are_named=True, takes_over=True)
    assert run_("sweep").code == 0


class TestNoDatabase:
    """A volume that is not mounted, or a file that was taken away."""

    @pytest.fixture(params=["sqlite"])
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'data' / 'tern.sqlite'}"

    @pytest.mark.parametrize("command", WRITING)
    def test_nobody_makes_another(self, run_: Run, tmp_path: Path, blob: Path, command: str) -> None:
        ended = run_(command)

        assert is_one_line(ended)
        assert "no database" in ended.err
        assert blob.exists()
        assert not (tmp_path / "data" / "tern.sqlite").exists()

    @pytest.mark.parametrize("kept", ["keyring.json", "tern.sqlite-wal", "blobs/00"])
    def test_none_is_begun_beside_the_files_of_a_service(self, run_: Run, tmp_path: Path, kept: str) -> None:
        file = tmp_path / "data" / kept
        file.parent.mkdir(parents=True)
        file.write_bytes(b"of a service")

        ended = run_("init")

        assert is_one_line(ended)
        assert kept in ended.err
        assert file.read_bytes() == b"of a service"
        assert not (tmp_path / "data" / "tern.sqlite").exists()


def test_none_is_begun_in_an_empty_database_beside_the_files_of_a_service(
    run_: Run, tmp_path: Path, empty_url: str
) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "keyring.json").write_text("of a service")

    ended = run_("init", url=empty_url)

    assert is_one_line(ended)
    assert "keyring.json" in ended.err


class TestTakenAway:
    """SQLite's file, under a service that runs."""

    @pytest.fixture(params=["sqlite"])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        path = tmp_path / "tern.sqlite"
        path.write_bytes(request.getfixturevalue("sqlite_tables"))
        return f"sqlite:///{path}"

    def test_nothing_is_written_into_a_file_that_is_not_there_any_more(
        self, database: Database, tmp_path: Path, today: date
    ) -> None:
        write(database, today)
        path = tmp_path / "tern.sqlite"
        path.rename(tmp_path / "away")

        with pytest.raises(sa.exc.DBAPIError):
            write(database, today)
        made = path.exists()
        (tmp_path / "away").rename(path)
        write(database, today)

        assert not made


def write(database: Database, day: date) -> None:
    with database.write() as session:
        session.merge(RecordedDay(name="last", day=day))
