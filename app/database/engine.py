"""Transactions. Each opens and ends in one block, and is either of those that write or of those that cannot."""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import URL, Connection, ExceptionContext, Table, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as DatabaseTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from app import private
from app.database import postgresql
from app.database.layer import Keys, under

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

_THREADS = 40  # in which FastAPI runs endpoints: none of them waits for a connection
_KEPT: Final = 10  # connections, between two transactions
CONNECTIONS: Final = _KEPT + _THREADS  # that one process may have open
# Result codes of SQLite that are about its file (https://sqlite.org/rescode.html), without what they add to it.
_PRIMARY: Final = 0xFF
_OF_ITS_FILE: Final = frozenset({8, 10, 14, 26})  # READONLY, IOERR, CANTOPEN, NOTADB
_COPIES: Final = 2  # of the file, that SQLite writes while it writes it anew
_LEFT_FREE: Final = 128 * 2**20  # bytes of the disk beside them
_BUSY: Final = 5  # that of a lock which another holds
_LOCK_SECONDS = 10  # for which a statement waits for another's lock
# For which SQLite waits before a clock is looked at: it counts pauses, not what they took. And for which whoever comes
# after others have waited is let wait.
_TRY_SECONDS: Final = 0.5
_CONNECT_SECONDS = 5
ANSWER_SECONDS = 11  # for which a service waits for PostgreSQL: a lock is told before
_SCHEMA_LOCK = 0x7465726E  # any number that nobody else's program takes for its own: `tern`
_ANEW_LOCK = _SCHEMA_LOCK + 1
_ANEW_SECONDS = 60  # for which tables are tried to be written anew
_PAUSE_SECONDS = 0.5  # in which whoever waited for them goes on
_ALLOWED = "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
_COMMAND_SECONDS = 600  # the same for a command: a rule may have much to destroy
_REST_SECONDS = 2  # in which nobody asks it, once it has not answered: who came meanwhile need not wait as long again


class NoDatabase(FileNotFoundError):
    """There is none where one should be. Nothing makes another in its place: it would be taken for the lost one."""


def make_file(url: str) -> None:
    """Make the empty file of an SQLite database, where there is none; whoever runs PostgreSQL makes its database."""
    path = file_of(make_url(url))
    if path is not None:
        private.make_file(path)


