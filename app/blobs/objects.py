"""Finished objects as files. An object is whole and on disk before it has its name, and never changes after."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from app.blobs import disk

_PIECE = 2**16


class Objects:
    """The objects in one directory, which may hold other files too: their names are none of an object.

    What is asked here is what an object store can do as well: put, get, delete and list whole objects.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, name: str, file: Path, day: date) -> None:
        """Take over a whole file, which is on this disk and no longer written to. It is durable when this returns.

        A repetition changes nothing, also where the process was killed halfway. Raises `FileNotFoundError` where there
        is neither the file nor the object.
        """
        path = self._path(name)
        with suppress(FileNotFoundError):  # where the object was put by a process that was killed right after
            file.rename(path)
        path.stat()
        disk.sync(self._directory, day)

    def get(self, name: str) -> Iterator[bytes]:
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

    def delete(self, name: str, day: date) -> None:
        """Remove the object for good. One that is gone is no error, so this can be repeated."""
        disk.remove(self._path(name), day)

    def list_(self) -> Iterator[tuple[str, date]]:
        """The name of every object, and the day on which it was put."""
        for path in self.paths():
            yield path.name, disk.day_of(path)

    def paths(self) -> Iterator[Path]:
        """Where each object lies."""
        for path in self._directory.iterdir() if self._directory.exists() else ():
            if disk.is_name(path.name):
                yield path

    def _path(self, name: str) -> Path:
        return disk.path_of(self._directory, name)
