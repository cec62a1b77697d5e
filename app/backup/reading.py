"""What a backup holds, opened and compared with its list, wherever it then goes."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import BinaryIO

from app import age
from app.backup import contents, rows
from app.backup.census import BlobDigest, Census, Count
from app.backup.contents import Contents
from app.backup.directory import Directory
from app.backup.errors import Damaged


def open_list(directory: Directory, identities: Sequence[age.Identity]) -> Contents:
    """The list of a backup of which every file is there. Raises `NotWhole`, `WrongIdentity` and `Damaged`."""
    manifest = directory.whole()
    listed = contents.read(directory.read(manifest.list, identities))
    if (manifest.state, set(manifest.blobs)) != (listed.state, set(listed.sealed_blobs.values())):
        raise Damaged(f"{directory.path} lists other files than its sealed list; one of the two is older")
    return listed


def open_blob(
    directory: Directory, listed: Contents, name: str, identities: Sequence[age.Identity], file: BinaryIO | None = None
) -> None:
    """Write the blob of this name, as its row says it is, into a file, if it shall go into one.

    Raises `Damaged`, but not for one that was altered before the backup was made, which is as the list has it.
    """
    sink = _Measured(file)
    directory.open_(listed.sealed_blobs[name], sink, identities)
    if sink.came != listed.blobs[name] and name not in {fault.of for fault in listed.faults}:
        raise Damaged(f"the attachment in {listed.sealed_blobs[name]} is not what its row says")


def open_state(
    directory: Directory, listed: Contents, identities: Sequence[age.Identity], take: Callable[[bytes], None]
) -> None:
    """Hand on each line of the rows. What was handed on is what was copied when this has returned.

    Raises `Damaged` where they are not what the list tells of, or where something is wrong that was not when they were
    copied.
    """
    census = Census()

    def add(line: bytes) -> None:
        census.add(line)
        take(line)

    sink = rows.Lines(add)
    directory.open_(listed.state, sink, identities)
    sink.end()
    census.end()
    if census.revision != listed.revision or census.files != listed.files:
        raise Damaged(f"{listed.state} is not the state that the list tells of")
    compare(listed, census.tables)
    if census.blobs != listed.blobs:
        raise Damaged("the attachments in the state are others than those in the list")
    found = sorted(map(str, census.faults - set(listed.faults)))
    if found:
        raise Damaged(f"{found[0]}; it was not so when the backup was made")


def compare(listed: Contents, tables: Mapping[str, Count]) -> None:
    """Raises `Damaged` unless the tables are those of the list, to the last row."""
    for name in sorted(listed.tables.keys() | tables.keys()):
        if tables.get(name) != listed.tables.get(name):
            raise Damaged(f"the table {name} is not what the list tells of")


class _Measured:
    """A sink that knows the digest and the size of what it took."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file, self._digest, self._size = file, sha256(), 0

    def write(self, block: bytes, /) -> None:
        if self._file is not None:
            self._file.write(block)
        self._digest.update(block)
        self._size += len(block)

    @property
    def came(self) -> BlobDigest:
        return BlobDigest(sha256=self._digest.hexdigest(), size=self._size)
