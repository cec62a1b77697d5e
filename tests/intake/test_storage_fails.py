"""What a reporter's client is told while the database does not work, and that nothing is lost by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.database import Database, engine
from app.main import create_app
from app.settings import Settings
from tests.intake.scene import Office, Reporter
from tests.strength import HASHER


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A service that waits a second for the locks of others."""
    monkeypatch.setattr(engine, "_LOCK_SECONDS", 1)
    with TestClient(create_app(settings, hasher=HASHER), base_url="https://tern.test") as client:
        yield client


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else holds what a report is written to."""
    holder = sa.create_engine(url)
    with holder.connect() as connection:
        if holder.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("LOCK TABLE reports IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
    holder.dispose()


def test_a_lock_that_others_hold_is_told_after_a_while_and_the_same_report_is_taken_then(
    database: Database, client: TestClient, url: str, today: date
) -> None:
    reporter = Reporter(Office(database, client, today).found().open_epoch(), today)
    body = reporter.body()

    with locked(url):
        refused = client.put("/v1/report", content=body, headers=reporter.headers)
    taken = client.put("/v1/report", content=body, headers=reporter.headers)

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/storage-unavailable")
    assert refused.headers["Retry-After"] == str(refused.json()["retry_after_seconds"])
    assert taken.status_code == 201


class TestFile:
    """SQLite's file, which can be away for a while."""

    @pytest.fixture(params=["sqlite"])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        path = tmp_path / "data" / "tern.sqlite"
        path.parent.mkdir()
        path.write_bytes(request.getfixturevalue("sqlite_tables"))
        return f"sqlite:///{path}"

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

        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/storage-unavailable")
        assert taken.status_code == 201
