"""What all tables share."""

from enum import Enum, StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase


def _values(codes: type[Enum]) -> list[str]:
    return [code.value for code in codes]


def index_where(name: str | None, *columns: str, where: str, sqlite_where: str | None = None) -> sa.Index:
    """An index of those rows alone of which the condition holds, in whose words a query has to ask for them.

    SQLite has its own words for truth values: it compares them with 1.
    """
    return sa.Index(name, *columns, sqlite_where=sa.text(sqlite_where or where), postgresql_where=sa.text(where))


class Base(DeclarativeBase):
    """A table of Tern.

    SQLite keeps its rows in the order of the key, which is random, and not in that of their arrival. A table with
    `__table_args__` of its own repeats this: `(Index(...), {"sqlite_with_rowid": False})`. A table of reports' sealed
    files is one of `Placed`.
    """

    __table_args__: Any = {"sqlite_with_rowid": False}  # of a table with indexes, a tuple
    metadata = sa.MetaData(
        naming_convention={  # so that a migration can name what it drops, on both databases
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        # Codes are kept as their words, in a column that takes a new one without a migration.
        StrEnum: sa.Enum(StrEnum, native_enum=False, create_constraint=False, length=64, values_callable=_values),
    }
