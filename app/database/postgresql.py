"""PostgreSQL that stops answering without a word, as when its machine hangs: the driver would wait for it for ever."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout, LockNotAvailable
from psycopg.rows import TupleRow
from sqlalchemy import Dialect
from sqlalchemy.pool import ConnectionPoolEntry

_Value = TypeVar("_Value")
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


def is_silence(error: BaseException | None) -> bool:
    """Whether somebody has waited for an answer that did not come."""
    return isinstance(error, _Silence | ConnectionTimeout)


def is_lock(error: BaseException | None) -> bool:
    """Whether somebody has waited for a lock that another holds."""
    return isinstance(error, LockNotAvailable)
