"""A service brought back from a backup, into an empty place, and only when all of it was found to be what it was.

What is read goes aside first. The database gets its name, or is committed, last: until then no command takes what lies
there for a service, and a restore that was killed is begun again.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy import make_url

from app import age, keyring, private
from app.backup import rows
from app.backup.census import counted
from app.backup.contents import Contents
from app.backup.copying import SITE
from app.backup.directory import Directory, held
from app.backup.errors import Damaged, NotEmpty
from app.backup.reading import compare, open_blob, open_list, open_state
from app.blobs import disk
from app.database import Database, schema
from app.database.engine import file_of, make_file

_BLOBS: Final = "blobs"
_ASIDE: Final = "restore.new"  # in the data directory
_COMING: Final = ".restoring"  # SQLite's file, beside the name that it will have
_NO_OBSTACLE: Final = frozenset({_ASIDE, "lost+found"})


def restore(path: Path, identities: Sequence[age.Identity], url: str, data_dir: Path) -> Contents:
    """Bring the service back at `url` and in the data directory, and say what it is made of.

    Raises `NotEmpty`, and for each other reason another `BackupError`, `OtherTables` or `OSError`; the place is then as
    empty as it was. Whatever was wrong when the backup was made is brought back as it was, and listed.
    """
    directory = Directory(path)
    listed = open_list(directory, identities)
    place = _Place(url, data_dir, listed)
    with place.filled() as aside:
        _bring_blobs(directory, listed, identities, aside / _BLOBS)
        with place.database() as (connection, dialect):
            taking = _Taking(connection, aside)
            open_state(directory, listed, identities, taking.add)
            taking.end()
            _check_rows(listed, connection, dialect)
            _leave_place(connection)
            place.move_files(aside)
    schema.open_(url, upgrades=True).close()  # it may be of an older Tern; where this is cut off, `tern serve` does it
    return listed


class _Place:
    """Where the service will be."""

    def __init__(self, url: str, data_dir: Path, listed: Contents) -> None:
        self._url, self._data_dir, self._listed = url, data_dir, listed
        self._file = file_of(make_url(url))

    @contextmanager
    def filled(self) -> Iterator[Path]:
        """A directory for what is read; it is gone when the block ends, and where it raises everything else too.

        Raises `NotEmpty` and `Busy`, and then nothing was touched.
        """
        was_there = self._data_dir.exists()
        self._check()
        private.make_directory(self._data_dir)
        with held(self._data_dir):
            self._check()
            aside = self._data_dir / _ASIDE
            shutil.rmtree(aside, ignore_errors=True)
            try:
                private.make_directory(aside)
                yield aside
            except BaseException:
                self._empty()
                if not was_there:
                    with suppress(OSError):
                        self._data_dir.rmdir()
                raise
            _remove(aside)

    @contextmanager
    def database(self) -> Iterator[tuple[sa.Connection, str]]:
        """A transaction in which the tables of the backup are made; they are there for good when it has ended."""
        coming = self._file.with_name(self._file.name + _COMING) if self._file else None
        if coming is None or self._file is None:
            with closing(Database(self._url)) as database, schema.building(database, self._listed.revision) as made:
                yield made, database.dialect
            return
        _remove_database(coming)
        try:
            url = sa.URL.create("sqlite", database=str(coming)).render_as_string()
            make_file(url)
            with closing(Database(url)) as database:
                with schema.building(database, self._listed.revision) as made:
                    yield made, database.dialect
                database.truncate_log()
            coming.rename(self._file)
            private.flush(self._file.parent)
        finally:
            _remove_database(coming)

    def move_files(self, aside: Path) -> None:
        """Give what was read its place. It is whole, and without a database still no service."""
        for name in self._tops():
            if (aside / name).exists():
                _remove(self._data_dir / name)
                (aside / name).rename(self._data_dir / name)
        private.flush(self._data_dir)

    def _empty(self) -> None:
        for name in (*self._tops(), _ASIDE):
            _remove(self._data_dir / name)
        if self._file is not None:
            _remove_database(self._file)

    def _check(self) -> None:
        self._check_database()
        for found in self._files():
            if not self._is_of_a_killed_restore(found):
                raise NotEmpty(f"{found} lies there already; a service is brought back into an empty place")

    def _tops(self) -> set[str]:
        return {name.partition("/")[0] for name in self._listed.files} | {_BLOBS}

    def _check_database(self) -> None:
        if self._file is not None:
            for file in (self._file, *(self._file.with_name(self._file.name + end) for end in ("-wal", "-shm"))):
                if file.exists():
                    raise NotEmpty(f"{file} lies there already; a service is brought back into an empty place")
            return
        with closing(Database(self._url)) as database, database.read() as session:
            if sa.inspect(session.connection()).get_table_names():
                raise NotEmpty("the database has tables already; a service is brought back into an empty one")

    def _files(self) -> list[Path]:
        if not self._data_dir.exists():
            return []
        tops = [path for path in self._data_dir.iterdir() if path.name not in _NO_OBSTACLE]
        if self._file is not None:
            tops = [path for path in tops if not path.name.startswith(self._file.name + _COMING)]
        return sorted(file for top in tops for file in ([top] if top.is_file() else [*top.rglob("*")] or [top]))

    def _is_of_a_killed_restore(self, file: Path) -> bool:
        """Whether it is one of this very backup's, put there by a restore that did not get to its database."""
        if not (self._data_dir / _ASIDE).is_dir():
            return False
        name = file.relative_to(self._data_dir).as_posix()
        if name in {_BLOBS, SITE}:
            return True
        content = sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
        blob = self._listed.blobs.get(name.removeprefix(f"{_BLOBS}/"))
        return content in {self._listed.files.get(name), blob.sha256 if blob else None}


