"""What a reporter's client is told while the database does not work, and that nothing is lost by it."""

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from httpx2 import Response
from starlette.testclient import TestClient

from app.database import Database, engine
from app.main import create_app
from app.settings import Settings
from app.site.site import Site
from tests.in_process import InProcess
from tests.intake.no_script.browser import HEADERS, encoded
from tests.intake.scene import Office, Reporter
from tests.storage import full, locked, read_only
from tests.strength import HASHER

# Who waits for whom, and how it is told, is each database's own.
pytestmark = pytest.mark.both_databases

SECONDS = 1
REST = 0.5


@pytest.fixture
def client(settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A service that waits a second for the locks of others, and for answers."""
    for bound in ("_LOCK_SECONDS", "_CONNECT_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(engine, bound, SECONDS)
    monkeypatch.setattr(engine, "_REST_SECONDS", REST)
    with InProcess(create_app(settings, site=site, hasher=HASHER)) as client:
        yield client


def test_a_lock_that_others_hold_is_told_after_a_while_and_the_same_report_is_taken_then(
    database: Database, client: TestClient, url: str, today: date
) -> None:
    reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
    body = reporter.body()

    with locked(url):
        refused = client.put("/v1/report", content=body, headers=reporter.headers)
    taken = client.put("/v1/report", content=body, headers=reporter.headers)

    assert is_unavailable(refused)
    assert taken.status_code == 201


def test_a_page_without_script_shows_the_words_of_a_report_that_may_have_arrived(
    database: Database, client: TestClient, url: str, today: date, caplog: pytest.LogCaptureFixture
) -> None:
    Office(database, client, today).found().open_epoch()
    form = encoded([("danger_now", "days"), ("text", "They know my grandmother."), ("consent", "contact")])

    with locked(url):
        answer = client.post("/en/plain/", content=form, headers=HEADERS)
    (listed,) = re.findall(r'<ol class="words\b[^>]*>(.*?)</ol>', answer.text, re.DOTALL)
    opened = client.post(
        "/en/plain/replies/",
        content=encoded([("act", "open"), ("words", " ".join(re.findall(r"<li>(\S+)</li>", listed)))]),
        headers=HEADERS,
    )

    assert (answer.status_code, "grandmother" in answer.text) == (503, False)
    assert "Nobody can know yet whether your report has arrived" in answer.text
    assert len(caplog.records) == 1, caplog.text
    assert "there is no mailbox for them here" in opened.text  # as the page said: send it once more


def test_what_was_written_without_script_comes_back_where_nothing_was_stored(
    client: TestClient, database: Database, url: str, today: date
) -> None:
    Office(database, client, today).found().open_epoch()
    database.close()
    client.app.state.database._asked_again_at = time.monotonic() + 60  # type: ignore[attr-defined]  # any ASGI app

    answer = client.post(
        "/en/plain/", content=encoded([("danger_now", "days"), ("text", "My sister.")]), headers=HEADERS
    )

    assert (answer.status_code, "My sister." in answer.text) == (503, True)


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """No process of PostgreSQL runs, and none is gone: whoever asks hears nothing."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        directory = connection.exec_driver_sql("SHOW data_directory").scalar_one()
    first = int(Path(directory, "postmaster.pid").read_text().split()[0])
    os.kill(first, signal.SIGSTOP)  # before the others: those of them that end stay until it is told
    others = [int(each) for each in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
    for each in others:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in (*others, first):
            os.kill(each, signal.SIGCONT)


def is_unavailable(answer: Response) -> bool:
    """Said as the service's own storage, with when to come again."""
    body = answer.json()
    return (answer.status_code, body["type"], answer.headers["Retry-After"]) == (
        503,
        "/problems/storage-unavailable",
        str(body["retry_after_seconds"]),
    )


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestServer:
    """PostgreSQL, whose processes can freeze and die."""

    def test_one_that_hangs_is_told_after_a_while_to_all_who_wait_and_asked_again_when_it_answers(
        self, database: Database, client: TestClient, url: str, today: date, caplog: pytest.LogCaptureFixture
    ) -> None:
        reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
        body = reporter.body()

        started = time.monotonic()
        with frozen(url):
            refused = client.put("/v1/report", content=body, headers=reporter.headers)
            at_once = client.put("/v1/report", content=body, headers=reporter.headers)
            took = time.monotonic() - started
            time.sleep(REST)
            anew = client.put("/v1/report", content=body, headers=reporter.headers)
        time.sleep(REST)
        taken = client.put("/v1/report", content=body, headers=reporter.headers)

        assert all(map(is_unavailable, (refused, at_once, anew)))
        assert SECONDS <= took < 2 * SECONDS
        assert len(caplog.records) == 3, caplog.text  # a line each
        assert taken.status_code in {200, 201}

    def test_one_whose_process_is_killed_in_the_middle_may_have_taken_the_report_and_takes_it_again(
        self, database: Database, client: TestClient, url: str, today: date
    ) -> None:
        reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
        body = reporter.body()
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

        with (
            ThreadPoolExecutor(1) as beside,
            locked(url),
            sa.create_engine(url, poolclass=sa.NullPool).connect() as other,
        ):
            sent = beside.submit(client.put, "/v1/report", content=body, headers=reporter.headers)
            while not other.exec_driver_sql(kill).all():
                other.rollback()
            refused = sent.result()
        taken = client.put("/v1/report", content=body, headers=reporter.headers)

        assert is_unavailable(refused)
        assert taken.status_code == 201


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
class TestFile:
    """SQLite's file, which can be away for a while, or have no room to grow."""

    def test_a_full_disk_is_told_and_the_same_report_is_taken_when_there_is_room(
        self, database: Database, client: TestClient, today: date, caplog: pytest.LogCaptureFixture
    ) -> None:
        reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
        body = reporter.body()

        with full():
            refused = client.put("/v1/report", content=body, headers=reporter.headers)
        taken = client.put("/v1/report", content=body, headers=reporter.headers)

        assert is_unavailable(refused)
        assert len(caplog.records) == 1, caplog.text
        assert taken.status_code == 201

    def test_a_service_goes_on_when_it_is_back(
        self, database: Database, client: TestClient, tmp_path: Path, today: date
    ) -> None:
        reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
        file, body = tmp_path / "data" / "tern.sqlite", reporter.body()
        database.truncate_log()

        file.rename(tmp_path / "away")
        refused = client.put("/v1/report", content=body, headers=reporter.headers)
        (tmp_path / "away").rename(file)
        taken = client.put("/v1/report", content=body, headers=reporter.headers)

        assert is_unavailable(refused)
        assert taken.status_code == 201

    def test_one_that_began_while_its_file_was_read_only_goes_on_when_it_can_be_written(
        self, database: Database, client: TestClient, settings: Settings, site: Site, tmp_path: Path, today: date
    ) -> None:
        reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
        body = reporter.body()

        with ExitStack() as disk:
            disk.enter_context(read_only(tmp_path / "data" / "tern.sqlite"))
            with InProcess(create_app(settings, site=site, hasher=HASHER)) as begun:
                refused = begun.put("/v1/report", content=body, headers=reporter.headers)
                health = begun.get("/v1/health")
                disk.close()
                taken = begun.put("/v1/report", content=body, headers=reporter.headers)

        assert is_unavailable(refused)
        assert health.status_code == 503
        assert taken.status_code == 201
