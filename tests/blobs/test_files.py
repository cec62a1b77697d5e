"""Files of sealed bytes: whole or not there, under names that say nothing, with the day as their time."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.blobs import Blobs, OutOfPlace, Stored

DAY = date(2026, 6, 15)
MIDNIGHT = datetime(2026, 6, 15, tzinfo=UTC).timestamp()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(directory: Path) -> Blobs:
    return Blobs(directory)


def begun(blobs: Blobs) -> str:
    name = blobs.new_name()
    blobs.begin(name, DAY)
    return name


def keep(blobs: Blobs, *pieces: bytes, day: date = DAY) -> Stored:
    with blobs.receive() as incoming:
        for piece in pieces:
            incoming.write(piece)
        return incoming.keep(day)


def test_what_is_kept_comes_back(blobs: Blobs) -> None:
    pieces = [b"a" * 100_000, b"", b"b" * 70_000]

    stored = keep(blobs, *pieces)

    whole = b"".join(pieces)
    assert b"".join(blobs.read(stored.name)) == whole
    assert (stored.size, blobs.size(stored.name)) == (170_000, 170_000)
    assert stored.sha256 == hashlib.sha256(whole).hexdigest()


def test_the_same_bytes_twice_are_two_files(blobs: Blobs) -> None:
    assert keep(blobs, b"same").name != keep(blobs, b"same").name


def test_an_upload_that_breaks_off_leaves_nothing(blobs: Blobs, directory: Path) -> None:
    def break_off() -> None:
        with blobs.receive() as incoming:
            incoming.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()

    assert list(directory.iterdir()) == []


def test_a_file_has_no_name_before_it_is_whole(blobs: Blobs, directory: Path) -> None:
    with blobs.receive() as incoming:
        incoming.write(b"half")
        unfinished = [path.name for path in directory.iterdir()]
        with pytest.raises(ValueError, match="not the name"):
            blobs.read(unfinished[0])
        incoming.keep(DAY)


def test_file_and_directory_tell_the_day_and_not_the_time(blobs: Blobs, directory: Path) -> None:
    stored = keep(blobs, b"sealed")

    times = [(directory / stored.name).stat().st_mtime, directory.stat().st_mtime]
    blobs.destroy(stored.name, DAY)

    assert [*times, directory.stat().st_mtime] == [MIDNIGHT] * 3


def test_a_destroyed_file_is_gone_and_destroying_can_be_repeated(blobs: Blobs, directory: Path) -> None:
    stored = keep(blobs, b"sealed")

    blobs.destroy(stored.name, DAY)
    blobs.destroy(stored.name, DAY)

    assert list(directory.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        blobs.read(stored.name)


@pytest.mark.parametrize("name", ["", ".", "..", "../keyring.json", "/etc/passwd", "A" * 32, "a" * 31, "a" * 32 + "\n"])
@pytest.mark.parametrize("act", [Blobs.read, Blobs.size, lambda blobs, name: blobs.destroy(name, DAY)])
def test_only_names_that_the_store_gave_are_looked_at(
    blobs: Blobs, act: Callable[[Blobs, str], object], name: str
) -> None:
    with pytest.raises(ValueError, match="not the name"):
        act(blobs, name)


def test_only_old_files_without_a_row_are_swept(blobs: Blobs, directory: Path) -> None:
    named, orphan = keep(blobs, b"named"), keep(blobs, b"orphan")
    recent = keep(blobs, b"its row is being written", day=DAY + timedelta(days=1))

    swept = blobs.sweep({named.name}, DAY + timedelta(days=2))

    assert swept == [orphan.name]
    assert {path.name for path in directory.iterdir()} == {named.name, recent.name}


def test_there_is_nothing_to_sweep_before_the_first_file(blobs: Blobs) -> None:
    assert blobs.sweep(set(), DAY) == []


def test_a_file_comes_in_parts_at_their_places_only(blobs: Blobs, directory: Path) -> None:
    name = begun(blobs)

    blobs.append(name, b"one ", at=0, day=DAY)
    for place in (0, 3, 5):
        with pytest.raises(OutOfPlace):
            blobs.append(name, b"again", at=place, day=DAY)
    blobs.append(name, b"two", at=4, day=DAY)

    assert (blobs.reached(name, DAY), blobs.start_of(name, 5)) == (7, b"one t")
    assert {path.stat().st_mtime for path in (directory, *directory.iterdir())} == {MIDNIGHT}


def test_a_file_in_parts_has_no_name_before_it_is_finished(blobs: Blobs) -> None:
    name = begun(blobs)
    blobs.append(name, b"whole", at=0, day=DAY)
    with pytest.raises(FileNotFoundError):
        blobs.read(name)

    stored = [blobs.finish(name, DAY) for _ in range(2)]

    assert stored == [Stored(name, 5, hashlib.sha256(b"whole").hexdigest())] * 2
    assert b"".join(blobs.read(name)) == b"whole"
    assert blobs.reached(name, DAY) == 5
    with pytest.raises(OutOfPlace):
        blobs.append(name, b"more", at=5, day=DAY)


def test_a_file_is_found_though_somebody_else_names_it_meanwhile(
    blobs: Blobs, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = begun(blobs)
    blobs.append(name, b"whole", at=0, day=DAY)
    utime = os.utime

    def meanwhile(of: Path | int, times: tuple[float, float]) -> None:
        if (directory / f"{name}.incoming").exists():
            (directory / f"{name}.incoming").rename(directory / name)
        utime(of, times)

    monkeypatch.setattr(os, "utime", meanwhile)

    assert blobs.reached(name, DAY) == 5
    assert (directory / name).stat().st_mtime == MIDNIGHT


def test_an_unfinished_file_can_be_destroyed_and_is_then_gone(blobs: Blobs, directory: Path) -> None:
    name = begun(blobs)

    blobs.destroy(name, DAY)

    assert list(directory.iterdir()) == []
    for act in (lambda: blobs.append(name, b"", at=0, day=DAY), lambda: blobs.reached(name, DAY)):
        with pytest.raises(FileNotFoundError):
            act()


def test_an_unfinished_file_is_swept_where_no_row_names_it(blobs: Blobs, directory: Path) -> None:
    named, orphan = begun(blobs), begun(blobs)

    swept = blobs.sweep({named}, DAY + timedelta(days=2))

    assert swept == [f"{orphan}.incoming"]
    assert [path.name for path in directory.iterdir()] == [f"{named}.incoming"]
