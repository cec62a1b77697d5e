"""Many rows at the driver's own pace, for the one writer whose speed is promised."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database.base import Base
from app.database.layer import wrap
from app.database.types import Shredded

if TYPE_CHECKING:
    from sqlalchemy import Table

# What both drivers take as it is. Days are given in ISO 8601 and codes as their words.
Value = str | int | bytes | None


def insert_rows(
    session: Session, model: type[Base], columns: tuple[str, ...], rows: Sequence[tuple[Value, ...]]
) -> int:
    """Insert rows, but those whose key or unique value is taken; the number of rows that are new.

    The values of a row stand in the order of `columns`, and no column type looks at them on their way, but that what
    is sealed comes under keys of its own. Raises `DBAPIError`.
    """
    connection = session.connection()
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    cursor = connection.connection.cursor()  # the driver's own
    try:
        cursor.execute(statement(model, columns, mark, len(rows)), _kept(model, columns, rows))
        return cursor.rowcount
    except connection.dialect.loaded_dbapi.Error as error:  # told as elsewhere, and with nothing of the values
        raise DBAPIError.instance(None, None, error, connection.dialect.loaded_dbapi.Error) from error
    finally:
        cursor.close()


def _kept(model: type[Base], columns: tuple[str, ...], rows: Sequence[tuple[Value, ...]]) -> list[Value]:
    is_wrapped = _wrapped(model, columns)
    return [
        wrap(value) if wrapped and isinstance(value, bytes) else value
        for row in rows
        for wrapped, value in zip(is_wrapped, row, strict=True)
    ]


@cache
def _wrapped(model: type[Base], columns: tuple[str, ...]) -> list[bool]:
    kinds = [cast("Table", model.__table__).c[column].type for column in columns]
    return [isinstance(kind, Shredded) and kind.is_shredded for kind in kinds]


@cache
def statement(model: type[Base], columns: tuple[str, ...], mark: str, rows: int) -> str:
    """The insert of so many rows, their values each a `mark` of the driver's. Names come from the code alone.

    One statement for all rows: the driver gives Python's lock away once for each, and a thread that has to wait for it
    beside a busy event loop waits for milliseconds.
    """
    table = cast("Table", model.__table__)
    names = ", ".join(table.c[column].name for column in columns)
    marks = ", ".join([f"({', '.join([mark] * len(columns))})"] * rows)
    return f"INSERT INTO {table.name} ({names}) VALUES {marks} ON CONFLICT DO NOTHING"  # noqa: S608
