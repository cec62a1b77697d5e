"""A service's rows and small files as lines, which a person can read and either database can take.

Each line is compact JSON. The first names the format and the revision of the tables; then come the files, each a line;
then each table with the names of its columns, and its rows in the order of their keys. Bytes are in base 64, days in
ISO 8601. A backup's state is nothing but these lines, so `age` and a reader of JSON are enough to read one.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from app.backup.errors import Damaged
from app.database import schema
from app.database.places import PLACE

FORMAT: Final = 1
# What nobody misses after a restore, or must not come back: sessions, tokens of partners (some of them revoked since),
# pages kept for minutes, files half sent with their addresses, what repeats or counts a day's requests, the names of
# files and keys that were to go, and how full another disk was.
LEFT_OUT: Final = frozenset(
    {
        "sessions",
        "partner_tokens",
        "once_answers",
        "uploads",
        "idempotency_keys",
        "posted",
        "doomed_blobs",
        "doomed_keys",
        "free_space",
        schema.REVISIONS,
    }
)

_AT_ONCE: Final = 20  # rows, of at most some MiB each

Value = str | int | None


def lines(connection: sa.Connection, files: Mapping[str, bytes]) -> Iterator[bytes]:
    """All of them, of the database as this connection sees it, each with its LF."""
    yield _line({"format": FORMAT, "revision": schema.revision(connection)})
    for name, content in sorted(files.items()):
        yield _line({"file": name, "content": b64encode(content).decode()})
    for table in tables(connection):
        yield from table_lines(connection, table)


def tables(connection: sa.Connection) -> list[sa.Table]:
    """Those that are copied, as they are there; each comes after those that its rows name."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def table_lines(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """The line that names it, and its rows."""
    key = known_by(table)
    names = [column.name for column in key]
    yield _line({"table": table.name, "columns": [column.name for column in table.columns], "key": names})
    order = [_bytewise(column, connection.dialect.name) for column in key]
    statement = sa.select(table).order_by(*order)
    for row in connection.execute(statement, execution_options={"yield_per": _AT_ONCE}):
        yield _line([_encoded(value) for value in row])


def known_by(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns by which others know a row: its key, but where that is a number drawn for it, the first that are its
    alone."""
    if [column.name for column in table.primary_key] != [PLACE]:
        return list(table.primary_key)
    order = list(table.columns.keys())
    alone = [list(each.columns) for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    return min(alone, key=lambda columns: order.index(columns[0].name))


class Inserting:
    """Takes the rows of one table back."""

    def __init__(self, connection: sa.Connection, table: sa.Table, columns: list[str]) -> None:
        """Raises `Damaged` where the table has other columns."""
        if set(columns) != set(table.columns.keys()):
            raise Damaged(f"the table {table.name} has other columns than its revision")
        self._connection, self._table = connection, table
        self._readers = [(name, _reader(table.columns[name].type)) for name in columns]
        self._waiting: list[dict[str, object]] = []

    def add(self, row: list[Any]) -> None:
        """Raises `Damaged`."""
        try:
            values = {
                name: None if value is None else read(value)
                for (name, read), value in zip(self._readers, row, strict=True)
            }
        except (ValueError, TypeError):
            raise Damaged(f"a row of {self._table.name} is none") from None
        self._waiting.append(values)
        if len(self._waiting) >= _AT_ONCE:
            self.end()

    def end(self) -> None:
        """All rows are in the database when this returns."""
        if self._waiting:
            self._connection.execute(sa.insert(self._table), self._waiting)
            self._waiting = []


class Lines:
    """A sink of bytes that hands on each line when it is whole."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take, self._rest = take, b""

    def write(self, block: bytes, /) -> None:
        """Called with what was opened, piece by piece."""
        *whole, self._rest = (self._rest + block).split(b"\n")
        for line in whole:
            self._take(line)

    def end(self) -> None:
        """Raises `Damaged` where the last line is not whole."""
        if self._rest:
            raise Damaged("the last line of the state is cut")


def parsed(line: bytes) -> Any:  # JSON, which the caller takes apart
    """Raises `Damaged`."""
    try:
        return json.loads(line)
    except ValueError:
        raise Damaged("a line of the state is no JSON") from None


def content_of(text: str) -> bytes:
    """Raises `ValueError`."""
    return b64decode(text, validate=True)


def _bytewise(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    """The same order on both databases, whatever language one of them was made for."""
    return sa.collate(column, "C") if dialect == "postgresql" and isinstance(column.type, sa.String) else column


def _encoded(value: object) -> Value:
    match value:
        case None | str() | int():
            return value
        case bytes() | memoryview():
            return b64encode(value).decode()
        case date():
            return value.isoformat()
    raise TypeError(f"no column of Tern holds a {type(value).__name__}")


def _reader(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], object]:
    match kind:
        case sa.LargeBinary():
            return content_of
        case sa.Date():
            return date.fromisoformat
    return _as_it_is


def _as_it_is(value: object) -> object:
    return value


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
