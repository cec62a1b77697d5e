"""Bringing the tables to what the code expects, by the migrations."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.database.engine import Database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


class NewerTables(Exception):
    """The tables were made by a later Tern, and this one does not know what is in them."""


def upgrade(database: Database, to: str = "head") -> None:
    """Take the schema to the revision `to`: all of the way, or none of it. Raises `NewerTables`."""
    _run(database, command.upgrade, to)


def downgrade(database: Database, to: str) -> None:
    """Take the schema back to the revision `to`; `base` is a database without tables."""
    _run(database, command.downgrade, to)


def is_current(database: Database) -> bool:
    """Whether all migrations have run. Raises `NewerTables`."""
    with database.change_schema() as connection:
        return _present(connection, script := ScriptDirectory(str(MIGRATIONS))) == script.get_current_head()


def _present(connection: Connection, script: ScriptDirectory) -> str | None:
    """The revision of the tables, None where there are none. Raises `NewerTables`."""
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in {each.revision for each in script.walk_revisions()}:
        raise NewerTables(f"the database is of a newer Tern (its tables are at {present}): install that one again")
    return present


def _run(database: Database, move: Callable[[Config, str], None], to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.change_schema() as connection:
        _present(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        move(config, to)
