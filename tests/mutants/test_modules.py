"""That nothing which ought to be changed is left out because nobody wrote a row for it."""

from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT
from tests.mutants.modules import PYTHON, TYPESCRIPT
from tests.mutants.operators import mutants

# Whose every file is tried, whoever adds one.
WHOLE = ("app/age", "app/protocol", "app/web/protocol")


def in_rows() -> set[Path]:
    return {path for pattern in (*PYTHON, *TYPESCRIPT) for path in ROOT.glob(pattern)}


@pytest.mark.parametrize("folder", WHOLE)
def test_every_module_in_which_something_can_be_changed_has_a_row(folder: str) -> None:
    python = {path for path in (ROOT / folder).rglob("*.py") if next(mutants(path), None)}
    typescript = set((ROOT / folder).rglob("*.ts"))

    assert python | typescript
    assert (python | typescript) - in_rows() == set()


def test_every_row_is_of_files_that_there_are_and_of_tests_that_there_are() -> None:
    patterns = {**PYTHON, **TYPESCRIPT}

    assert [pattern for pattern in patterns if not any(ROOT.glob(pattern))] == []
    assert {test for tests in patterns.values() for test in tests if not (ROOT / test).exists()} == set()
