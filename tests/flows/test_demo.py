"""`tern demo` itself, as somebody runs it who tries Tern for the first time: a few stories, a small population."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.demo import stories
from app.cli.demo.chapters import CAST
from app.client.machine.directory import Machine
from tests.once import made_once
from tests.running import free_port

# Two accepted (one with files), its duplicate, one that waits for a second person, one withdrawn, one nobody can open.
TOLD = ("syn-001", "syn-023", "syn-024", "syn-021", "syn-039", "syn-028")
UNDECRYPTABLE = "syn-028"
# So many that the quarter's gate opens whatever the noise (300, ten standard deviations below).
PERSONS = 400
OPERATORS = "operators.sqlite"


@dataclass(frozen=True)
class Played:
    """What a demo printed, and the directory that it left."""

    directory: Path
    printed: str
    operators_database: Path

    @property
    def pin(self) -> str:
        return str(Machine(self.directory / "people" / "sofia").about.pin)

    def outcome(self, part: str) -> str:
        """What the table says of a part."""
        (found,) = re.findall(rf"^ *{re.escape(part)} {{2,}}(.+?) {{2,}}[0-9.]+ *$", self.printed, re.MULTILINE)
        return str(found)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    directory = made_once(tmp_path_factory, "demo", _play)
    return Played(directory / "data", (directory / "printed").read_text(), directory / OPERATORS)


def _play(directory: Path) -> None:
    ran = _tern(
        *("demo", "--exit", "--port", str(free_port()), "--data", str(directory / "data")),
        *("--samples", str(_samples(directory)), "--persons", str(PERSONS)),
        environment={"TERN_DATABASE_URL": f"sqlite:///{directory / OPERATORS}", "COLUMNS": "200"},
    )
    assert ran.returncode == 0, ran.stderr
    (directory / "printed").write_text(ran.stdout)


def test_its_table_tells_what_became_of_every_story(played: Played) -> None:
    assert played.outcome("An organisation") == (
        f"{len(CAST)} people certified, an intake epoch open, pin {played.pin[:16]}…"
    )
    assert played.outcome("Reports") == "6 sealed and acknowledged, with 2 attachments"
    assert played.outcome("Triage") == "2 accepted, 1 awaiting_reporter, 1 duplicate, 1 undecryptable, 1 withdrawn"
    assert played.outcome("As expected") == "6 of 6 reports as their story tells"
    assert played.outcome("Cases, coding, approval") == (
        "2 cases, 7 incidents and 5 selectors coded, approved by another person"
    )
    assert played.outcome("Assessment") == "2 cases in assessment, after their reporter's answer about service"
    assert played.outcome("Cards") == "6 cards of 3 persons sent"
    assert played.outcome("A case to its end") == (
        "syn-001 was active, is closed by two and kept until 2028-01-01, and taken up again"
    )
    assert played.outcome("A relative reports too") == (
        "2 reports in the case of syn-001, each with a mailbox of its own"
    )
    assert played.outcome("A no to statistics") == "1 of the cards of syn-023 taken back"
    assert played.outcome("Taken back").startswith("the case of syn-023 is gone, and its reporter reads: ")
    assert played.outcome("An invented population").endswith(
        f"synthetic cards of {PERSONS} persons through the same route"
    )
    assert re.fullmatch(
        r"1 cell, \d+ persons \(sd 10\), signed by two, verified offline", played.outcome("Release: the total")
    )
    for period in ("quarter", "year"):
        assert re.fullmatch(r"\d+ cells, signed by two, verified offline", played.outcome(f"Release: the {period}"))
    assert re.match(r"About \d+ persons, between \d+ and \d+, were", played.outcome("What one could quote"))
    assert re.search(r"recorded in 2025\. http://[^ ]+/releases/rel_[0-9a-f]{32}/index\.html", played.printed)
    assert re.fullmatch(r"\d+ files signed, and served as signed", played.outcome("The reporters' pages"))
    assert played.outcome("Audit").endswith(" audit events, the chain verified offline")


def test_it_leaves_a_directory_for_the_service_and_one_for_each_person(played: Played) -> None:
    assert (played.directory / "server" / "tern.sqlite").is_file()
    assert any((played.directory / "server" / "blobs").iterdir())
    assert {each.name for each in (played.directory / "people").iterdir()} == set(CAST)
    assert all(Machine(played.directory / "people" / name).exists for name in CAST)
    assert (played.directory / "SYNTHETIC.txt").is_file()


@pytest.mark.parametrize(("workload", "period"), [("T", "2025-Q4"), ("Q", "2025-Q4"), ("S", "2025")])
def test_its_releases_verify_away_from_the_service(played: Played, workload: str, period: str) -> None:
    ran = _tern("release", "verify", str(played.directory / "releases" / workload), "--pin", played.pin, "--json")

    assert ran.returncode == 0, ran.stderr
    verified = json.loads(ran.stdout)
    assert (verified["period"], verified["workload"], len(verified["signers"])) == (period, workload, 2)


def test_a_database_that_the_environment_names_is_left_alone(played: Played) -> None:
    assert not played.operators_database.exists()


def _samples(directory: Path) -> Path:
    entries = {entry["id"]: entry for entry in json.loads(stories.SAMPLES.read_bytes())}
    entries[UNDECRYPTABLE]["expected"]["disposition"] = "undecryptable"
    path = directory / "short.json"
    path.write_text(json.dumps([entries[id_] for id_ in TOLD]))
    return path


def _tern(*arguments: str, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
