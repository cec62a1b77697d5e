"""The store: a database of its own, an SQLite file or one of PostgreSQL's, with a row for each key.

Keys are made many at a time, before there is anything for them, and copied before the first is used; when half of them
are used, more are made meanwhile. So a file that is stored waits for no disk but that on which it is stored, and no key
of a stored file is in one place alone.
"""

import secrets
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app import private
from app.database import Database
from app.database.engine import file_of, make_file
from app.database.layer import ID_SIZE, KEY_SIZE
from app.shred_keys import copies
from app.shred_keys.copies import Copy, Record

FILE: Final = "keys.sqlite"
_FIRST: Final = 64  # keys that are made together, and twice as many each time
_MOST: Final = 4096
_REMEMBERED: Final = 65_536  # keys that were looked up
_ROWS: Final = 500  # in one statement

_Item = TypeVar("_Item")

_metadata = sa.MetaData()
_keys = sa.Table(
    "shred_keys",
    _metadata,
    sa.Column("id", sa.LargeBinary(ID_SIZE), primary_key=True),
    sa.Column("key", sa.LargeBinary(KEY_SIZE), nullable=False),
    sqlite_with_rowid=False,
)
_store = sa.Table("shred_store", _metadata, sa.Column("name", sa.String(32), primary_key=True), sqlite_with_rowid=False)


class NoStore(Exception):
    """There are no keys where they should be. Nothing makes others in their place: they would open nothing."""


class ShredKeys:
    """The keys at `url`, copied to the directory `copies`, if there is one. As `app.database.layer.Keys`."""

    def __init__(self, url: str, directory: Path | None = None) -> None:
        """Raises `NoStore`, and `NoDatabase` where an SQLite file is not there."""
        self._database = Database(url)
        self._directory = directory
        self._pool = list[Record]()
        self._number = _FIRST
        self._making: threading.Thread | None = None
        self._taking, self._finding = threading.Lock(), threading.Lock()
        self._found = dict[bytes, bytes]()
        self.name = self._name()

    def take(self) -> Record:
        """Raises what a database does, and then nobody has stored anything."""
        with self._taking:
            if not self._pool:
                self._pool = self._make(self._number)
            record = self._pool.pop()
            self._remember(*record)
            if len(self._pool) <= self._number // 2 and self._making is None:
                self._number = min(2 * self._number, _MOST)
                self._making = threading.Thread(target=self._make_more, name="keys", daemon=True)
                self._making.start()
            return record

    def give_back(self, id_: bytes) -> None:
        """As long as it is remembered; else nobody has it again, and nothing lies under it."""
        key = self._found.get(id_)
        if key is not None:
            with self._taking:
                self._pool.append((id_, key))

    def find(self, ids: Collection[bytes]) -> Mapping[bytes, bytes]:
        """The keys of these ids that are there. Those that were found are remembered until they are destroyed here."""
        with self._finding:
            found = {id_: key for id_ in ids if (key := self._found.get(id_)) is not None}
            unknown = [id_ for id_ in ids if id_ not in found]
            if unknown:
                with self._database.read() as session:
                    for some in _some(unknown):
                        rows = session.execute(sa.select(_keys.c.id, _keys.c.key).where(_keys.c.id.in_(some)))
                        found.update((id_, key) for id_, key in rows)
                for id_ in unknown:
                    if id_ in found:
                        self._remember(id_, found[id_])
            return found

    def _remember(self, id_: bytes, key: bytes) -> None:
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        self._found[id_] = key

    def missing(self, ids: Iterable[bytes]) -> int:
        """How many of these are not there."""
        number = 0
        with self._database.read() as session:
            for some in _some(ids):
                present = sa.select(sa.func.count()).select_from(_keys).where(_keys.c.id.in_(some))
                number += len(some) - (session.scalar(present) or 0)
        return number

    def destroy(self, ids: Collection[bytes]) -> None:
        """They are gone from the store when this has returned, and from its copies within a week."""
        with self._database.write() as session:
            for some in _some(ids):
                session.execute(sa.delete(_keys).where(_keys.c.id.in_(some)))
        self._database.truncate_log()
        with self._finding:
            for id_ in ids:
                self._found.pop(id_, None)

    def put(self, records: Iterable[Record]) -> None:
        """Put keys back, but those that are there."""
        with self._database.write() as session:
            for some in _some(records):
                there = set(session.scalars(sa.select(_keys.c.id).where(_keys.c.id.in_([id_ for id_, _ in some]))))
                new = [{"id": id_, "key": key} for id_, key in some if id_ not in there]
                if new:
                    session.execute(sa.insert(_keys), new)

    def settle(self) -> None:
        """Write them anew in the order of their ids, which are random: nothing is left of when each was made."""
        self._database.write_anew([_keys])

    def copy(self, today: date) -> None:
        """Copy all of them, and let go of the copies of a week ago. Raises `OSError`."""
        if self._directory is not None:
            with copies.summing_up(self._directory, today), self._database.read() as session:
                rows = session.execute(sa.select(_keys).order_by(_keys.c.id), execution_options={"yield_per": _ROWS})
                copies.write(
                    self._directory, copies.of_day(today), Copy(self.name, ((row.id, row.key) for row in rows))
                )

    def close(self) -> None:
        """Give all connections back."""
        if (making := self._making) is not None:
            making.join()
        self._database.close()

    def _make_more(self) -> None:
        made = list[Record]()
        with suppress(SQLAlchemyError, OSError):  # whoever finds no key left makes some, and is told why not
            made = self._make(self._number)
        with self._taking:
            self._pool += made
            self._making = None

    def _make(self, number: int) -> list[Record]:
        made = [(secrets.token_bytes(ID_SIZE), secrets.token_bytes(KEY_SIZE)) for _ in range(number)]
        in_order = sorted(made)
        with self._database.write() as session:
            session.execute(sa.insert(_keys), [{"id": id_, "key": key} for id_, key in in_order])
        if self._directory is not None:
            # Reports are taken though another disk is away; how old the last copy is, health says.
            with suppress(OSError):
                copies.write(self._directory, copies.of_more(), Copy(self.name, in_order))
        return made

    def _name(self) -> str:
        with self._database.read() as session:
            if not sa.inspect(session.connection()).has_table(_store.name):
                raise NoStore("there are no shred keys at TERN_SHRED_URL")
            return str(session.scalar(sa.select(_store.c.name)))


def create(url: str, name: str = "") -> None:
    """Make an empty store, of this name if it had one, where there is none."""
    path = file_of(make_url(url))
    if path is not None:
        private.make_directory(path.parent)
    make_file(url)
    with _opened(url) as database, database.change_schema() as connection:
        if not sa.inspect(connection).has_table(_store.name):
            _metadata.create_all(connection)
            connection.execute(sa.insert(_store).values(name=name or secrets.token_hex()[:32]))


def _some(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while some := list(islice(rest, _ROWS)):
        yield some


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
