"""A mark in the data directory for as long as a service runs, which the next one finds there where one died."""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app import private

PREFIX: Final = "serving."


def is_left(data_dir: Path) -> bool:
    """Whether a service before was killed, or lost its machine's power; its mark is taken away."""
    left = [_take_away(mark) for mark in sorted(data_dir.glob(f"{PREFIX}*"))]  # all of them
    return any(left)


@contextmanager
def marked(data_dir: Path) -> Iterator[None]:
    """Leaves the mark until the block comes to its end.

    Each process has a mark of its own and holds it: those that are held are of services that run.
    """
    mark = data_dir / f"{PREFIX}{secrets.token_hex(8)}"
    draft = data_dir / f".{mark.name}"
    with open(draft, "xb", opener=private.opener) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        draft.rename(mark)  # held before another that starts can see it, and take it for one that was left
        yield
        mark.unlink(missing_ok=True)


def _take_away(mark: Path) -> bool:
    """False where somebody holds it, or was faster."""
    try:
        with mark.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mark.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
