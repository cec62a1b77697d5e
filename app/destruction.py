"""What is destroyed with rows: the keys under which they lay, the blobs that they named, and what the database's log
still holds of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.blobs import Blobs
from app.database import Base, Database, insert_or_ignore
from app.database.doom import DOOMED
from app.database.layer import ID_SIZE

_KEY = "destruction.doomed"
_AT_ONCE = 500  # keys


class DoomedBlob(Base):
    """A blob that goes. It stands here from the commit that took its row until it is gone, through any crash."""

    __tablename__ = "doomed_blobs"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)


class DoomedKey(Base):
    """The key of a sealed file that has gone. It stands here from the commit that took it until the key is gone too.

    The database writes these rows itself (`app.database.doom`).
    """

    __tablename__ = DOOMED

    id: Mapped[bytes] = mapped_column(LargeBinary(ID_SIZE), primary_key=True)


def doom(session: Session, blobs: Iterable[str] = ()) -> None:
    """Say that this transaction destroys, and which blobs go with its rows, by name.

    They go when it has committed: one that rolls back leaves everything as it was. Where the transaction is not
    `destroying`, or the process is killed meanwhile, they go with the next `finish`.
    """
    names = list(blobs)
    session.info.setdefault(_KEY, []).extend(names)
    insert_or_ignore(session, DoomedBlob, [{"name": name} for name in names])


def doomed(session: Session) -> list[str]:
    """The blobs that go, or went, with this transaction."""
    return list(session.info.get(_KEY, ()))


@contextmanager
def destroying(database: Database, blobs: Blobs, today: date) -> Iterator[Session]:
    """A transaction that writes. Once it is on disk, what was doomed in it is gone when the block has ended."""
    with database.write() as session:
        yield session
    # Keys first: what they open lies in backups too.
    if _destroy_keys(database) or _KEY in session.info:
        _destroy(database, blobs, doomed(session), today)
        database.truncate_log()


def finish(database: Database, blobs: Blobs, today: date) -> list[str]:
    """Destroy what was doomed by a process that was killed before it could, and the keys of what was replaced.

    The names of the blobs.
    """
    _destroy_keys(database)
    with database.read() as session:
        names = list(session.scalars(select(DoomedBlob.name).order_by(DoomedBlob.name)))
    _destroy(database, blobs, names, today)
    return names


def _destroy_keys(database: Database) -> int:
    """How many went."""
    number = 0
    while database.keys is not None and (ids := _doomed_keys(database)):
        database.keys.destroy(ids)
        with database.write() as session:
            session.execute(delete(DoomedKey).where(DoomedKey.id.in_(ids)))
        number += len(ids)
    return number


def _doomed_keys(database: Database) -> list[bytes]:
    with database.read() as session:
        return list(session.scalars(select(DoomedKey.id).order_by(DoomedKey.id).limit(_AT_ONCE)))


def _destroy(database: Database, blobs: Blobs, names: list[str], today: date) -> None:
    for name in names:
        blobs.destroy(name, today)
    if names:
        with database.write() as session:
            session.execute(delete(DoomedBlob).where(DoomedBlob.name.in_(names)))
