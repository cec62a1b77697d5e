"""What the two databases spell differently."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.database.base import Base

if TYPE_CHECKING:
    from sqlalchemy import Table


def insert_or_ignore(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, but those whose key or unique value is taken; the number of rows that are new.

    A twin that inserts the same key at the same time is waited for. The mapping's names are those of the columns.
    """
    if not rows:
        return 0
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    table = cast("Table", model.__table__)
    statement = dialect.insert(table).values([dict(row) for row in rows]).on_conflict_do_nothing()
    return len(session.execute(statement.returning(*table.primary_key)).all())
