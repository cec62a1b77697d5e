"""Processes that serve beside one another: they begin and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_TWO = """
import os, signal, time
from app.processes import OneEnded, beside

def work(place):
    os.write(1, f"{place} {os.getpid()}\\n".encode())  # at once, or the other's stands within it
    while True:
        time.sleep(1)  # ends at a signal, also at one that came just before

def end(*_):
    raise SystemExit(0)

try:
    beside(2, lambda place: (signal.signal(signal.SIGTERM, end), work(place)))
except OneEnded as ended:
    print(ended)
    raise SystemExit(1)
"""


@contextmanager
def two() -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """Two that wait, and who began them."""
    with subprocess.Popen([sys.executable, "-c", _TWO], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = sorted(process.stdout.readline().split() for _ in range(2))
            assert [place for place, _ in told] == ["0", "1"]
            yield process, [int(id_) for _, id_ in told]
        finally:
            process.kill()


def is_gone(process: int) -> bool:
    for _ in range(500):
        with suppress(ProcessLookupError):
            os.kill(process, 0)
            time.sleep(0.01)
            continue
        return True
    return False


def test_who_began_them_ends_well_when_all_were_told_to() -> None:
    with two() as (process, ids):
        process.terminate()

        assert process.wait(timeout=30) == 0
        assert all(map(is_gone, ids))


def test_where_one_ends_by_itself_all_end_and_who_began_them_says_so() -> None:
    with two() as (process, ids):
        os.kill(ids[1], signal.SIGKILL)

        assert process.stdout is not None
        assert process.stdout.read().startswith("one of the service's processes ended by itself")
        assert process.wait(timeout=30) == 1
        assert all(map(is_gone, ids))


def test_where_who_began_them_is_killed_none_goes_on() -> None:
    with two() as (process, ids):
        process.kill()

        assert all(map(is_gone, ids))
