"""Finished objects: whole or not there, under names that say nothing, with the day as their time."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.blobs import Blobs, Objects, new_name
from tests.blobs.conftest import DAY, MIDNIGHT, begun, keep


def test_what_is_kept_comes_back(blobs: Blobs) -> None:
    pieces = [b"a" * 100_000, b"", b"b" * 70_000]

    stored = keep(blobs, *pieces)

    whole = b"".join(pieces)
    assert b"".join(blobs.objects.get(stored.name)) == whole
    assert (stored.size, blobs.objects.size(stored.name)) == (170_000, 170_000)
    assert stored.sha256 == hashlib.sha256(whole).hexdigest()


def test_the_same_bytes_twice_are_two_objects(blobs: Blobs) -> None:
    assert keep(blobs, b"same").name != keep(blobs, b"same").name


def test_object_and_directory_tell_the_day_and_not_the_time(blobs: Blobs, directory: Path) -> None:
    stored = keep(blobs, b"sealed")

    times = [(directory / stored.name).stat().st_mtime, directory.stat().st_mtime]
    blobs.objects.delete(stored.name, DAY)

    assert [*times, directory.stat().st_mtime] == [MIDNIGHT] * 3


def test_only_the_service_reads_what_it_keeps(blobs: Blobs, directory: Path) -> None:
    keep(blobs, b"at once")
    blobs.uploads.finish(begun(blobs), DAY)
    begun(blobs)

    assert [oct(path.stat().st_mode & 0o777) for path in (directory, *directory.iterdir())] == ["0o700", *["0o600"] * 3]


def test_a_deleted_object_is_gone_and_deleting_can_be_repeated(blobs: Blobs, directory: Path) -> None:
    stored = keep(blobs, b"sealed")

    blobs.objects.delete(stored.name, DAY)
    blobs.objects.delete(stored.name, DAY)

    assert list(directory.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        blobs.objects.get(stored.name)


def test_an_object_is_put_once_and_a_repetition_changes_nothing(blobs: Blobs, directory: Path) -> None:
    directory.mkdir()
    name, file = new_name(), directory / "whole"
    file.write_bytes(b"sealed")

    for _ in range(2):
        blobs.objects.put(name, file, DAY)

    assert b"".join(blobs.objects.get(name)) == b"sealed"
    assert [path.name for path in directory.iterdir()] == [name]


def test_what_is_neither_file_nor_object_cannot_be_put(blobs: Blobs, directory: Path) -> None:
    directory.mkdir()

    with pytest.raises(FileNotFoundError):
        blobs.objects.put(new_name(), directory / "gone", DAY)


def test_only_objects_are_listed_each_with_its_day(blobs: Blobs, directory: Path) -> None:
    assert list(blobs.objects.list_()) == []
    stored = keep(blobs, b"sealed")
    begun(blobs)
    (directory / "lost+found").mkdir()

    assert list(blobs.objects.list_()) == [(stored.name, DAY)]


@pytest.mark.parametrize("name", ["", ".", "..", "../keyring.json", "/etc/passwd", "A" * 32, "a" * 31, "a" * 32 + "\n"])
@pytest.mark.parametrize(
    "act",
    [
        Objects.get,
        Objects.size,
        lambda objects, name: objects.delete(name, DAY),
        lambda objects, name: objects.put(name, Path("whole"), DAY),
    ],
)
def test_only_names_that_the_store_gave_are_looked_at(
    blobs: Blobs, act: Callable[[Objects, str], object], name: str
) -> None:
    with pytest.raises(ValueError, match="not the name"):
        act(blobs.objects, name)