def _bring_blobs(directory: Directory, listed: Contents, identities: Sequence[age.Identity], to: Path) -> None:
    private.make_directory(to)
    for name in listed.sealed_blobs:
        with open(disk.path_of(to, name), "xb", opener=private.opener) as file:
            open_blob(directory, listed, name, identities, file)
            file.flush()
            disk.set_day(file.fileno(), listed.made_on)
            os.fsync(file.fileno())
    disk.sync(to, listed.made_on)


def _check_rows(listed: Contents, connection: sa.Connection, dialect: str) -> None:
    """Compare what is in the database now, read again, with the list."""
    compare(listed, {table.name: counted(rows.table_lines(connection, table)) for table in rows.tables(connection)})
    if dialect == "sqlite" and connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
        raise Damaged("the database that was made is damaged; look at the disk")


def _leave_place(connection: sa.Connection) -> None:
    """The tables belong to the directory into which their files come, and no longer to the one in which they lay."""
    installation = sa.Table("installation", sa.MetaData(), autoload_with=connection)
    if "place_sha256" in installation.c:  # not so in those of an older Tern
        connection.execute(installation.update().values(place_sha256=None))


class _Taking:
    """Hands each line of the state to where it belongs."""

    def __init__(self, connection: sa.Connection, aside: Path) -> None:
        self._connection, self._aside = connection, aside
        self._tables = {table.name: table for table in rows.tables(connection)}
        self._inserting: rows.Inserting | None = None

    def add(self, line: bytes) -> None:
        """Raises `Damaged`."""
        match rows.parsed(line):
            case [*values] if self._inserting:
                self._inserting.add(values)
            case {"table": str(name), "columns": [*columns]}:
                self.end()
                if name not in self._tables:
                    raise Damaged(f"no revision of Tern has a table {name}")
                self._inserting = rows.Inserting(self._connection, self._tables[name], columns)
            case {"file": str(name), "content": str(content)}:
                self._write(name, rows.content_of(content))

    def end(self) -> None:
        """All rows are in the database when this returns."""
        if self._inserting:
            self._inserting.end()

    def _write(self, name: str, content: bytes) -> None:
        folder, _, file = name.rpartition("/")
        if name != keyring.FILE and (folder != SITE or Path(file).name != file or file in {"", ".", ".."}):
            raise Damaged("the state has a file that is none of a service")
        path = self._aside / name
        private.make_directory(path.parent)
        with open(path, "xb", opener=private.opener) as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())


def _remove_database(file: Path) -> None:
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
