"""What is destroyed, and what is swept, however far it came."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from app.blobs import Blobs
from tests.blobs.conftest import DAY, begun, keep


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_blob_is_destroyed_however_far_it_came(blobs: Blobs, directory: Path, *, is_finished: bool) -> None:
    name = keep(blobs, b"sealed").name if is_finished else begun(blobs)

    for _ in range(2):
        blobs.destroy(name, DAY)

    assert list(directory.iterdir()) == []


def test_only_old_blobs_without_a_row_are_swept(blobs: Blobs, directory: Path) -> None:
    named, orphan = keep(blobs, b"named").name, keep(blobs, b"orphan").name
    coming, given_up = begun(blobs), begun(blobs)
    recent = keep(blobs, b"its row is being written", day=DAY + timedelta(days=1)).name

    swept = blobs.sweep({named, coming}, DAY + timedelta(days=2))

    assert swept == sorted([orphan, given_up])
    assert {path.name for path in directory.iterdir()} == {named, f"{coming}.incoming", recent}


def test_there_is_nothing_to_sweep_before_the_first_blob(blobs: Blobs) -> None:
    assert blobs.sweep(set(), DAY) == []


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
