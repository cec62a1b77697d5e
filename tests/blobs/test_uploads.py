"""Files on their way in: without a name before they are whole, on disk up to the offset that is told."""

import hashlib
import os
from pathlib import Path

import pytest

from app.blobs import Blobs, NoRoom, OutOfPlace, StoredBlob, new_name
from app.database import storage
from tests.blobs.conftest import DAY, MIDNIGHT, begun, keep


def test_an_upload_that_breaks_off_leaves_nothing(blobs: Blobs, directory: Path) -> None:
    def break_off() -> None:
        with blobs.uploads.receive() as incoming:
            incoming.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()

    assert list(directory.iterdir()) == []


def test_a_file_has_no_name_before_it_is_whole(blobs: Blobs, directory: Path) -> None:
    with blobs.uploads.receive() as incoming:
        incoming.write(b"half")
        unfinished = [path.name for path in directory.iterdir()]
        with pytest.raises(ValueError, match="not the name"):
            blobs.objects.get(unfinished[0])
        incoming.keep(DAY)


def test_a_file_comes_in_parts_at_their_places_only(blobs: Blobs, directory: Path) -> None:
    uploads, name = blobs.uploads, begun(blobs)

    uploads.append(name, b"one ", at=0, day=DAY)
    for place in (0, 3, 5):
        with pytest.raises(OutOfPlace):
            uploads.append(name, b"again", at=place, day=DAY)
    uploads.append(name, b"two", at=4, day=DAY)

    assert (uploads.offset(name, DAY), uploads.start_of(name, 5)) == (7, b"one t")
    assert {path.stat().st_mtime for path in (directory, *directory.iterdir())} == {MIDNIGHT}


def test_a_file_in_parts_has_no_name_before_it_is_finished(blobs: Blobs) -> None:
    uploads, name = blobs.uploads, begun(blobs)
    uploads.append(name, b"whole", at=0, day=DAY)
    with pytest.raises(FileNotFoundError):
        blobs.objects.get(name)

    stored = [uploads.finish(name, DAY) for _ in range(2)]

    assert stored == [StoredBlob(name, 5, hashlib.sha256(b"whole").hexdigest())] * 2
    assert b"".join(blobs.objects.get(name)) == b"whole"
    assert uploads.offset(name, DAY) == 5
    for act in (lambda: uploads.append(name, b"more", at=5, day=DAY), lambda: uploads.start_of(name, 5)):
        with pytest.raises(OutOfPlace):
            act()


def test_a_file_is_found_though_somebody_else_names_it_meanwhile(
    blobs: Blobs, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = begun(blobs)
    blobs.uploads.append(name, b"whole", at=0, day=DAY)
    utime = os.utime

    def meanwhile(of: Path | int, times: tuple[float, float]) -> None:
        if (directory / f"{name}.incoming").exists():
            (directory / f"{name}.incoming").rename(directory / name)
        utime(of, times)

    monkeypatch.setattr(os, "utime", meanwhile)

    assert blobs.uploads.offset(name, DAY) == 5
    assert (directory / name).stat().st_mtime == MIDNIGHT


def test_an_upload_that_was_given_up_is_gone(blobs: Blobs, directory: Path) -> None:
    uploads, name = blobs.uploads, begun(blobs)

    for _ in range(2):
        uploads.delete(name, DAY)

    assert list(directory.iterdir()) == []
    for act in (
        lambda: uploads.append(name, b"", at=0, day=DAY),
        lambda: uploads.offset(name, DAY),
        lambda: uploads.finish(name, DAY),
    ):
        with pytest.raises(FileNotFoundError):
            act()


def test_only_unfinished_files_are_listed_each_with_its_day(blobs: Blobs, directory: Path) -> None:
    assert list(blobs.uploads.list_()) == []
    name = begun(blobs)
    blobs.uploads.finish(begun(blobs), DAY)
    (directory / "notes.incoming").touch()

    assert list(blobs.uploads.list_()) == [(name, DAY)]


def test_no_name_is_begun_twice(blobs: Blobs) -> None:
    name = new_name()
    blobs.uploads.begin(name, DAY)

    with pytest.raises(FileExistsError):
        blobs.uploads.begin(name, DAY)


def test_no_upload_takes_of_the_disk_what_is_kept_free(blobs: Blobs, directory: Path) -> None:
    full, name = Blobs(directory, floor=2**60), begun(blobs)

    with pytest.raises(NoRoom), full.uploads.receive() as incoming:
        incoming.write(b"a")
    with pytest.raises(NoRoom):
        full.uploads.append(name, b"a", at=0, day=DAY)
    with pytest.raises(NoRoom):
        full.uploads.check_room(0)
    with pytest.raises(NoRoom):
        blobs.uploads.check_room(2**60)

    assert [path.stat().st_size for path in directory.iterdir()] == [0]


def test_nothing_is_put_where_the_volume_was_that_went_away_beneath_the_service(directory: Path) -> None:
    """What was put there would be hidden as soon as it is back."""
    blobs, away = Blobs(directory), directory.with_name("away")
    name = begun(blobs)
    directory.rename(away)

    for act in (
        lambda: blobs.uploads.begin(new_name(), DAY),
        lambda: keep(blobs, b"whole"),
        lambda: blobs.uploads.append(name, b"more", at=0, day=DAY),
        lambda: blobs.uploads.offset(name, DAY),
        lambda: blobs.uploads.finish(name, DAY),
    ):
        for uncovered in (False, True):
            if uncovered:
                directory.mkdir()
            with pytest.raises(OSError, match="Stale file handle") as failure:
                act()
            assert storage.has_failed(failure.value)
            if uncovered:
                directory.rmdir()  # nothing is in it

    away.rename(directory)
    blobs.uploads.append(name, b"more", at=0, day=DAY)
    assert blobs.uploads.finish(name, DAY).size == len(b"more")
