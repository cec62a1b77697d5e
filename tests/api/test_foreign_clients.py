"""docs/openapi.json is enough for clients that others generate, which then do a day's work with a real service."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.people.staff.models import Person
from app.settings import Settings
from app.vocabulary import Role
from docs.generate import HERE
from tests import factories
from tests.client.installation import PASSWORD, serving
from tests.strength import HASHER

DESCRIPTION = HERE / "openapi.json"
INTEROP = Path(__file__).parents[1] / "interop"
PYTHON = INTEROP / ".venv" / "bin"
NODE = INTEROP / "node_modules" / ".bin"
# Nothing is fetched, and nobody is told.
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


@dataclass(frozen=True)
class Office:
    """A served intake with five reports, and who may claim them."""

    server: str
    triager: Person
    reports: list[str]

    @property
    def arguments(self) -> list[str]:
        return [self.server, self.triager.handle, PASSWORD]


@pytest.fixture
def office(tmp_path: Path, sqlite_tables: bytes) -> Iterator[Office]:
    clock = tmp_path / "clock"
    clock.write_text(factories.HOUR.isoformat())
    settings = Settings(data_dir=tmp_path / "data", demo=True, demo_clock=clock)
    settings.data_dir.mkdir()
    (settings.data_dir / "tern.sqlite").write_bytes(sqlite_tables)
    engine = sa.create_engine(settings.url)
    with Session(engine, expire_on_commit=False) as rows:
        factories.organisation(rows)
        triager = factories.certified(rows, Role.TRIAGER)
        triager.password_hash = HASHER.hash(PASSWORD)
        epoch = factories.epoch(rows, triager)
        reports = sorted(factories.report(rows, epoch).id for _ in range(5))
        rows.commit()
    engine.dispose()
    with serving(settings, tmp_path / "built") as server:
        yield Office(server, triager, reports)


def run(*command: str | Path, at: Path, **environment: str) -> str:
    """What the program said on both its outputs."""
    done = subprocess.run(
        command, cwd=at, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def check(said: dict[str, Any], office: Office) -> None:
    first = office.reports[0]
    assert said["listed"] == [office.reports[:2], office.reports[2:4], office.reports[4:]]
    assert (said["claimed"]["id"], said["claimed"]["state"]) == (first, "in_triage")
    assert said["claimed"]["triager"] == office.triager.id
    assert said["repeated"] == said["claimed"]
    assert (said["refused"]["type"], said["refused"]["version"]) == ("/problems/stale-version", 2)


def test_a_client_in_python_is_made_without_a_warning_and_works(office: Office, tmp_path: Path) -> None:
    config, client = INTEROP / "openapi-python-client.yaml", tmp_path / "tern_client"

    warnings = run(
        *(PYTHON / "openapi-python-client", "generate", "--path", DESCRIPTION, "--config", config, "--meta", "none"),
        *("--output-path", client, "--fail-on-warning"),
        at=tmp_path,
    )
    said = run(PYTHON / "python", INTEROP / "foreign.py", *office.arguments, at=tmp_path, PYTHONPATH=str(tmp_path))

    assert warnings == f"Generating {client}\n"
    check(json.loads(said), office)


def test_a_client_in_typescript_is_made_without_a_warning_and_works(office: Office, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(INTEROP / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = tmp_path / "foreign.ts"
    script.write_text((INTEROP / "foreign.ts").read_text())

    warnings = run(
        *(NODE / "openapi-typescript", DESCRIPTION, "--output", tmp_path / "tern.d.ts"),
        "--default-non-nullable=false",  # what has a default need not be sent
        at=tmp_path,
    )
    options = ("--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom")
    run(NODE / "tsc", *options, script, at=tmp_path)
    said = run("node", "foreign.js", *office.arguments, at=tmp_path)

    assert "warn" not in warnings.lower()
    check(json.loads(said), office)


def test_redocly_has_nothing_to_say(tmp_path: Path) -> None:
    report = run(
        *(NODE / "redocly", "lint", DESCRIPTION, "--config", INTEROP / "redocly.yaml", "--format", "json"),
        at=tmp_path,
        **_QUIET,
    )

    totals = json.loads(report[report.index("{") : report.rindex("}") + 1])["totals"]
    assert totals == {"errors": 0, "warnings": 0, "ignored": 0}
