"""The whole run: every module, two at a time, held to what is known to live on."""

import argparse
import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutants.modules import ALONE, PYTHON, TYPESCRIPT
from tests.mutants.run import TestsFail, run

ROOT: Final = Path(__file__).parents[2]
SURVIVORS: Final = Path(__file__).parent / "survivors.toml"
_ENOUGH: Final = 0.95
_DEAD: Final = {"killed", "endless"}


@dataclass(frozen=True)
class Told:
    """What became of the changes of one module, by their keys."""

    module: str
    fates: dict[str, str]
    seconds: float  # of a processor
    could_run: bool = True  # its tests pass as it stands

    @property
    def alive(self) -> set[str]:
        return {key for key, fate in self.fates.items() if fate not in _DEAD}


def main() -> int:
    """0 where enough changes are noticed, and none lives on that is not known; 1 otherwise."""
    arguments = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    arguments.add_argument("--only", nargs="+", metavar="FILE", help="these files instead of all")
    arguments.add_argument("--sample", type=int, default=1, metavar="N", help="every Nth change alone")
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--one", metavar="FILE", help=argparse.SUPPRESS)  # how this starts itself for each file
    asked = arguments.parse_args()
    modules = _modules()
    if asked.one:
        return _tell(asked.one, modules[asked.one], asked.sample)
    chosen = asked.only or list(modules)
    known = tomllib.loads(SURVIVORS.read_text())
    began, told = time.monotonic(), list[Told]()
    with ThreadPoolExecutor(asked.workers) as pool:
        for one in pool.map(lambda module: _run(module, asked.sample), chosen):
            told.append(one)
            say(_line(one))
            for key in sorted(one.alive - set(known.get(one.module, {}))):
                say(f"    {one.fates[key]}  {key}")
    return judge(told, known, is_whole=not asked.only and asked.sample == 1, seconds=time.monotonic() - began)


def _line(one: Told) -> str:
    if not one.could_run:
        return f"{one.module}: its tests fail as it stands, or cannot be run"
    return f"{one.module}: {len(one.fates) - len(one.alive)} of {len(one.fates)}, {one.seconds:.0f} s"


def judge(told: list[Told], known: dict[str, dict[str, str]], *, is_whole: bool, seconds: float) -> int:
    """Says what came of it; the exit status, 0 where all is as it should be. `known` are survivors by module."""
    every = sum(len(one.fates) for one in told)
    alive = sum(len(one.alive) for one in told)
    new = [f"{one.module}: {key}" for one in told for key in one.alive - set(known.get(one.module, {}))]
    share = (every - alive) / every if every else 1.0
    say(f"{every - alive} of {every} changes were noticed ({share:.1%}) in {seconds / 60:.0f} minutes")
    gone = [
        f"{one.module}: {key}" for one in told if one.could_run for key in set(known.get(one.module, {})) - one.alive
    ]
    if is_whole and gone:
        say("\n    ".join(["no longer alive, and to be taken out of survivors.toml:", *gone]))
    if new:
        say(f"{len(new)} live on that survivors.toml does not know")
    could_run = all(one.could_run for one in told)
    return int(not could_run or bool(new) or share < _ENOUGH or (is_whole and bool(gone)))


def _modules() -> dict[str, tuple[str, ...]]:
    return {
        str(path.relative_to(ROOT)): tests
        for pattern, tests in {**PYTHON, **TYPESCRIPT}.items()
        for path in sorted(ROOT.glob(pattern))
        if path.stat().st_size and not path.name.endswith(".test.ts")
    }


def _run(module: str, sample: int) -> Told:
    command = (
        ["node", "mutants/run.mjs", module, str(sample)]
        if module.endswith(".ts")
        else [sys.executable, "-m", "tests.mutants", "--one", module, "--sample", str(sample)]
    )
    place = ROOT / "app/web" if module.endswith(".ts") else ROOT
    answer = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, text=True, check=False)
    if answer.returncode:
        return Told(module, {}, 0.0, could_run=False)
    lines = [json.loads(line) for line in answer.stdout.splitlines() if line.startswith('{"key"')]
    return Told(module, {line["key"]: line["fate"] for line in lines}, sum(line["seconds"] for line in lines))


def _tell(module: str, tests: tuple[str, ...], sample: int) -> int:
    try:
        for line in _told(module, tests, sample):
            say(line)
    except TestsFail:
        return 1
    return 0


def _told(module: str, tests: tuple[str, ...], sample: int) -> Iterator[str]:
    # What `tests/conftest.py` loads, the whole service, takes longer than most tests of the protocol.
    options = ["--noconftest"] if all(test.startswith(ALONE) for test in tests) else []
    for mutant, fate, seconds in run(ROOT / module, [*options, *tests], root=ROOT, sample=sample):
        yield json.dumps({"key": mutant.key, "fate": fate, "seconds": round(seconds, 2)})


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