def file_of(url: URL) -> Path | None:
    """Where an SQLite database lies; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


class Database:
    """The database at `url`: an SQLite file or PostgreSQL."""

    def __init__(self, url: str, *, answer_seconds: float = _COMMAND_SECONDS) -> None:
        """Raises `NoDatabase` where an SQLite file is not there.

        PostgreSQL is given `answer_seconds` for each statement. SQLite answers, or says that another has the lock.
        """
        self._asked_again_at = 0.0
        self._tried_once_until = 0.0
        # An error that names its parameters would carry them into the log.
        pool = {"pool_size": _KEPT, "max_overflow": _THREADS, "hide_parameters": True}
        path = file_of(make_url(url))
        if path is not None:
            if not path.is_file():
                raise NoDatabase(f"there is no database at {path}; `tern setup` or `tern init` makes one")
            private.make_file(path)  # SQLite gives the files beside it the same mode
            engine = create_engine(_without_making(path), connect_args={"timeout": _TRY_SECONDS}, **pool)
            event.listen(engine, "connect", _connect_sqlite)
            event.listen(engine, "checkout", _still_there(path))
            event.listen(engine, "begin", self._begin_sqlite)
            event.listen(engine, "handle_error", _give_up_sqlite)
        else:
            waits = {"connect_timeout": _CONNECT_SECONDS, "options": f"-c lock_timeout={_LOCK_SECONDS}s"}
            engine = create_engine(url, pool_pre_ping=True, pool_timeout=_LOCK_SECONDS, connect_args=waits, **pool)
            event.listen(engine, "do_connect", postgresql.connecting(answer_seconds))
            event.listen(engine, "begin", self._begin_postgresql)
            event.listen(engine, "handle_error", self._give_up_postgresql)
        self.dialect = engine.dialect.name
        self.keys: Keys | None = None  # under which sealed files lie, where whoever opens it has some
        self._writing = engine
        self._reading = engine.execution_options(writes=False, postgresql_readonly=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        self._check_rest()
        with under(self.keys), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that the database holds to reading.

        Each statement of PostgreSQL's sees a moment of its own: to one moment of them all, tables that are written anew
        meanwhile would be empty (`snapshot`).
        """
        self._check_rest()
        with under(self.keys), Session(self._reading, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def snapshot(self, directory: Path) -> Iterator[Connection]:
        """All rows as they are at one moment, for as long as the block reads them; whoever writes waits for nothing.

        Of an SQLite database this is a copy in a file that has no name, in `directory`: a long read of the database
        itself would keep what was destroyed meanwhile in its log. To PostgreSQL's snapshots tables that were written
        anew since are empty, so that waits until this ends, as this waits for that.
        """
        if self.dialect == "sqlite":
            with closing(self._writing.raw_connection()) as source, _copy_of(source, directory) as connection:
                yield connection
            return
        with self._reading.connect() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({_ANEW_LOCK})")
            connection.commit()
            try:
                yield connection.execution_options(isolation_level="REPEATABLE READ")
            finally:
                connection.rollback()
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock_shared({_ANEW_LOCK})")

    def truncate_log(self) -> None:
        """After destruction: leave nothing of it in SQLite's write-ahead log. PostgreSQL has no such call."""
        if self.dialect == "sqlite":
            until = time.monotonic() + _LOCK_SECONDS
            with _told_as_others(), closing(self._writing.raw_connection()) as connection:
                is_read = True  # by somebody whom the log's end has to wait for
                while is_read and time.monotonic() < until:
                    is_read, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def write_anew(self, tables: Sequence[Table]) -> None:
        """Write all rows of these tables anew, in the order of their keys and at one moment, into fresh files.

        What lay where, and when it came, says nothing then. SQLite does it with its whole file. `tables` come after
        those that they name, and with all that name them. Others wait meanwhile, and nobody waits for this while it
        waits for a `snapshot`. Of PostgreSQL's it gives way to who works with them, and tries again for a minute.
        """
        if self.dialect == "sqlite":
            with _told_as_others(), closing(self._writing.raw_connection()) as raw:
                _vacuum(cast("sqlite3.Connection", raw.driver_connection))
            self.truncate_log()
            return
        until = time.monotonic() + _ANEW_SECONDS
        while True:
            try:
                self._write_anew(tables)
            except OperationalError as error:
                if not postgresql.has_given_way(error.orig) or time.monotonic() > until:
                    raise
            else:
                return
            time.sleep(_PAUSE_SECONDS)

    def _write_anew(self, tables: Sequence[Table]) -> None:
        with self._writing.connect() as connection, connection.begin():
            driver = cast("postgresql.Connection", connection.connection.driver_connection)
            patience, driver.patience = driver.patience, None
            try:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ANEW_LOCK})")
                postgresql.write_anew(connection, tables)
            finally:
                driver.patience = patience

    def most_connections(self) -> int | None:
        """How many PostgreSQL allows to all that use it and are no superuser; None for SQLite, which does not count."""
        if self.dialect == "sqlite":
            return None
        with self.read() as session:
            return int(session.execute(text(_ALLOWED)).scalar_one())

    @contextmanager
    def change_schema(self) -> Iterator[Connection]:
        """A transaction that may alter tables.

        SQLite alters a table by making another and dropping the first, on which foreign keys hang; so they are checked
        at the end. Raises `RuntimeError` where one then leads nowhere.
        """
        with self._writing.connect() as connection:
            if self.dialect != "sqlite":
                cast("postgresql.Connection", connection.connection.driver_connection).patience = None
                with connection.begin():
                    # Of several that start at once one alters, however long it takes, and the others find it done.
                    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
                    connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
                    yield connection
                return
            driver = cast("sqlite3.Connection", connection.connection.driver_connection)
            driver.execute("PRAGMA foreign_keys = OFF")
            driver.execute(f"PRAGMA busy_timeout = {_COMMAND_SECONDS * 1000}")  # as above: tables may be long
            try:
                with connection.begin():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise RuntimeError("a foreign key leads nowhere")
            finally:
                driver.execute("PRAGMA foreign_keys = ON")
                driver.execute(f"PRAGMA busy_timeout = {int(_TRY_SECONDS * 1000)}")

    def close(self) -> None:
        """Give all connections back, those to the keys too."""
        self._writing.dispose()
        if self.keys is not None:
            self.keys.close()

    def _check_rest(self) -> None:
        if time.monotonic() < self._asked_again_at:
            raise DatabaseTimeoutError("the database did not answer a moment ago")

    def _begin_sqlite(self, connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", True)
        # Always: what a request costs says nothing of the one before it.
        connection.exec_driver_sql(f"PRAGMA query_only = {not writes}")
        # SQLite fails at once, without waiting, a transaction that reads first and writes after somebody else did.
        # So one that may write takes the lock when it begins.
        began = time.monotonic()
        # Who had to wait for a thread while others waited for the lock tries once: nobody waits twice.
        until = began if began < self._tried_once_until else began + _LOCK_SECONDS
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
                return
            except OperationalError as error:
                if _primary_code(error.orig) != _BUSY:
                    raise
                if (now := time.monotonic()) >= until:
                    self._tried_once_until = now + _REST_SECONDS
                    raise

    def _begin_postgresql(self, connection: Connection) -> None:
        if time.monotonic() < self._tried_once_until:  # as with SQLite's: nobody waits twice
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_TRY_SECONDS}s'")

    def _give_up_postgresql(self, context: ExceptionContext) -> None:
        """Whoever asked has waited: no second try before they are told, and a moment's rest for who comes next."""
        if postgresql.is_silence(context.original_exception):
            self._asked_again_at = time.monotonic() + _REST_SECONDS
            context.is_disconnect = context.is_disconnect and not context.is_pre_ping
        elif postgresql.is_lock(context.original_exception):
            self._tried_once_until = time.monotonic() + _REST_SECONDS


