"""What happens in a process of its own that dies on the way, or finds no room."""

import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

_STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime", "sqlite3.connect"}


def killed_at(step: int, within: Path, act: Callable[[], object]) -> bool:
    """Whether the process that did this was killed (-9) before its step of this number; false where it came to its end.

    A step is whatever opens, makes, renames or removes a file in the directory.
    """

    def dies() -> None:
        left = step

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in _STEPS and str(within) in str(arguments[0]):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        act()

    return _ended(dies) == -signal.SIGKILL


def fails_without_room(size: int, act: Callable[[], object]) -> bool:
    """Whether the process gave up where no file may be larger than this many bytes."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        act()

    return _ended(bounded) == _FAILED


_FAILED = 70


def _ended(act: Callable[[], object]) -> int:
    """How a copy of this process ended that did only this."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other threads are none of this test's
        child = os.fork()
    if child == 0:
        code = _FAILED
        try:
            act()
            code = 0
        except OSError:
            pass
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
