"""That no module which ought to be changed lacks a row, and that no known survivor is of what is gone."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT, SURVIVORS
from tests.mutants.modules import PYTHON, TYPESCRIPT
from tests.mutants.operators import keys

# Whose every file is tried, whoever adds one.
WHOLE = ("app/age", "app/protocol", "app/web/protocol")


def in_rows() -> set[Path]:
    return {path for pattern in (*PYTHON, *TYPESCRIPT) for path in ROOT.glob(pattern)}


@pytest.mark.parametrize("folder", WHOLE)
def test_every_module_in_which_something_can_be_changed_has_a_row(folder: str) -> None:
    python = {path for path in (ROOT / folder).rglob("*.py") if keys(path)}
    typescript = set((ROOT / folder).rglob("*.ts"))

    assert python | typescript
    assert (python | typescript) - in_rows() == set()


READS_ALL = """
import { readFileSync } from "node:fs"
import { transformSync } from "esbuild"
import { withMutants } from "./mutants/operators.mjs"

for (const path of process.argv.slice(1))
    transformSync(withMutants(readFileSync(path, "utf8"), path).text, { loader: "ts", sourcefile: path })
"""


def test_a_module_of_the_browser_can_still_be_read_with_all_changes_in_it() -> None:
    modules = [str(ROOT / path) for pattern in TYPESCRIPT for path in ROOT.glob(pattern)]
    command = ["node", "--input-type=module", "--eval", READS_ALL, *modules]
    answer = subprocess.run(command, cwd=ROOT / "app/web", capture_output=True, check=False)

    assert (answer.returncode, answer.stderr.decode()) == (0, "")


KNOWN = tomllib.loads(SURVIVORS.read_text())
# The keys of a module of TypeScript, of which the runner for those knows.
SCRIPT = """
import { readFileSync } from "node:fs"
import { withMutants } from "./mutants/operators.mjs"

const keys = (path) => withMutants(readFileSync(path, "utf8"), path).mutants.map(({ key }) => key)
const found = process.argv.slice(1).map(keys)
process.stdout.write(JSON.stringify(found))
"""


def test_what_is_known_to_live_is_a_change_of_a_module_that_still_stands_so() -> None:
    typescript = [module for module in KNOWN if module.endswith(".ts")]
    command = ["node", "--input-type=module", "--eval", SCRIPT, *(str(ROOT / module) for module in typescript)]
    answer = subprocess.run(command, cwd=ROOT / "app/web", capture_output=True, check=True)
    found = {module: set(each) for module, each in zip(typescript, json.loads(answer.stdout), strict=True)}
    found |= {module: keys(ROOT / module) for module in KNOWN if module not in found}

    assert {module: left for module, known in KNOWN.items() if (left := known.keys() - found[module])} == {}
