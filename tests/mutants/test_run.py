"""What becomes of a change: in a function, at import, where a test looks too little, and where none passes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.__main__ import Told, judge

MODULE = """\
CAP = 3


def fits(size):
    return size <= CAP


def half(size):
    return size // 2


def untried(size):
    return size < CAP


def made():
    return CAP + 2


MADE = made()
"""
TESTS = """\
from rules import MADE, fits, half


def test_fits():
    assert fits(3)
    assert not fits(4)


def test_half():
    assert half(0) == 0


def test_what_was_made_when_the_module_was_loaded():
    assert MADE == 5
"""
SCRIPT = """\
import json, sys
from pathlib import Path
from tests.mutants.run import run

root = Path(sys.argv[1])
found = run(root / "rules.py", [str(root / "test_rules.py")], root=root)
told = {mutant.key: fate for mutant, fate, _ in found}
print(json.dumps(told))
"""


def run(tmp_path: Path, tests: str, module: str = MODULE) -> subprocess.CompletedProcess[str]:
    """What becomes of the changes of the module under these tests, in a process of its own."""
    (tmp_path / "rules.py").write_text(module)
    (tmp_path / "test_rules.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {tmp_path}\n")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    return subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)


def test_every_change_has_its_fate(tmp_path: Path) -> None:
    answer = run(tmp_path, TESTS)

    assert json.loads(answer.stdout.splitlines()[-1]) == {
        "fits: size <= CAP → size < CAP": "killed",
        "module: 3 → 4": "killed",
        "half: size // 2 → size * 2": "survived",
        "half: 2 → 3": "survived",
        "untried: size < CAP → size <= CAP": "untested",
        "made: CAP + 2 → CAP - 2": "killed",
        "made: 2 → 3": "killed",
    }


def test_a_module_that_is_passed_only_when_it_is_loaded_is_tried(tmp_path: Path) -> None:
    answer = run(tmp_path, "from rules import CAP\n\n\ndef test_cap():\n    assert CAP == 3\n", "CAP = 3\n")

    assert json.loads(answer.stdout.splitlines()[-1]) == {"module: 3 → 4": "killed"}


def test_a_test_that_fails_the_second_time_whatever_stands_there_notices_no_change(tmp_path: Path) -> None:
    once = "RUNS = []\n\n\ndef test_once():\n    RUNS.append(half(2))\n    assert RUNS == [1]\n"

    answer = run(tmp_path, f"{TESTS}\n\n{once}")

    assert (answer.returncode, "fails in a fork as it stands" in answer.stderr) == (1, True)


def test_what_is_passed_only_when_it_is_loaded_has_its_fate_too(tmp_path: Path) -> None:
    answer = run(tmp_path, "from rules import MADE\n\n\ndef test_made():\n    assert MADE == 5\n")

    told = json.loads(answer.stdout.splitlines()[-1])
    assert (told["made: 2 → 3"], told["half: 2 → 3"]) == ("killed", "untested")


KILLED = Told("app/one.py", {"1 → 2": "killed"}, 1.0)
SURVIVED = Told("app/other.py", {"1 → 2": "survived"}, 1.0)
UNTRIED = Told("app/other.py", {}, 0.0, could_run=False)


@pytest.mark.parametrize(
    ("other", "known", "exit_code"),
    [
        (KILLED, {}, 0),
        (UNTRIED, {}, 1),
        (SURVIVED, {}, 1),
        (UNTRIED, {"app/other.py": {"1 → 2": "it may"}}, 1),
        (KILLED, {"app/one.py": {"1 → 2": "it may"}}, 1),
    ],
    ids=["all noticed", "one that cannot be tried", "one unknown", "what was not tried is not gone", "one gone"],
)
def test_a_run_is_whole_where_every_module_was_tried_and_nothing_lives_unknown(
    other: Told, known: dict[str, dict[str, str]], exit_code: int
) -> None:
    told = [*[KILLED] * 20, other]

    assert judge(told, known, is_whole=True, seconds=1.0) == exit_code
