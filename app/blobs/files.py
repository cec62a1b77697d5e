"""The file system as a store. A file is whole and on disk before it has its name, and never changes after."""

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

_NAME = re.compile(r"[0-9a-f]{32}")
_UNFINISHED = ".incoming"
_PIECE = 2**16


@dataclass(frozen=True)
class Stored:
    """What was stored: its name, which a row must keep, its bytes and their SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


class OutOfPlace(Exception):
    """Bytes were to be added at another place than where the file ends."""


class Incoming:
    """A file that is being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0
        self.stored: Stored | None = None

    def write(self, piece: bytes) -> None:
        """Add bytes to the end."""
        self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)

    def keep(self, day: date) -> Stored:
        """Bring the file to disk under a random name, with the day as its time. Without this call it vanishes."""
        self._file.flush()
        path = Path(self._file.name)
        _set_day(path, day)
        os.fsync(self._file.fileno())
        name = path.name.removesuffix(_UNFINISHED)
        path.rename(path.with_name(name))
        _sync(path.parent, day)
        self.stored = Stored(name, self._size, self._digest.hexdigest())
        return self.stored


class Blobs:
    """The files in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def receive(self) -> Iterator[Incoming]:
        """A new file. What is not kept when the block ends leaves nothing behind."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._unfinished(self.new_name())
        with path.open("xb") as file:
            incoming = Incoming(file)
            try:
                yield incoming
            finally:
                if incoming.stored is None:
                    path.unlink()

    @staticmethod
    def new_name() -> str:
        """A name for a file that will come in parts. A row has it before there is a file."""
        return secrets.token_hex(16)

    def begin(self, name: str, day: date) -> None:
        """Make an unfinished file, which is empty."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._unfinished(name)
        path.touch(exist_ok=False)
        _set_day(path, day)
        _set_day(self._directory, day)

    def append(self, name: str, piece: bytes, *, at: int, day: date) -> None:
        """Add bytes to an unfinished file that ends at `at`.

        Of several processes that add at one place, one does, and the others get `OutOfPlace`. The lock lasts for this
        piece only: a sender whose connection died holds up nobody. Raises `FileNotFoundError` where the file is gone.
        """
        with self._open_unfinished(name) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if file.seek(0, os.SEEK_END) != at:
                raise OutOfPlace
            file.write(piece)
            file.flush()
            _set_day(file.fileno(), day)

    def reached(self, name: str, day: date) -> int:
        """Where the file ends, finished or not. Up to there it is on disk before this returns.

        Raises `FileNotFoundError` where it is gone.
        """
        try:
            file = self._unfinished(name).open("rb")
        except FileNotFoundError:
            file = self._path(name).open("rb")
        with file:
            size = file.seek(0, os.SEEK_END)
            _set_day(file.fileno(), day)  # a process may have been killed between a piece and this
            os.fsync(file.fileno())
        _sync(self._directory, day)
        return size

    def start_of(self, name: str, size: int) -> bytes:
        """The first `size` bytes of an unfinished file, or as many as there are."""
        with self._open_unfinished(name) as file:
            return file.read(size)

    def finish(self, name: str, day: date) -> Stored:
        """Give an unfinished file its name, when nothing is added any more. A repetition changes nothing.

        Raises `FileNotFoundError` where the file is gone.
        """
        self.reached(name, day)  # on disk before it has its name
        path = self._path(name)
        with suppress(FileNotFoundError):  # where it has its name from a process that was killed right after
            self._unfinished(name).rename(path)
        _sync(self._directory, day)
        # Read again: who began to hash it may not be who ends it.
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return Stored(name, file.tell(), sha256)

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes in pieces. Raises `FileNotFoundError` at once, not at the first piece."""
        file = self._path(name).open("rb")

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(_PIECE):
                    yield piece

        return pieces()

    def size(self, name: str) -> int:
        """The number of bytes. Raises `FileNotFoundError`."""
        return self._path(name).stat().st_size

    def destroy(self, name: str, day: date) -> None:
        """Remove the file, also from the disk's directory. One that is gone is no error, so this can be repeated."""
        self._path(name).unlink(missing_ok=True)
        self._unfinished(name).unlink(missing_ok=True)
        if self._directory.exists():
            _sync(self._directory, day)

    def sweep(self, named: Container[str], today: date) -> list[str]:
        """Remove what no row names and no upload can still be writing: files of the days before yesterday.

        They are left over where the service was killed between a file and its row. The names that were removed.
        """
        before = datetime.combine(today - timedelta(days=1), datetime.min.time(), UTC).timestamp()
        swept = [
            path
            for path in (self._directory.iterdir() if self._directory.exists() else ())
            if path.name.removesuffix(_UNFINISHED) not in named and path.stat().st_mtime < before
        ]
        for path in swept:
            path.unlink()
        if swept:
            _sync(self._directory, today)
        return sorted(path.name for path in swept)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of a blob")
        return self._directory / name

    def _unfinished(self, name: str) -> Path:
        path = self._path(name)
        return path.with_name(path.name + _UNFINISHED)

    def _open_unfinished(self, name: str) -> BinaryIO:
        """For reading and adding. Raises `OutOfPlace` where it is finished."""
        try:
            return self._unfinished(name).open("r+b")
        except FileNotFoundError:
            if self._path(name).exists():
                raise OutOfPlace from None
            raise


def _set_day(path: Path | int, day: date) -> None:
    """Of a path, or of an open file, which may get its name meanwhile."""
    midnight = datetime.combine(day, datetime.min.time(), UTC).timestamp()
    os.utime(path, (midnight, midnight))


def _sync(directory: Path, day: date) -> None:
    """Bring the directory to disk; its own times would tell when a file came."""
    _set_day(directory, day)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
