"""What tests build upon and only read: made in an empty database once a process, and copied into all others."""

from collections.abc import Mapping
from typing import Any

from app.database import Base, Database

# By table, in every database alike.
Rows = Mapping[str, list[dict[str, Any]]]


def rows_of(database: Database) -> Rows:
    """All that stands in it."""
    with database.read() as session:
        return {
            table.name: [dict(row) for row in session.execute(table.select()).mappings()]
            for table in Base.metadata.sorted_tables
        }


def is_empty(database: Database) -> bool:
    """Whether nobody has been there yet, so that what is made in it is all that stands in it then."""
    return not any(rows_of(database).values())


def put(database: Database, rows: Rows) -> None:
    """Copy them into a database that has none of them. Whoever looks for what a keyring has made needs the same one."""
    with database.write() as session:
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                session.execute(table.insert(), rows[table.name])
