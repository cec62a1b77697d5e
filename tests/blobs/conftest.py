from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.blobs import Blobs, StoredBlob, new_name

DAY = date(2026, 6, 15)
MIDNIGHT = datetime(2026, 6, 15, tzinfo=UTC).timestamp()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(directory: Path) -> Blobs:
    return Blobs(directory)


def begun(blobs: Blobs) -> str:
    name = new_name()
    blobs.uploads.begin(name, DAY)
    return name


def keep(blobs: Blobs, *pieces: bytes, day: date = DAY) -> StoredBlob:
    with blobs.uploads.receive() as incoming:
        for piece in pieces:
            incoming.write(piece)
        return incoming.keep(day)
