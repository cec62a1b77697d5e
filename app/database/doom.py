"""The database itself says which keys go: whatever takes a sealed row, or puts another file in its place.

It does so by triggers, so that no rule, command or cascade can forget to. They are made anew with each change of the
tables, and are not there while it is made: a migration that copies a table destroys nothing of it.
"""

from collections.abc import Iterator
from typing import Final, cast

import sqlalchemy as sa
from sqlalchemy import Column, Connection

from app.database.base import Base
from app.database.layer import ID_SIZE, MARK
from app.database.types import Shredded

DOOMED: Final = "doomed_keys"
_BEGIN: Final = "shred_"
_FUNCTION: Final = f"{_BEGIN}doom"
_FROM: Final = len(MARK) + 1


def sealed_columns() -> list[Column[bytes]]:
    """All whose files lie under keys that go with them."""
    tables = Base.metadata.sorted_tables
    columns = [column for table in tables for column in table.columns if isinstance(column.type, Shredded)]
    return [column for column in columns if cast("Shredded", column.type).is_shredded]


def drop(connection: Connection) -> None:
    """Until they are made again, nothing is doomed."""
    is_sqlite = connection.dialect.name == "sqlite"
    for name, table in connection.exec_driver_sql(_SQLITE if is_sqlite else _POSTGRESQL).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
    if not is_sqlite:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {_FUNCTION}")


def make(connection: Connection) -> None:
    """For every column that is there, once there is a table for what is doomed."""
    there = sa.inspect(connection)
    tables = set(there.get_table_names())
    if DOOMED not in tables:
        return
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.exec_driver_sql(_MADE_FUNCTION)
    columns = {table: {column["name"] for column in there.get_columns(table)} for table in tables}
    for column in sealed_columns():
        if column.name in columns.get(column.table.name, ()):
            for statement in (_on_sqlite if is_sqlite else _on_postgresql)(column.table.name, column.name):
                connection.exec_driver_sql(statement)


_SQLITE: Final = f"SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = '{_BEGIN}'"  # noqa: S608  our own
_POSTGRESQL: Final = (
    "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"  # noqa: S608  our own
    f" WHERE NOT tgisinternal AND substr(tgname, 1, 6) = '{_BEGIN}' AND pg_table_is_visible(pg_class.oid)"
)
_MADE_FUNCTION: Final = f"""
CREATE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept bytea;
BEGIN
    EXECUTE 'SELECT ($1).' || quote_ident(TG_ARGV[0]) INTO kept USING OLD;
    INSERT INTO {DOOMED} (id) VALUES (substring(kept FROM {_FROM} FOR {ID_SIZE})) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""  # noqa: S608  of our own names alone, as all of these


def _on_sqlite(table: str, column: str) -> Iterator[str]:
    dooms = (
        f"BEGIN INSERT INTO {DOOMED} (id) VALUES (substr(OLD.{column}, {_FROM}, {ID_SIZE})) ON CONFLICT DO NOTHING; END"  # noqa: S608  our own
    )
    has_key = f"substr(OLD.{column}, 1, {len(MARK)}) = x'{MARK.hex()}'"
    name = f"{_BEGIN}{table}_{column}"
    yield f"CREATE TRIGGER {name}_gone AFTER DELETE ON {table} WHEN {has_key} {dooms}"
    changed = f"{has_key} AND OLD.{column} IS NOT NEW.{column}"
    yield f"CREATE TRIGGER {name}_replaced AFTER UPDATE OF {column} ON {table} WHEN {changed} {dooms}"


def _on_postgresql(table: str, column: str) -> Iterator[str]:
    dooms = f"EXECUTE FUNCTION {_FUNCTION}('{column}')"
    has_key = f"substring(OLD.{column} FROM 1 FOR {len(MARK)}) = '\\x{MARK.hex()}'::bytea"
    name = f"{_BEGIN}{table}_{column}"
    yield f"CREATE TRIGGER {name}_gone AFTER DELETE ON {table} FOR EACH ROW WHEN ({has_key}) {dooms}"
    changed = f"{has_key} AND OLD.{column} IS DISTINCT FROM NEW.{column}"
    of = f"AFTER UPDATE OF {column} ON {table}"
    yield f"CREATE TRIGGER {name}_replaced {of} FOR EACH ROW WHEN ({changed}) {dooms}"
