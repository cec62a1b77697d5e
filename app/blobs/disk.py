"""What both halves of the store ask of a disk: names that say nothing, days for times, and that what is done stays."""

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

MODE = 0o600

_NAME = re.compile(r"[0-9a-f]{32}")


def is_name(text: str) -> bool:
    """Whether this is the name of a blob: 16 random bytes in lower-case hex."""
    return _NAME.fullmatch(text) is not None


def path_of(directory: Path, name: str) -> Path:
    """Where a blob of this name lies. Raises `ValueError` for what is no name."""
    if not is_name(name):
        raise ValueError("not the name of a blob")
    return directory / name


def private(path: str, flags: int) -> int:
    """An opener for `open`, whose new files only the service reads."""
    return os.open(path, flags, MODE)


def day_of(path: Path) -> date:
    """The day that `set_day` gave the file, or in UTC the day on which it last changed."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def set_day(path: Path | int, day: date) -> None:
    """Of a path, or of an open file, which may get its name meanwhile."""
    midnight = datetime.combine(day, datetime.min.time(), UTC).timestamp()
    os.utime(path, (midnight, midnight))


def sync(directory: Path, day: date) -> None:
    """Bring the directory to disk; its own times would tell when a file came."""
    set_day(directory, day)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path, day: date) -> None:
    """Also from the disk's directory. What is gone is no error, so this can be repeated."""
    path.unlink(missing_ok=True)
    if path.parent.exists():
        sync(path.parent, day)
