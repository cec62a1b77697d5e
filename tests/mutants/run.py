"""One module under its tests: how each change gets into a process, and what becomes of it there.

The tests are collected and run once, with a note of the lines that each passes. Then every change of a function has a
forked process, in which the function takes its changed code and the tests that pass its lines run until one fails. What
changes when the module is loaded (a constant, a table, a function that runs only then) has a process that loads its own
tests anew, and where they notice nothing another for each further file of tests, in the order of the row. Tests that
pass the module come before others, and quick ones before slow ones.
"""

import functools
import gc
import importlib
import io
import json
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
from typing import Any, TypeAlias

import hypothesis
import pytest

from tests.mutants.operators import Mutant, mutants

# Of processor time, so that a busy machine fails nothing, and beyond three times what the tests take without a change.
# What takes longer, or so much memory, does not end.
_MOST_SECONDS = 5
_MOST_SECONDS_OF_LOADING = 15
_MOST_BYTES = 2 * 1024**3
_OPTIONS = (
    "-q",
    "--no-header",
    "--no-summary",
    "--disable-plugin-autoload",  # each would be loaded again for each change
    "-p",
    "_hypothesis_pytestplugin",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:unraisableexception",
    "--hypothesis-profile=mutants",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
# Loaded once, before anything is forked: half of the time that it takes to load the tests anew.
_LIBRARIES = (
    "_hypothesis_pytestplugin",
    "alembic.config",
    "argon2",
    "babel.messages.pofile",
    "babel.support",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.asymmetric.mlkem",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.hpke",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "cryptography.hazmat.primitives.kdf.scrypt",
    "fastapi",
    "httpx2",
    "hypothesis.strategies",
    "jinja2",
    "mnemonic",
    "pydantic.v1",
    "pydantic_settings",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.orm",
    "starlette.testclient",
    "typer",
)
_PASSED, _FAILED, _BROKEN = 0, 1, 3

# The same examples each time, and none kept: what fails a change is no example for the code as it stands, and no hurry.
hypothesis.settings.register_profile(
    "mutants", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)


class Fate(StrEnum):
    """What became of a change: a test failed, it ran without end, no test failed, or no test runs through it."""

    KILLED = "killed"
    ENDLESS = "endless"
    SURVIVED = "survived"
    UNTESTED = "untested"


# Every function that lives now and was written in the file, by its name and first line.
_Live: TypeAlias = dict[tuple[str, int], list[FunctionType]]
_Cached: TypeAlias = "list[functools._lru_cache_wrapper[Any]]"


class TestsFail(Exception):
    """The tests fail as the code stands, so they say nothing of a change."""


def run(path: Path, tests: Sequence[str], *, root: Path, sample: int = 1) -> Iterator[tuple[Mutant, Fate, float]]:
    """The fate of every `sample`-th change of the file under these tests, and the seconds that it took."""
    for library in _LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    chosen = [mutant for number, mutant in enumerate(mutants(path)) if number % sample == 0]
    called = [mutant for mutant in chosen if mutant.function]
    anew = [mutant for mutant in chosen if not mutant.function]
    lines = _said_by(lambda say: _run_called(path, called, tests, say))
    first = json.loads(next(lines))
    order, loaded = _Order(first["tests"], first["seconds"]), set(first["loaded"])
    most_seconds = _MOST_SECONDS_OF_LOADING + 3 * order.seconds
    for mutant, line in zip(called, lines, strict=True):
        fate, seconds = line.split()
        if fate in {Fate.SURVIVED, Fate.UNTESTED} and loaded.intersection(mutant.lines):
            anew.append(mutant)
        else:
            yield mutant, Fate(fate), float(seconds)
    options = [each for each in tests if each.startswith("-")]
    tries = [[*options, each] for each in tests if each not in options]
    fate_of = functools.partial(_fate_of_loaded, module, tries, order, most_seconds)
    if anew and fate_of(_as_it_stands(path))[0] != Fate.SURVIVED:
        raise TestsFail
    for mutant in anew:
        yield mutant, *fate_of(mutant.code)


@dataclass(frozen=True)
class _Order:
    """The ids of the tests as they are best tried, and the seconds that they take without a change."""

    tests: list[str]
    seconds: float


def _said_by(work: Callable[[Callable[[str], None]], None]) -> Iterator[str]:
    """The lines that a process says which loads the code, so that this one stays without it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            work(lambda line: print(line, file=out, flush=True))
        os._exit(_PASSED)
    os.close(writing)
    with os.fdopen(reading) as lines:
        yield from lines
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != _PASSED:
        raise TestsFail


def _fate(work: Callable[[], int], most_seconds: float) -> tuple[Fate, float]:
    """What becomes of a change in a forked process, whose exit status `work` returns, and its processor seconds."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (int(most_seconds), int(most_seconds) + 5))
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


def _run_called(path: Path, called: Sequence[Mutant], tests: Sequence[str], say: Callable[[str], None]) -> None:
    plugin = _Forks(path, called, say)
    with redirect_stdout(io.StringIO()) as said, plugin.loading:
        status = pytest.main([*_OPTIONS, *tests], plugins=[plugin])
    if status != pytest.ExitCode.OK:
        os.write(2, said.getvalue().encode())
        os._exit(_BROKEN)


def _fate_of_loaded(
    module: str, tries: Sequence[Sequence[str]], order: _Order, most_seconds: float, code: CodeType
) -> tuple[Fate, float]:
    """What becomes of it under the first of these tests, and where it lives on under the next."""
    seconds = 0.0
    for tests in tries:
        fate, used = _fate(functools.partial(_run_loaded, module, code, tests, order), most_seconds)
        seconds += used
        if fate != Fate.SURVIVED:
            break
    return fate, seconds


def _run_loaded(module: str, code: CodeType, tests: Sequence[str], order: _Order) -> int:
    load = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
        return code if name == module else load(self, name)

    gc.disable()
    SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
    return int(pytest.main([*_OPTIONS, "-x", *tests], plugins=[_Ordered(order)]))


class _Sqlite:
    """Rules do not hang on the database. One is enough here; `make test` runs both."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "postgresql" not in item.nodeid]


class _Ordered(_Sqlite):
    """Tests that are new by the change come first."""

    def __init__(self, order: _Order) -> None:
        self._place = {test: place for place, test in enumerate(order.tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        super().pytest_collection_modifyitems(items)
        items.sort(key=lambda item: self._place.get(item.nodeid, -1))


@dataclass
class _Test:
    item: pytest.Item
    lines: set[int] = field(default_factory=set)
    seconds: float = 0.0


class _Forks(_Sqlite):
    """Takes pytest's loop over: once over all tests, then once for each change over those that pass it."""

    def __init__(self, path: Path, called: Sequence[Mutant], say: Callable[[str], None]) -> None:
        self._path, self._called, self._say = str(path), called, say
        self._has_failed = False
        self._loaded = set[int]()
        self.loading = _Noting(self._path, self._loaded)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._has_failed |= report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._nothing = _Nothing(session)
        self.loading.end()
        tests = [_Test(item) for item in session.items]
        gc.unfreeze()  # what was loaded has been hidden from it, by tests/conftest.py say
        own = [each for each in _cached() if each.__wrapped__.__code__.co_filename == self._path]
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            for each in own:  # what an earlier test asked for would pass none of its lines again
                each.cache_clear()
            began = time.process_time()
            with _Noting(self._path, test.lines):
                self._run(test, following)
            test.seconds = time.process_time() - began
            if self._has_failed:
                os.write(2, f"fails as it stands: {test.item.nodeid}\n".encode())
                os._exit(_BROKEN)
        tests.sort(key=lambda test: (not test.lines, test.seconds))
        order = {"tests": [test.item.nodeid for test in tests], "seconds": sum(test.seconds for test in tests)}
        self._say(json.dumps({**order, "loaded": sorted(self._loaded)}))
        live, cached = _functions_of(self._path), _cached()
        gc.freeze()
        # A test that fails in a fork whatever stands there would be taken for one that notices every change.
        same, passing = _as_it_stands(Path(self._path)), [test for test in tests if test.lines]
        if passing and self._fate_of(same, live, cached, passing)[0] != Fate.SURVIVED:
            os.write(2, b"a test fails in a fork as it stands\n")
            os._exit(_BROKEN)
        for mutant in self._called:
            through = [test for test in tests if test.lines.intersection(mutant.lines)]
            fate, seconds = self._fate_of(mutant.code, live, cached, through) if through else (Fate.UNTESTED, 0.0)
            self._say(f"{fate} {seconds}")
        return True

    def _fate_of(self, code: CodeType, live: _Live, cached: _Cached, through: list[_Test]) -> tuple[Fate, float]:
        work = functools.partial(self._passes, code, live, cached, through)
        return _fate(work, _MOST_SECONDS + 3 * sum(test.seconds for test in through))

    def _passes(self, of_module: CodeType, live: _Live, cached: _Cached, through: list[_Test]) -> int:
        for code in _codes_of(of_module):
            for function in live.get((code.co_qualname, code.co_firstlineno), ()):
                function.__code__ = code
        for each in cached:
            each.cache_clear()
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
        self.end()

    def end(self) -> None:
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


def _functions_of(path: str) -> _Live:
    found: _Live = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename == path:
            found.setdefault((each.__code__.co_qualname, each.__code__.co_firstlineno), []).append(each)
    return found


def _as_it_stands(path: Path) -> CodeType:
    return compile(path.read_text(), str(path), "exec", dont_inherit=True)


def _codes_of(code: CodeType) -> Iterable[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes_of(constant)


def _cached() -> _Cached:
    """The functions of ours that keep what they once answered.

    But the vocabulary's: no rule makes it, and its tables, which tests hold, are each itself and equal to no other.
    """
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, functools._lru_cache_wrapper)
        and str(each.__module__).startswith("app.")
        and not str(each.__module__).startswith("app.vocabulary.")
    ]
