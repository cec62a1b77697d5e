"""Where on SQLite's disk a row lies that carries a sealed file.

Without a number of its own, a row that is longer than a quarter of a page takes so much of each level of its table's
tree that a million of them are eight levels deep. By number it is three or four. A number in the order of arrival would
tell that order to whoever copies the disk, so these are random. Those of one epoch's reports lie beside one another,
which the rows say themselves: what arrives today reads and writes the pages of its epoch, however many came before.
"""

import secrets
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

PLACE: Final = "place"  # the column
_BITS: Final = 63  # of a number that both databases have
_RANDOM: Final = 47  # of them, so that a million reports of one epoch have each a number of their own
_DAYS: Final = 1 << (_BITS - _RANDOM)


def anywhere() -> int:
    """A place for a row that belongs to no epoch."""
    return secrets.randbits(_BITS)


def among_those_of(day: date) -> int:
    """A place near those of the same epoch, of which this is the first day."""
    return (day.toordinal() % _DAYS) << _RANDOM | secrets.randbits(_RANDOM)


class Placed(Base):
    """A table whose rows lie at their places. Its model says which columns are the key by which a row is known."""

    __abstract__ = True
    __table_args__: Any = ()  # on SQLite a table of numbered rows

    place: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),  # which alone is the number of a row
        primary_key=True,
        autoincrement=False,
        default=anywhere,
        sort_order=1,  # behind what a model says: migrations append it
    )
