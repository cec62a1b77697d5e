"""What is due by the calendar is done once in its day or hour, whoever looks, and whatever fails beside it."""

import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import jobs as calendar
from app.blobs import Blobs
from app.database import Database
from app.installation import worker
from app.installation.free_space import FreeSpace
from app.installation.worker import working
from app.jobs import Job, Jobs
from tests.factories import DAY, morning

NOW = morning(DAY)
HOUR = timedelta(hours=1)


def jobs(ran: list[str], *more: Job) -> Jobs:
    """One of each day and one of each hour, which write down that they ran."""

    def job(name: str, *, is_hourly: bool) -> Job:
        return Job(name, lambda _, __: ran.append(name), is_hourly=is_hourly)

    return Jobs((job("day", is_hourly=False), *more, job("hour", is_hourly=True)), named=())


def fails(_: Session, __: datetime) -> None:
    raise RuntimeError


def test_each_runs_once_in_its_day_or_hour(database: Database, tmp_path: Path) -> None:
    ran = list[str]()
    blobs = Blobs(tmp_path / "blobs")

    done = [
        jobs(ran).run(database, blobs, now, due_only=True).ran
        for now in (NOW, NOW + HOUR / 2, NOW + HOUR, NOW + 24 * HOUR)
    ]

    assert done == [["day", "hour", "rows", "files"], [], ["hour"], ["day", "hour", "rows", "files"]]
    assert ran == ["day", "hour", "hour", "day", "hour"]


def test_what_was_done_today_is_done_again_for_whoever_asks_for_all(database: Database, tmp_path: Path) -> None:
    ran = list[str]()

    for _ in range(2):
        jobs(ran).run(database, Blobs(tmp_path / "blobs"), NOW)

    assert ran == ["day", "hour"] * 2


def test_of_several_processes_one_does_it(database: Database, url: str, tmp_path: Path) -> None:
    ran = list[str]()
    blobs = Blobs(tmp_path / "blobs")
    begin = threading.Barrier(4)
    told = list[list[str]]()

    def process() -> None:
        with closing(Database(url)) as own:
            begin.wait()
            told.append(jobs(ran).run(own, blobs, NOW, due_only=True).ran)

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ran) == ["day", "hour"]
    assert sorted(name for names in told for name in names) == ["day", "files", "hour", "rows"]


def test_what_failed_is_named_and_due_again_and_the_others_are_done(database: Database, tmp_path: Path) -> None:
    ran = list[str]()
    blobs = Blobs(tmp_path / "blobs")
    every = jobs(ran, Job("fails", fails))

    with pytest.raises(ExceptionGroup, match="not done: fails"):
        every.run(database, blobs, NOW, due_only=True)
    with pytest.raises(ExceptionGroup, match="not done: fails"):
        every.run(database, blobs, NOW, due_only=True)

    with database.read() as session:
        assert every.are_due(session, NOW)
        assert not jobs(ran).are_due(session, NOW)
        day = "2026-06-15"
        assert calendar.last_turns(session) == {"day": day, "hour": f"{day}T09", "rows": day, "files": day}
    assert ran == ["day", "hour"]


def test_files_that_could_not_be_settled_are_due_again(database: Database, tmp_path: Path) -> None:
    def unreadable(_: Session) -> set[str]:
        raise OSError("torn")

    blobs = Blobs(tmp_path / "blobs")
    with pytest.raises(OSError, match="torn"):
        Jobs((), named=(unreadable,)).run(database, blobs, NOW, due_only=True)

    assert Jobs((), named=()).run(database, blobs, NOW, due_only=True).ran == ["files"]


def test_a_worker_does_what_is_due_and_tells_of_a_failure_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(worker, "_REST_SECONDS", 0.01)
    ran, said = list[str](), list[str]()
    tried = threading.Semaphore(0)

    def fails_after_it_has_told(session: Session, now: datetime) -> None:
        tried.release()
        fails(session, now)

    every = jobs(ran, Job("fails", fails_after_it_has_told))
    with working(every, database, Blobs(tmp_path / "blobs"), lambda: NOW, said.append):
        for _ in range(3):
            assert tried.acquire(timeout=30)

    assert ran == ["day", "hour"]
    assert said == ["Jobs were not done: fails (RuntimeError); they are tried again."]


def test_a_worker_goes_on_after_a_database_that_did_not_answer(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(worker, "_REST_SECONDS", 0.01)
    said = list[str]()
    done = threading.Event()
    faults = [OSError()]

    def now() -> datetime:
        if faults:
            raise faults.pop()
        return NOW

    with working(
        Jobs((Job("one", lambda _, __: done.set()),), named=()), database, Blobs(tmp_path / "blobs"), now, said.append
    ):
        assert done.wait(30)

    assert said == ["No job was done (OSError); they are tried again."]
    with database.read() as session:
        assert session.get(FreeSpace, NOW.date()) is not None
