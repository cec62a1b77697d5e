"""The servers of tests do not outlive them."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgresql import end_those_left

Serve = Callable[[int], tuple[Path, "subprocess.Popen[bytes]"]]


def _heed() -> None:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serve]:
    """A directory of the process of this number, and another process that works there as a server does."""
    with ExitStack() as started:

        def serve(owner: int) -> tuple[Path, "subprocess.Popen[bytes]"]:
            directory = tmp_path / f"tern-postgresql-{owner}-x"
            directory.mkdir()
            # A run in the background of a shell ignores the signal, and so would what it starts; no server does.
            process = started.enter_context(subprocess.Popen(["/bin/sleep", "60"], cwd=directory, preexec_fn=_heed))
            started.callback(process.kill)
            (directory / "postmaster.pid").write_text(f"{process.pid}\n{directory}\n")
            return directory, process

        yield serve


@pytest.fixture
def gone() -> int:
    """The number of a process that is no more, which no other has meanwhile: Linux counts to 2 ** 22."""
    return 2**22 + 1


def test_a_server_ends_whose_run_was_killed(served: Serve, gone: int) -> None:
    directory, process = served(gone)

    end_those_left(directory.parent)

    assert process.wait(10) == -signal.SIGQUIT
    assert not directory.exists()


def test_a_server_stays_whose_run_goes_on(served: Serve) -> None:
    directory, process = served(os.getpid())

    end_those_left(directory.parent)

    assert (process.poll(), directory.exists()) == (None, True)


def test_a_process_stays_that_has_the_number_of_a_server_by_now(served: Serve, gone: int, tmp_path: Path) -> None:
    _, process = served(os.getpid())
    directory = tmp_path / f"tern-postgresql-{gone}-x"
    directory.mkdir()
    (directory / "postmaster.pid").write_text(f"{process.pid}\n")

    end_those_left(tmp_path)

    assert (process.poll(), directory.exists()) == (None, False)
