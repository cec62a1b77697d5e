"""Settings, the clock, the keyring, the catalogue of problems, and the service that is made of them."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from app import keyring, problems
from app.clock import Clock, hour_of
from app.settings import Settings


def test_a_clock_of_its_own_is_refused_outside_a_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERN_DEMO_CLOCK", str(tmp_path / "clock"))

    with pytest.raises(ValidationError, match="TERN_DEMO_CLOCK is refused"):
        Settings()
    monkeypatch.setenv("TERN_DEMO", "1")

    assert Settings().demo_clock == tmp_path / "clock"


def test_without_a_url_the_database_lies_with_the_rest(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).url == f"sqlite:///{tmp_path}/tern.sqlite"


def test_settings_show_no_password() -> None:
    url = "postgresql+psycopg://tern:hunter2@db/tern"

    assert "hunter2" not in repr(Settings(database_url=url))


def test_every_setting_has_its_line() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_a_demo_clock_is_read_each_time(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    (tmp_path / "clock").write_text("2026-06-15T23:30:00Z\n")
    first = clock.now()
    (tmp_path / "clock").write_text("2026-06-16T01:30:00+03:00")

    assert first == datetime(2026, 6, 15, 23, 30, tzinfo=UTC)
    assert clock.today().isoformat() == "2026-06-15"


def test_a_demo_clock_without_an_offset_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("2026-06-15T23:30:00")

    with pytest.raises(ValueError, match="offset"):
        Clock(tmp_path / "clock").now()


def test_the_systems_time_is_in_utc() -> None:
    assert Clock().now().tzinfo is UTC


def test_an_hour_is_that_of_utc() -> None:
    moment = datetime(2026, 6, 15, 9, 41, 7, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert hour_of(moment) == datetime(2026, 6, 15, 4, tzinfo=UTC)


def test_the_keyring_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = keyring.load(tmp_path / "new"), keyring.load(tmp_path / "new")

    assert first == second
    assert stat.S_IMODE((tmp_path / "new" / "keyring.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["keyring.json"]


def test_processes_that_start_together_share_one_keyring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: keyring.load(tmp_path), range(16)))

    assert len({ring.secret for ring in rings}) == 1


def test_a_damaged_keyring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keyring.json").write_text(json.dumps({"secret": "00"}))

    with pytest.raises(ValueError, match="damaged"):
        keyring.load(tmp_path)


def test_each_use_has_a_key_of_its_own() -> None:
    ring = keyring.Keyring(bytes(32))

    assert len({ring.key(label) for label in ("cursor", "filler", "")}) == 3
    assert "00" not in repr(ring)


def test_no_two_problems_share_a_type() -> None:
    types = [problem.type for problem in problems.catalogue()]

    assert len(types) == len(set(types))


def test_every_problem_is_one_of_http(client: TestClient) -> None:
    assert all(400 <= problem.status < 600 for problem in problems.catalogue())


def test_nobody_is_signed_in_without_a_session(client: TestClient) -> None:
    assert client.get("/v1/audit", headers={"Authorization": f"Bearer {'a' * 43}"}).status_code == 401
