"""What SQLAlchemy has for one database at a time, though the two spell it alike."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Insert, text
from sqlalchemy.orm import Session

from app.database.base import Base

if TYPE_CHECKING:
    from sqlalchemy import Table


class _OrIgnore(Insert):
    """An INSERT that passes over what is there. SQLAlchemy's own, one a dialect, is compiled anew at each use, which
    takes longer than the database does."""

    inherit_cache = True
    _post_values_clause = text("ON CONFLICT DO NOTHING")


def insert_or_ignore(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, but those whose key or unique value is taken; the number of rows that are new.

    A twin that inserts the same key at the same time is waited for. The mapping's names are those of the columns.
    """
    if not rows:
        return 0
    table = cast("Table", model.__table__)
    statement = _OrIgnore(table).values([dict(row) for row in rows] if len(rows) > 1 else dict(rows[0]))
    return len(session.execute(statement.returning(*table.primary_key)).all())
