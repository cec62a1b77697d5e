"""PostgreSQL that stops answering without a word, as when its machine hangs: the driver would wait for it for ever."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout, LockNotAvailable, QueryCanceled
from psycopg.rows import TupleRow
from sqlalchemy import Dialect, Table
from sqlalchemy.pool import ConnectionPoolEntry

_Value = TypeVar("_Value")
_LONGEST_HOLD_UP: Final = "500ms"  # below PostgreSQL's `deadlock_timeout`, of a second
_INTERVAL: Final = 0.1  # seconds, as the driver's own, between two looks at whether it was told to stop


class _Silence(psycopg.OperationalError):
    """The database was asked, and has said nothing for too long. Its connection is closed."""


class Connection(psycopg.Connection[TupleRow]):
    """The driver's, which waits for each answer for `patience` seconds."""

    patience: float | None = None

    def wait(self, gen: PQGen[_Value], interval: float = _INTERVAL, timeout: float | None = None) -> _Value:
        """As the driver's, which tells that the time is up by an error that it keeps to itself."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if type(error).__name__ != "_WaitTimeout" or timeout is not None:
                raise
            self.close()
            raise _Silence("the database does not answer") from None


def connecting(
    answer_seconds: float,
) -> Callable[[Dialect, ConnectionPoolEntry, tuple[Any, ...], dict[str, Any]], Connection]:
    """How an engine connects (`do_connect`)."""

    def connect(_: Dialect, __: ConnectionPoolEntry, args: tuple[Any, ...], options: dict[str, Any]) -> Connection:
        connection = Connection.connect(*args, **options)
        connection.patience = answer_seconds
        return connection

    return connect


def write_anew(connection: sa.Connection, tables: Sequence[Table]) -> None:
    """In one transaction, as `Database.write_anew` says. Where others work with these tables and do not end soon, it
    fails as `has_given_way` tells.

    CLUSTER and VACUUM FULL would keep with each row which transaction wrote it.
    """
    quoted = connection.dialect.identifier_preparer.format_table
    names = {table: quoted(table) for table in tables}  # of our own alone
    # It takes one after the other, and somebody may wait for the first who has read from the last. Before PostgreSQL
    # looks for such a circle, and ends whichever of the two it likes, this one lets go.
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_LONGEST_HOLD_UP}'")
    connection.exec_driver_sql(f"LOCK TABLE {', '.join(names.values())} IN ACCESS EXCLUSIVE MODE")
    connection.exec_driver_sql("SET LOCAL statement_timeout TO DEFAULT")
    has_rows = ", ".join(f"EXISTS (SELECT FROM {name})" for name in names.values())
    found = connection.exec_driver_sql(f"SELECT {has_rows}").one()
    full = [table for table, is_full in zip(tables, found, strict=True) if is_full]
    if not full:
        return
    for table in full:
        name = names[table]
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE old_{name} ON COMMIT DROP AS SELECT * FROM {name}")  # noqa: S608  ours
    emptied = ", ".join(names[table] for table in _with_those_that_name_them(full, tables))
    connection.exec_driver_sql(f"TRUNCATE {emptied}")
    for table in full:
        name, key = names[table], ", ".join(column.name for column in table.primary_key)
        connection.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM old_{name} ORDER BY {key}")  # noqa: S608  likewise


def _with_those_that_name_them(full: Sequence[Table], tables: Sequence[Table]) -> list[Table]:
    """No table is emptied without those that name its rows, though they be empty. `tables` are in order."""
    found = set(full)
    for table in tables:
        if any(key.column.table in found for key in table.foreign_keys):
            found.add(table)
    return [table for table in tables if table in found]


def has_given_way(error: BaseException | None) -> bool:
    """Whether somebody let go of what others wait for, and may try again."""
    return isinstance(error, QueryCanceled)


def is_silence(error: BaseException | None) -> bool:
    """Whether somebody has waited for an answer that did not come."""
    return isinstance(error, _Silence | ConnectionTimeout)


def is_lock(error: BaseException | None) -> bool:
    """Whether somebody has waited for a lock that another holds."""
    return isinstance(error, LockNotAvailable)
