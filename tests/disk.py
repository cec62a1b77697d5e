"""What a disk does to a service that stands on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run

import pytest


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nobody can write to the file, or to what the directory lists.

    Modes bind all but root, and Linux's immutable files root too, where it may make some.
    """
    if os.geteuid():
        keep, undo = ["chmod", "u-w"], ["chmod", "u+w"]
    else:
        keep, undo = ["chattr", "+i"], ["chattr", "-i"]
    if run([*keep, path], check=False, capture_output=True).returncode:
        pytest.skip("as root, on a file system that has no immutable files")
    try:
        yield
    finally:
        run([*undo, path], check=True)
