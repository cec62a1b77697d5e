"""Whether the service can take what it is sent, told to this machine alone."""

import resource
import socket
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import httpx2
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.blobs import Blobs
from app.database import Database
from app.installation import ends, last_backup, readiness
from app.installation.models import Installation
from app.installation.readiness import Look, Readiness, watched
from app.recorded_day import RecordedDay
from app.vocabulary import Role
from tests import factories


def looking(database: Database, directory: Path, *ends: str) -> Readiness:
    return Readiness(database, directory, Blobs(directory / "blobs").uploads.check_place, lambda _: list(ends))


def asked(looks: Readiness, *, turned_at: Callable[[], float] = time.monotonic) -> tuple[httpx2.Response, ...]:
    """What `/ready` and `/live` say."""
    with closing(socket.create_server(("127.0.0.1", 0))) as chosen:
        port = chosen.getsockname()[1]
    with watched(looks, port, turned_at=turned_at), httpx2.Client(trust_env=False) as http:
        return tuple(http.get(f"http://127.0.0.1:{port}{path}") for path in ("/ready", "/live"))


def test_a_service_that_writes_is_ready_whatever_ends(database: Database, tmp_path: Path) -> None:
    ready, live = asked(looking(database, tmp_path, "intake: until tomorrow"))

    assert (ready.status_code, ready.text) == (200, "ready\nintake: until tomorrow\n")
    assert (live.status_code, live.text) == (200, "live\n")
    assert list(tmp_path.glob(".writable")) == []


def test_a_disk_without_room_is_not_ready_and_lives(database: Database, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        ready, live = asked(looking(database, tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (ready.status_code, live.status_code) == (503, 200)


def test_a_service_whose_files_are_away_is_not_ready(database: Database, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    looks = looking(database, tmp_path)
    (tmp_path / "blobs").rename(tmp_path / "away")

    assert looks.look() == Look("no file can be written")


def test_a_database_that_only_reads_is_not_ready(database: Database, tmp_path: Path, rows: Session) -> None:
    rows.add(Installation(name="tern", keyring_sha256="0" * 64))
    rows.commit()
    database._writing = database._reading

    assert looking(database, tmp_path).look() == Look("the database cannot be written to")


def test_it_looks_once_in_ten_seconds_whoever_asks(database: Database, tmp_path: Path) -> None:
    looks = looking(database, tmp_path)
    first = looks.look()
    database.close()

    assert looks.look() is first


def test_a_loop_that_stands_still_does_not_live(database: Database, tmp_path: Path) -> None:
    stood = time.monotonic() - readiness.STALL_SECONDS

    _, live = asked(
        looking(database, tmp_path),
        turned_at=lambda: stood,
    )

    assert live.status_code == 503


def test_what_ends_is_told_with_its_day_and_its_command(rows: Session, tmp_path: Path, today: date) -> None:
    factories.organisation(rows)
    person = factories.certified(rows, Role.SUPERVISOR)
    factories.epoch(rows, person)  # until the 21st
    rows.add(RecordedDay(name="last", day=today + timedelta(days=9)))
    rows.commit()
    last_backup.record(tmp_path, today)

    early = ends.lines(rows, tmp_path, today, floor=0)
    late = ends.lines(rows, tmp_path, today + timedelta(days=6), floor=2**60)

    assert [line.partition(":")[0] for line in early] == ["destruction waits"]
    told = "\n".join(late)
    assert "intake: until 2026-06-21; a supervisor opens the next epoch: tern intake rotate" in told
    assert "disk: until 2026-06-21" in told


def test_health_says_not_where_nothing_can_be_written(client: TestClient) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        answer = client.get("/v1/health")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (answer.status_code, answer.json()) == (503, {"status": "not"})


def test_an_old_backup_is_told_and_makes_no_service_unready(rows: Session, tmp_path: Path, today: date) -> None:
    factories.organisation(rows)
    rows.commit()

    def told(after: int) -> list[str]:
        lines = ends.lines(rows, tmp_path, today + timedelta(days=after), floor=0)
        return [line for line in lines if line.startswith("backup")]

    assert [line.partition(",")[0] for line in told(0)] == ["backup: none was made by this machine"]
    last_backup.record(tmp_path, today)
    assert told(2) == []
    assert told(9) == [f"backup: the last was made on {today}, 9 days ago: tern backup"]
    last_backup.record(tmp_path, today + timedelta(days=9))
    assert told(9) == []
