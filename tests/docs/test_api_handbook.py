"""docs/handbook/api.md takes a report through triage as it says, by curl and by the SDK."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.client.casework import triage
from app.http.examples import EXAMPLES
from app.vocabulary import Imminence, ReportState, Severity
from docs.generate import HERE
from tests.client.installation import PASSPHRASE, PASSWORD, Installation, installation

PAGE = (HERE / "handbook/api.md").read_text()
TEXT = "Somebody waited in front of the house."
FORM = {"language": "en", "text": TEXT, "answers": {"danger_now": "weeks", "consent": ["service", "contact"]}}


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    # One of each test's own: both take what stands first in the queue. Programs that the page's reader writes tell the
    # time by the machine's own clock.
    with installation(tmp_path_factory.mktemp("installation"), start=datetime.now(UTC)) as made:
        yield made


def run(command: list[str], here: Installation, home: Path) -> str:
    (home / ".tern").symlink_to(here.machine("emil"))
    environment = {"HOME": str(home), "SERVER": here.server, "TERN_PASSPHRASE": PASSPHRASE}
    environment |= {"PERSON": "emil", "PASSWORD": PASSWORD}
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_example_of_the_apis_page_does_what_it_stands_beside(here: Installation, tmp_path: Path) -> None:
    report = here.reporter().submit(FORM).report
    tracing = [f"echo '== {name}'\n{example}" for name, example in EXAMPLES.items()]

    said = run(["bash", "-ec", "\n".join(tracing)], here, tmp_path)

    parts = dict(re.findall(r"^== (\w+)\n(.*?)(?=^== |\Z)", said, re.DOTALL | re.MULTILINE))
    assert list(parts) == list(EXAMPLES)
    assert parts["move_report"] == "in_triage\n"
    assert parts["read_report_body"] == "age-encryption.org/v1\n"
    emil = here.staff("emil")
    assert triage.view(emil, report).state is ReportState.IN_TRIAGE
    # The queue is as empty as it was.
    answered = triage.answer(emil, triage.open_(emil, report), "Thank you.")
    triage.dispose(emil, answered, ReportState.OUT_OF_MANDATE, [(Severity.LIMITED, Imminence.NONE)])


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.+?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_page_takes_a_report_through_triage_by_curl_and_by_the_sdk(here: Installation, tmp_path: Path) -> None:
    report = here.reporter().submit(FORM).report
    emil = here.staff("emil")
    homes = [tmp_path / name for name in ("curl", "sdk")]
    for home in homes:
        home.mkdir()

    by_curl = run(["bash", "-ec", block("sh")], here, homes[0])
    between = triage.view(emil, report).state
    by_sdk = run([sys.executable, "-c", block("python")], here, homes[1])

    assert report in by_curl
    assert between is ReportState.RECEIVED
    assert by_sdk == f"{TEXT}\n"
    assert triage.view(emil, report).state is ReportState.OUT_OF_MANDATE