@contextmanager
def _told_as_others() -> Iterator[None]:
    """What the driver is asked without SQLAlchemy fails as what is asked through it."""
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error


def _vacuum(driver: sqlite3.Connection) -> None:
    """By way of a file beside the database, which has no name: memory may not have room for all of it."""
    path = Path(driver.execute("PRAGMA database_list").fetchone()[2])
    if shutil.disk_usage(path.parent).free < _COPIES * path.stat().st_size + _LEFT_FREE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))  # else reports would find no room meanwhile
    driver.execute("PRAGMA query_only = OFF")  # whoever had the connection before may only have read
    driver.execute("PRAGMA temp_store = FILE")
    try:
        driver.execute(f"PRAGMA temp_store_directory = {_quoted(path.parent)}")
        driver.execute("VACUUM")
    finally:
        driver.execute("PRAGMA temp_store = MEMORY")


def _quoted(directory: Path) -> str:
    escaped = str(directory.absolute()).replace("'", "''")
    return f"'{escaped}'"


@contextmanager
def _copy_of(source: "PoolProxiedConnection", directory: Path) -> Iterator[Connection]:
    # SQLite's own temporary database: made without a name, so that nothing is left of it where the process is killed.
    copy = sqlite3.connect("", check_same_thread=False)
    try:
        copy.execute(f"PRAGMA temp_store_directory = {_quoted(directory)}")
        with _told_as_others():
            cast("sqlite3.Connection", source.driver_connection).backup(copy)
        engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool, hide_parameters=True)
        with engine.connect() as connection:
            yield connection
    finally:
        copy.close()


def _without_making(path: Path) -> URL:
    """The file as SQLite opens it only where it is (https://sqlite.org/uri.html)."""
    return URL.create("sqlite", database=path.absolute().as_uri(), query={"mode": "rw", "uri": "true"})


def _still_there(path: Path) -> Callable[["DBAPIConnection", "ConnectionPoolEntry", "PoolProxiedConnection"], None]:
    """Keeps whoever has a file open from writing on into it when it was taken away, or another was put in its place."""

    def check(_: "DBAPIConnection", entry: "ConnectionPoolEntry", __: "PoolProxiedConnection") -> None:
        try:
            now = path.stat()
        except OSError as error:
            raise DisconnectionError(str(error)) from error
        if entry.info.setdefault("file", (now.st_dev, now.st_ino)) != (now.st_dev, now.st_ino):
            raise DisconnectionError("another file lies there")

    return check


def _give_up_sqlite(context: ExceptionContext) -> None:
    """What was opened while the disk was read-only or gone stays so: it leaves the pool, with all the others."""
    context.is_disconnect = context.is_disconnect or _primary_code(context.original_exception) in _OF_ITS_FILE


def _primary_code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY


def _connect_sqlite(connection: "DBAPIConnection", _: "ConnectionPoolEntry") -> None:
    driver = cast("sqlite3.Connection", connection)
    driver.isolation_level = None  # it begins no transactions of its own
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "foreign_keys = ON",
        "temp_store = MEMORY",  # what a query sorts never touches a disk
        "trusted_schema = OFF",
    ):
        driver.execute(f"PRAGMA {pragma}")
