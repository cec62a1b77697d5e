"""What goes with rows goes when they have gone, and not before."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.blobs import Blobs
from app.database import Database
from app.destruction import destroying, doom, doomed, finish

DAY = date(2026, 6, 15)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.fixture
def blob(blobs: Blobs) -> str:
    with blobs.uploads.receive() as incoming:
        incoming.write(b"sealed")
        return incoming.keep(DAY).name


def lie(blobs: Blobs) -> list[str]:
    return [name for name, _ in blobs.objects.list_()]


def test_a_blob_goes_once_its_rows_have(database: Database, blobs: Blobs, blob: str) -> None:
    with destroying(database, blobs, DAY) as session:
        doom(session, [blob])
        during = lie(blobs)

    assert (during, lie(blobs), doomed(session)) == ([blob], [], [blob])


def test_a_transaction_that_fails_destroys_nothing(database: Database, blobs: Blobs, blob: str) -> None:
    def fail(session: Session) -> None:
        doom(session, [blob])
        raise RuntimeError

    with pytest.raises(RuntimeError), destroying(database, blobs, DAY) as session:
        fail(session)

    assert lie(blobs) == [blob]


def test_what_a_killed_process_had_doomed_goes_when_the_next_one_begins(
    database: Database, blobs: Blobs, blob: str
) -> None:
    with database.write() as session:  # and no more: it is killed once this is on disk
        doom(session, [blob])

    first, second = finish(database, blobs, DAY), finish(database, blobs, DAY)

    assert (first, second, lie(blobs)) == ([blob], [], [])


def test_what_is_gone_is_on_no_list_any_more(database: Database, blobs: Blobs, blob: str) -> None:
    with destroying(database, blobs, DAY) as session:
        doom(session, [blob])

    assert finish(database, blobs, DAY) == []


def test_a_transaction_that_destroys_nothing_leaves_every_blob(database: Database, blobs: Blobs, blob: str) -> None:
    with destroying(database, blobs, DAY) as session:
        assert doomed(session) == []

    assert lie(blobs) == [blob]
