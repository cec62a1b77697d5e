"""What is destroyed with rows: the blobs that they named, and what the database's log still holds of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy.orm import Session

from app.blobs import Blobs
from app.database import Database

_KEY = "destruction.doomed"


def doom(session: Session, blobs: Iterable[str] = ()) -> None:
    """Say that this transaction destroys, and which blobs go with its rows, by name.

    They go when it has committed: one that rolls back leaves everything as it was. The caller's transaction is
    `destroying`; in any other they would lie until a sweep finds that no row names them.
    """
    session.info.setdefault(_KEY, []).extend(blobs)


def doomed(session: Session) -> list[str]:
    """The blobs that go, or went, with this transaction."""
    return list(session.info.get(_KEY, ()))


@contextmanager
def destroying(database: Database, blobs: Blobs, today: date) -> Iterator[Session]:
    """A transaction that writes. Once it is on disk, what was doomed in it is gone when the block has ended."""
    with database.write() as session:
        yield session
    if _KEY in session.info:
        for name in doomed(session):
            blobs.destroy(name, today)
        database.truncate_log()
