"""One module under its tests: how each change gets into a process, and what becomes of it there.

The tests are collected and run once, with a note of the lines that each passes. Then every change of a function has a
forked process, in which the function takes its changed code and the tests that pass its lines run until one fails. What
changes when the module is loaded (a constant, a table) has a process that loads everything anew.
"""

import functools
import gc
import importlib
import io
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import hypothesis
import pytest

from tests.mutants.operators import Mutant, mutants

# Of processor time, so that a busy machine fails nothing. What takes so long, or so much memory, does not end.
_MOST_SECONDS = 60
_MOST_BYTES = 3 * 1024**3
_OPTIONS = (
    "-q",
    "--no-header",
    "--no-summary",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--hypothesis-profile=mutants",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
# Loaded once, before anything is forked: half of the time that it takes to load the tests anew.
_LIBRARIES = (
    "alembic.command",
    "argon2",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "fastapi",
    "httpx2",
    "hypothesis.strategies",
    "mnemonic",
    "pydantic_settings",
    "sqlalchemy.orm",
    "starlette.testclient",
    "typer",
)
_PASSED, _FAILED, _BROKEN = 0, 1, 3

# The same examples each time, and none kept: what fails a change is no example for the code as it stands.
hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True)


class Fate(StrEnum):
    """What became of a change: a test failed, it ran without end, no test failed, or no test runs through it."""

    KILLED = "killed"
    ENDLESS = "endless"
    SURVIVED = "survived"
    UNTESTED = "untested"


class TestsFail(Exception):
    """The tests fail as the code stands, so they say nothing of a change."""


def run(path: Path, tests: Sequence[str], *, root: Path, sample: int = 1) -> Iterator[tuple[Mutant, Fate, float]]:
    """The fate of every `sample`-th change of the file under these tests, and the seconds that it took."""
    for library in _LIBRARIES:
        importlib.import_module(library)
    module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    chosen = [mutant for number, mutant in enumerate(mutants(path)) if number % sample == 0]
    called = [mutant for mutant in chosen if mutant.function]
    yield from _told_by(lambda tell: _run_called(path, called, tests, tell), called)
    for mutant in chosen:
        if not mutant.function:
            yield mutant, *_fate(functools.partial(_run_loaded, module, mutant.code, tests), _MOST_SECONDS)


def _told_by(
    work: Callable[[Callable[[int, Fate, float], None]], None], called: Sequence[Mutant]
) -> Iterator[tuple[Mutant, Fate, float]]:
    """What a process tells that loads the code, so that this one stays without it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            work(lambda number, fate, seconds: print(number, fate, seconds, file=out, flush=True))
        os._exit(_PASSED)
    os.close(writing)
    with os.fdopen(reading) as lines:
        for line in lines:
            number, fate, seconds = line.split()
            yield called[int(number)], Fate(fate), float(seconds)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != _PASSED:
        raise TestsFail


def _fate(work: Callable[[], int], most_seconds: int) -> tuple[Fate, float]:
    """What becomes of a change in a forked process, whose exit status `work` returns, and its processor seconds."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds + 5))
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
        try:
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
                status = work()
        except BaseException:
            status = _FAILED
        os._exit(status)
    _, status, used = os.wait4(child, 0)
    seconds = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status):
        return Fate.ENDLESS, seconds
    return (Fate.SURVIVED if os.waitstatus_to_exitcode(status) == _PASSED else Fate.KILLED), seconds


def _run_called(
    path: Path, called: Sequence[Mutant], tests: Sequence[str], tell: Callable[[int, Fate, float], None]
) -> None:
    plugin = _Forks(path, called, tell)
    with redirect_stdout(io.StringIO()) as said:
        status = pytest.main([*_OPTIONS, *tests], plugins=[plugin])
    if status != pytest.ExitCode.OK:
        os.write(2, said.getvalue().encode())
        os._exit(_BROKEN)


def _run_loaded(module: str, code: CodeType, tests: Sequence[str]) -> int:
    load = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
        return code if name == module else load(self, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
    return int(pytest.main([*_OPTIONS, "-x", *tests], plugins=[_Sqlite()]))


class _Sqlite:
    """Rules do not hang on the database. One is enough here; `make test` runs both."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "postgresql" not in item.nodeid]


@dataclass
class _Test:
    item: pytest.Item
    lines: set[int] = field(default_factory=set)
    seconds: float = 0.0


class _Forks(_Sqlite):
    """Takes pytest's loop over: once over all tests, then once for each change over those that pass it."""

    def __init__(self, path: Path, called: Sequence[Mutant], tell: Callable[[int, Fate, float], None]) -> None:
        self._path, self._called, self._tell = str(path), called, tell
        self._has_failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._has_failed |= report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._nothing = _Nothing(session)
        tests = [_Test(item) for item in session.items]
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            began = time.process_time()
            with _Noting(self._path, test.lines):
                self._run(test, following)
            test.seconds = time.process_time() - began
            if self._has_failed:
                os.write(2, f"fails as it stands: {test.item.nodeid}\n".encode())
                os._exit(_BROKEN)
        live = _functions_of(self._path)
        most_seconds = 10 + 3 * int(sum(test.seconds for test in tests))
        gc.freeze()
        for number, mutant in enumerate(self._called):
            lines = set(range(mutant.first, mutant.last + 1))
            through = sorted((test for test in tests if test.lines & lines), key=lambda test: test.seconds)
            work = functools.partial(self._passes, mutant, live, through)
            self._tell(number, *(_fate(work, most_seconds) if through else (Fate.UNTESTED, 0.0)))
        return True

    def _passes(self, mutant: Mutant, live: dict[tuple[str, int], list[FunctionType]], through: list[_Test]) -> int:
        for code in _codes_of(mutant.code):
            for function in live.get((code.co_qualname, code.co_firstlineno), ()):
                function.__code__ = code
        _forget_what_was_cached()
        for test, following in zip(through, [*through[1:], None], strict=True):
            self._run(test, following)
            if self._has_failed:
                return _FAILED
        return _PASSED

    def _run(self, test: _Test, following: _Test | None) -> None:
        following_item = following.item if following else self._nothing
        test.item.config.hook.pytest_runtest_protocol(item=test.item, nextitem=following_item)


class _Nothing:
    """Comes after the last test: what the session shares (a database with tables) stays for all that are forked."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[pytest.Session]:
        return [self._session]


class _Noting:
    """Notes the lines of a file that are passed, in every thread."""

    def __init__(self, path: str, lines: set[int]) -> None:
        self._path, self._lines = path, lines

    def __enter__(self) -> None:
        threading.settrace(self._entered)
        sys.settrace(self._entered)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def _entered(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if frame.f_code.co_filename != self._path:
            return None
        self._lines.add(frame.f_lineno)
        return self._passed

    def _passed(self, frame: FrameType, _event: str, _argument: object) -> Any:
        self._lines.add(frame.f_lineno)
        return self._passed


def _functions_of(path: str) -> dict[tuple[str, int], list[FunctionType]]:
    """Every function that lives now and was written in this file, by its name and first line."""
    found: dict[tuple[str, int], list[FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename == path:
            found.setdefault((each.__code__.co_qualname, each.__code__.co_firstlineno), []).append(each)
    return found


def _codes_of(code: CodeType) -> Iterable[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes_of(constant)


def _forget_what_was_cached() -> None:
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper) and str(each.__module__).startswith("app."):
            each.cache_clear()
