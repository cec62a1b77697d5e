"""Files on their way in, always on this machine's disk: at once as a whole, or in parts that may come days apart."""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from app import private
from app.blobs import disk
from app.blobs.objects import Objects

_INCOMING = ".incoming"


@dataclass(frozen=True)
class StoredBlob:
    """What was stored: its name, which a row must keep, its bytes and their SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


class NoRoom(Exception):
    """More bytes would take of the disk what is kept free."""


class OutOfPlace(Exception):
    """Bytes were to be added at another place than where the file ends."""


def new_name() -> str:
    """A name for a file that will come in parts. A row has it before there is a file."""
    return secrets.token_hex(16)


class Incoming:
    """A file that is being written."""

    def __init__(self, name: str, file: BinaryIO, objects: Objects, check_room: Callable[[int], None]) -> None:
        self.stored: StoredBlob | None = None
        self._check_room = check_room
        self._name = name
        self._file = file
        self._objects = objects
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, piece: bytes) -> None:
        """Add bytes to the end. Raises `NoRoom`."""
        self._check_room(len(piece))
        self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)

    def keep(self, day: date) -> StoredBlob:
        """Make an object of the file, with the day as its time. Without this call it vanishes."""
        self._file.flush()
        path = Path(self._file.name)
        disk.set_day(path, day)
        os.fsync(self._file.fileno())
        self._objects.put(self._name, path, day)
        self.stored = StoredBlob(self._name, self._size, self._digest.hexdigest())
        return self.stored


class Uploads:
    """The unfinished files in one directory, each of which becomes one of the `objects` on the same disk."""

    def __init__(self, directory: Path, objects: Objects, *, floor: int) -> None:
        self._directory = directory
        self._objects = objects
        self._floor = floor
        self._stands = disk.standing(directory)

    def check_place(self) -> None:
        """Raises `OSError` where the directory is gone since this process first saw it, or another is in its place: a
        volume that goes away beneath a service uncovers what it lay over, and comes back over what was put there."""
        if self._stands is not None and disk.standing(self._directory) != self._stands:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(self._directory))

    def check_room(self, size: int) -> None:
        """Raises `NoRoom` where `size` bytes more would leave less than the floor."""
        # Before the first file there is no directory; it lies on the disk on which it will be made.
        place = self._directory if self._directory.exists() else self._directory.parent
        if shutil.disk_usage(place).free - size < self._floor:
            raise NoRoom

    @contextmanager
    def receive(self) -> Iterator[Incoming]:
        """A new file. What is not kept when the block ends leaves nothing behind."""
        self._make_directory()
        name = new_name()
        path = self._file_of(name)
        with open(path, "xb", opener=private.opener) as file:
            incoming = Incoming(name, file, self._objects, self.check_room)
            try:
                yield incoming
            finally:
                if incoming.stored is None:
                    path.unlink()

    def begin(self, name: str, day: date) -> None:
        """Make an unfinished file, which is empty. Raises `FileExistsError`."""
        self._make_directory()
        path = self._file_of(name)
        open(path, "xb", opener=private.opener).close()
        disk.set_day(path, day)
        disk.set_day(self._directory, day)

    def append(self, name: str, piece: bytes, *, at: int, day: date) -> None:
        """Add bytes to an unfinished file that ends at `at`.

        Of several processes that add at one place, one does, and the others get `OutOfPlace`. The lock lasts for this
        piece only: a sender whose connection died holds up nobody. Raises `NoRoom`, and `FileNotFoundError` where the
        file is gone.
        """
        self.check_room(len(piece))
        with disk.held(self._path(name)) as file:
            if file is None:
                raise self._out_of_place(name)
            if file.seek(0, os.SEEK_END) != at:
                raise OutOfPlace
            file.write(piece)
            file.flush()
            disk.set_day(file.fileno(), day)

    def offset(self, name: str, day: date) -> int:
        """Where the file ends, finished or not. Up to there it is on disk before this returns.

        Raises `FileNotFoundError` where it is gone.
        """
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            return self._objects.size(name)  # on disk since before it was finished
        with file:
            size = file.seek(0, os.SEEK_END)
            disk.set_day(file.fileno(), day)  # a process may have been killed between a piece and this
            os.fsync(file.fileno())
        disk.sync(self._directory, day)
        return size

    def start_of(self, name: str, size: int) -> bytes:
        """The first `size` bytes of an unfinished file, or as many as there are.

        Raises `OutOfPlace` where it is finished, `FileNotFoundError` where it is gone.
        """
        try:
            with self._path(name).open("rb") as file:
                return file.read(size)
        except FileNotFoundError:
            raise self._out_of_place(name) from None

    def finish(self, name: str, day: date) -> StoredBlob:
        """Make an object of a file to which nothing is added any more. A repetition changes nothing.

        Raises `FileNotFoundError` where the file is gone.
        """
        self.offset(name, day)  # on disk before it has its name
        self._objects.put(name, self._path(name), day)
        # Read again: who began to hash it may not be who ends it.
        digest, size = hashlib.sha256(), 0
        for piece in self._objects.get(name):
            digest.update(piece)
            size += len(piece)
        return StoredBlob(name, size, digest.hexdigest())

    def delete(self, name: str, day: date) -> None:
        """Give an unfinished file up. One that is gone is no error, so this can be repeated."""
        disk.remove(self._file_of(name), day)

    def list_(self) -> Iterator[tuple[str, date]]:
        """The name of every unfinished file, and the day on which something was added last."""
        for path in self.paths():
            yield path.stem, disk.day_of(path)

    def paths(self) -> Iterator[Path]:
        """Where each unfinished file lies."""
        for path in self._directory.glob(f"*{_INCOMING}"):
            if disk.is_name(path.stem):
                yield path

    def _make_directory(self) -> None:
        self.check_place()
        private.make_directory(self._directory)
        self._stands = disk.standing(self._directory)

    def _path(self, name: str) -> Path:
        self.check_place()
        return self._file_of(name)

    def _file_of(self, name: str) -> Path:
        path = disk.path_of(self._directory, name)
        return path.with_name(path.name + _INCOMING)

    def _out_of_place(self, name: str) -> OutOfPlace:
        """To be raised for a file that is finished. Raises `FileNotFoundError` for one that is gone."""
        self._objects.size(name)
        return OutOfPlace()
