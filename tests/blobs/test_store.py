"""What is destroyed, and what is swept, however far it came."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from app import private
from app.blobs import Blobs, TooManyLeftOver, disk, new_name
from tests.blobs.conftest import DAY, begun, keep


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_blob_is_destroyed_however_far_it_came(blobs: Blobs, directory: Path, *, is_finished: bool) -> None:
    name = keep(blobs, b"sealed").name if is_finished else begun(blobs)

    for _ in range(2):
        blobs.destroy(name, DAY)

    assert list(directory.iterdir()) == []


def files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.is_file()}


def test_only_old_blobs_without_a_row_are_set_aside(blobs: Blobs, directory: Path) -> None:
    named, orphan = keep(blobs, b"named").name, keep(blobs, b"orphan").name
    coming, given_up = begun(blobs), begun(blobs)
    recent = keep(blobs, b"its row is being written", day=DAY + timedelta(days=1)).name

    aside = blobs.set_aside({named, coming}, DAY + timedelta(days=2))

    assert sorted(aside) == sorted([orphan, given_up])
    assert files(directory) == {named, f"{coming}.incoming", recent}
    assert files(directory / "aside") == {orphan, f"{given_up}.incoming"}


def test_what_a_row_names_again_comes_back_and_the_rest_goes_after_seven_days(blobs: Blobs, directory: Path) -> None:
    missed, coming, orphan = keep(blobs, b"missed").name, begun(blobs), keep(blobs, b"orphan").name
    day = DAY + timedelta(days=2)
    blobs.set_aside((), day)

    gone = [blobs.settle({missed, coming}, day + timedelta(days=days)) for days in (1, 7, 8)]

    assert gone == [[], [], [orphan]]
    assert b"".join(blobs.objects.get(missed)) == b"missed"
    assert (files(directory), files(directory / "aside")) == ({missed, f"{coming}.incoming"}, set())


def test_what_is_destroyed_is_destroyed_where_it_was_set_aside_too(blobs: Blobs, directory: Path) -> None:
    name = keep(blobs, b"withdrawn").name
    blobs.set_aside((), DAY + timedelta(days=2))

    blobs.destroy(name, DAY + timedelta(days=2))

    assert (files(directory), files(directory / "aside")) == (set(), set())


@pytest.mark.parametrize(("there", "left_over", "is_refused"), [(12, 10, False), (12, 11, True), (1200, 12, False)])
def test_more_than_a_crash_leaves_behind_are_not_touched_unless_somebody_looked(
    blobs: Blobs, directory: Path, there: int, left_over: int, *, is_refused: bool
) -> None:
    private.make_directory(directory)
    names = [new_name() for _ in range(there)]
    for name in names:
        path = directory / name
        path.touch()
        disk.set_day(path, DAY)
    day, named = DAY + timedelta(days=2), set(names[left_over:])

    with pytest.raises(TooManyLeftOver) if is_refused else nullcontext():
        blobs.set_aside(named, day)
    untouched = set(names) if is_refused else named
    assert files(directory) == untouched

    blobs.set_aside(named, day, however_many=True)
    assert files(directory) == named


def test_there_is_nothing_to_set_aside_before_the_first_blob(blobs: Blobs) -> None:
    assert (blobs.set_aside(set(), DAY), blobs.settle(set(), DAY)) == ([], [])


def test_files_of_a_day_that_is_over_are_written_anew_once(blobs: Blobs, directory: Path) -> None:
    stored = keep(blobs, b"sealed")
    unfinished = begun(blobs)
    today = keep(blobs, b"of today", day=DAY + timedelta(days=1))
    paths = {path: path.stat() for path in directory.iterdir()}
    (directory / f"{stored.name}.renewed").write_bytes(b"of a sweep that was killed")

    blobs.renew(DAY + timedelta(days=1))
    first = {path: path.stat() for path in paths}
    blobs.renew(DAY + timedelta(days=1))

    renewed = {path.name.partition(".")[0] for path, before in paths.items() if first[path].st_ino != before.st_ino}
    assert renewed == {stored.name, unfinished}
    assert {path.stat().st_ino for path in paths} == {after.st_ino for after in first.values()}
    assert {path: after.st_mtime for path, after in first.items()} == {
        path: was.st_mtime for path, was in paths.items()
    }
    assert min(path.stat().st_ctime_ns for path in paths if renewed & {path.name.partition(".")[0]}) > max(
        before.st_ctime_ns for before in paths.values()
    )
    assert (b"".join(blobs.objects.get(stored.name)), b"".join(blobs.objects.get(today.name))) == (
        b"sealed",
        b"of today",
    )
    assert {path.name for path in directory.iterdir()} == {path.name for path in paths}
    blobs.renew(DAY + timedelta(days=2))
    assert (directory / today.name).stat().st_ino != paths[directory / today.name].st_ino


def test_what_is_destroyed_while_it_is_written_anew_does_not_come_back(blobs: Blobs, directory: Path) -> None:
    names = [keep(blobs, bytes(100_000)).name for _ in range(20)]

    with ThreadPoolExecutor(2) as threads:
        renewing = threads.submit(blobs.renew, DAY + timedelta(days=1))
        for name in names:
            blobs.destroy(name, DAY)
        renewing.result()

    assert list(directory.iterdir()) == []
