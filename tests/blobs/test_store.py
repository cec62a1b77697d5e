"""What is destroyed, and what is swept, however far it came."""

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
