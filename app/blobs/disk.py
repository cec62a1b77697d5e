"""What both halves of the store ask of a disk: names that say nothing, days for times, and that what is done stays."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Final

from app import private

RENEWED: Final = ".renewed"

_NAME = re.compile(r"[0-9a-f]{32}")


def is_name(text: str) -> bool:
    """Whether this is the name of a blob: 16 random bytes in lower-case hex."""
    return _NAME.fullmatch(text) is not None


def path_of(directory: Path, name: str) -> Path:
    """Where a blob of this name lies. Raises `ValueError` for what is no name."""
    if not is_name(name):
        raise ValueError("not the name of a blob")
    return directory / name


def blob_of(path: Path) -> str:
    """The name of the blob that a file holds, finished or not."""
    return path.name.partition(".")[0]


def day_of(path: Path) -> date:
    """The day that `set_day` gave the file, or in UTC the day on which it last changed."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def set_day(path: Path | int, day: date) -> None:
    """Of a path, or of an open file, which may get its name meanwhile."""
    midnight = datetime.combine(day, datetime.min.time(), UTC).timestamp()
    os.utime(path, (midnight, midnight))


def standing(directory: Path) -> tuple[int, int] | None:
    """Which directory stands there: on which disk, and which of its entries. None where there is none."""
    try:
        found = directory.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def sync(directory: Path, day: date) -> None:
    """Bring the directory to disk; its own times would tell when a file came."""
    set_day(directory, day)
    private.flush(directory)


@contextmanager
def held(path: Path) -> Iterator[BinaryIO | None]:
    """The file at `path`, which nobody else holds meanwhile; None where there is none, or none any more."""
    while True:
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            yield None
            return
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _lies_at(path, file):  # who held it before may have removed or renewed it
                yield file
                return


def _lies_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def renew(path: Path) -> None:
    """Write the file anew, under the same name and day: what else a disk tells of its time is that of this call.

    A process that is killed leaves the old one, and beside it what `RENEWED` names. Who removes the file, or adds to
    it, waits: nothing that is destroyed comes back, and no byte is lost.
    """
    draft = path.with_name(path.name + RENEWED)
    with held(path) as old:
        if old is None:
            return
        with open(draft, "wb", opener=private.opener) as new:
            shutil.copyfileobj(old, new)
            new.flush()
            set_day(new.fileno(), day_of(path))
            os.fsync(new.fileno())
        draft.replace(path)


def move(path: Path, directory: Path, day: date) -> None:
    """Bring a file into another directory, of the day. What is gone is no error, so this can be repeated."""
    private.make_directory(directory)
    with held(path) as file:
        if file is not None:
            set_day(file.fileno(), day)
            path.rename(directory / path.name)
    sync(directory, day)
    sync(path.parent, day)


def remove(path: Path, day: date) -> None:
    """Also from the disk's directory. What is gone is no error, so this can be repeated."""
    with held(path):
        path.unlink(missing_ok=True)
    if path.parent.exists():
        sync(path.parent, day)
