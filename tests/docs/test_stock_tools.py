"""docs/protocol.md opens a stored report as it says, with nothing of ours."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generate import HERE
from tests.client.installation import PASSPHRASE, Installation, installation

AGE = Path(__file__).parents[1] / "interop" / "age.sh"
TEXT = "On m'a suivi depuis la gare."
FORM = {"language": "fr", "text": TEXT, "answers": {"danger_now": "weeks"}}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made


def test_the_steps_of_the_page_open_a_report_and_its_file(here: Installation, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(bytes(range(256)) * 300)
    report = here.reporter().submit(FORM, [photo]).report
    here.staff("emil")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/age").symlink_to(AGE)
    (tmp_path / ".tern").symlink_to(here.machine("emil"))
    (steps,) = re.findall(r"^```sh\n(.+?)^```$", _section(), re.DOTALL | re.MULTILINE)
    (tmp_path / "steps.sh").write_text(f"set -e\n{steps}")

    # A terminal of its own, because age asks for a passphrase there and nowhere else.
    done = subprocess.run(
        ["script", "-qefc", "bash steps.sh", "/dev/null"],
        input=f"{PASSPHRASE}\n",
        cwd=tmp_path,
        env=os.environ
        | {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "SERVER": here.server,
            "REPORT": report,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].endswith(TEXT)  # age has wiped its question away before it
    (file,) = tmp_path.glob("att_*")
    assert file.read_bytes() == photo.read_bytes()


def _section() -> str:
    text = (HERE / "protocol.md").read_text()
    return text[text.index("## 15 With stock tools") : text.index("## 16 ")]
