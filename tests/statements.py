"""Which tests ask PostgreSQL nothing that others do not ask it, so that SQLite alone is asked by them.

`python -m tests.statements` runs all tests of some packages on PostgreSQL, notes what each has the service ask it, and
writes `on_sqlite_alone.txt` anew. What is left on both makes every statement that was made, with none, one and several
rows, and every refusal of PostgreSQL's, as all of them did. Who begins threads or processes of their own stays on both:
there, who waits for whom may be the subject.
"""

import json
import multiprocessing.process
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

HERE: Final = Path(__file__).parent
DIALECTS: Final = ("sqlite", "postgresql")
LIST: Final = HERE / "on_sqlite_alone.txt"
_PACKAGES: Final = (
    *("access/test_rights.py", "audit", "casework", "installation"),
    *("intake", "people", "shred_keys", "statistics"),
)
_SEVERAL: Final = 2
# What a test costs beside what it does: its database is emptied, and connected to.
_SECONDS_OF_ANY: Final = 0.05
_CALLS_UP: Final = 8
_OF_POSTGRESQL: Final = "pginstall"
_INTO: Final = "STATEMENTS_OF_TERN"
# Those by which the tests bring a service up, and run it, in threads of its own.
_OF_THE_SERVICE: Final = frozenset({"in_process.py", "conftest.py"})

_VALUE = re.compile(r"%\(\w+\)s(::\w+)?")
_ROW = re.compile(r"\((?:\?(?:, )?)+\)")
_ROWS = re.compile(r"(?:\(\?\), ?)+\(\?\)")


def on_sqlite_alone() -> frozenset[str]:
    """The names of those tests: `tests/people/test_staff.py::test_name`, of which all runs are meant, or `named`."""
    return frozenset(LIST.read_text().splitlines())


def named(item: pytest.Item) -> str:
    """What a run of a test is called, whichever database it is on."""
    name, _, given = item.nodeid.partition("[")
    others = [each for each in given.removesuffix("]").split("-") if each not in DIALECTS]
    return f"{name}[{'-'.join(others)}]" if others else name


def whole(name: str) -> str:
    """The test, whatever it is given."""
    return name.partition("[")[0]


@dataclass
class Asked:
    """What one test had PostgreSQL asked."""

    seconds: float = 0
    stays: bool = False  # on both, whatever it asks
    asked: set[str] = field(default_factory=set)


class Noting:
    """The plugin of a process that runs tests."""

    def __init__(self) -> None:
        self._running: Asked | None = None
        self._tests: dict[str, Asked] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._running = self._tests.setdefault(named(item), Asked(stays=_is_marked(item)))
        began = os.times()
        try:
            return (yield)
        finally:
            ended = os.times()
            self._running.seconds += ended.user + ended.system - began.user - began.system + _SECONDS_OF_ANY
            self._running = None

    def pytest_sessionfinish(self) -> None:
        told = {name: [each.seconds, each.stays, sorted(each.asked)] for name, each in self._tests.items()}
        (Path(os.environ[_INTO]) / str(os.getpid())).write_text(json.dumps(told))

    def note(self, statement: str, outcome: object) -> None:
        if self._running is not None:
            self._running.asked.add(f"{_alike(statement)} -> {outcome}")

    def stay(self) -> None:
        if self._running is not None:
            self._running.stays = True


def _is_marked(item: pytest.Item) -> bool:
    return item.get_closest_marker("both_databases") is not None


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note: pytest loads this by its name."""
    noting = Noting()
    config.pluginmanager.register(noting, "noting")

    def answered(connection: sa.Connection, cursor: Any, statement: str, *_: object) -> None:
        if connection.dialect.name == "postgresql" and connection.engine.hide_parameters:  # which tests' own do not
            noting.note(statement, max(-1, min(cursor.rowcount, _SEVERAL)))

    def refused(context: sa.ExceptionContext) -> None:
        noting.note(context.statement or "", type(context.original_exception).__name__)

    def begun(event: str, arguments: tuple[object, ...]) -> None:
        # The programs of PostgreSQL itself are begun by whichever test is the first in its process.
        if event in {"subprocess.Popen", "os.fork", "os.posix_spawn"} and _OF_POSTGRESQL not in repr(arguments[:2]):
            noting.stay()

    sa.event.listen(sa.Engine, "after_cursor_execute", answered)
    sa.event.listen(sa.Engine, "handle_error", refused)
    sys.addaudithook(begun)
    _tell_of_starts(multiprocessing.process.BaseProcess, noting, is_own=lambda: True)
    _tell_of_starts(threading.Thread, noting, is_own=_a_test_starts)


def _tell_of_starts(kind: Any, noting: Noting, is_own: Any) -> None:
    start = kind.start

    def told(self: Any) -> None:
        if is_own():
            noting.stay()
        start(self)

    kind.start = told


def _a_test_starts() -> bool:
    """Whether what starts a thread is called by a test, a few calls up."""
    frame = sys._getframe(2)
    for _ in range(_CALLS_UP):
        if frame.f_back is None:
            break
        path = Path(frame.f_code.co_filename)
        if HERE in path.parents and path.name not in _OF_THE_SERVICE:
            return True
        frame = frame.f_back
    return False


def _alike(statement: str) -> str:
    """The same for whichever values, rows, and names that SQLAlchemy counts."""
    statement = _ROWS.sub("(?)", _ROW.sub("(?)", _VALUE.sub("?", statement)))
    return re.sub(r"\d+", "1", " ".join(statement.split()))


def needed(tests: Mapping[str, Asked]) -> set[str]:
    """Those that together ask all that all of them ask, and take little time."""
    kept = {name for name, each in tests.items() if each.stays}
    left = set[str]().union(*(each.asked for each in tests.values()))
    left -= set[str]().union(*(tests[name].asked for name in kept))
    while left:
        best = max(sorted(tests.keys() - kept), key=lambda name: len(tests[name].asked & left) / tests[name].seconds)
        kept.add(best)
        left -= tests[best].asked
    times = Counter(each for name in kept for each in tests[name].asked)
    for name in sorted(kept, key=lambda name: -tests[name].seconds):
        asked = tests[name].asked
        if not tests[name].stays and all(times[each] > 1 for each in asked):
            kept.remove(name)
            times.subtract(asked)
    return kept


def _noted(directory: Path) -> dict[str, Asked]:
    tests: dict[str, Asked] = {}
    for file in directory.iterdir():
        for name, (seconds, stays, asked) in json.loads(file.read_bytes()).items():
            noted = tests.setdefault(name, Asked())
            noted.seconds += seconds
            noted.stays |= stays
            noted.asked |= set(asked)
    return tests


def main() -> None:
    """Run them all, and write the list."""
    with tempfile.TemporaryDirectory() as directory:
        packages = [str(HERE / each) for each in _PACKAGES]
        chosen = ["-k", "postgresql", "--both-databases", "-n", "4", "--dist", "worksteal"]
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", __spec__.name, *chosen, *packages],
            env=os.environ | {_INTO: directory},
            check=False,
        )
        if ran.returncode:
            sys.exit("a test failed, so it did not ask all that it asks; the list is as it was")
        tests = _noted(Path(directory))
    both = needed(tests)
    of_both = {whole(name) for name in both}
    moved = {name if whole(name) in of_both else whole(name) for name in tests.keys() - both}
    LIST.write_text("".join(f"{name}\n" for name in sorted(moved)))
    sys.stdout.write(f"{len(both)} of {len(tests)} run on both\n")


if __name__ == "__main__":
    main()
