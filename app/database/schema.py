"""Whether the tables are what the code expects, and bringing them there, by the migrations."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.database import engine
from app.database.base import Base
from app.database.engine import Database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


class Tables(Enum):
    """How the tables of a database stand to the code, and what is to be done about it."""

    NONE = "there are no tables of Tern in the database; if it is a new one: tern init"
    TORN = "tables of Tern are missing from the database; bring back the one that is whole"
    OLDER = "the database is of an older Tern; tern serve brings it up to date"
    OURS = "the database is of this Tern"


class OtherTables(ValueError):
    """The tables are not what the code expects, so nothing is written. Its words say what to do."""


class NewerTables(OtherTables):
    """The tables were made by a later Tern, and this one does not know what is in them."""


def create(url: str) -> Database:
    """The database at `url` with the tables that the code expects. An SQLite file is made where there is none.

    Raises `NewerTables`.
    """
    engine.make_file(url)
    database = Database(url)
    try:
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return database


def open_(url: str, *, upgrades: bool = False) -> Database:
    """The database at `url`, whose tables are what the code expects; one that is older it `upgrades`, where it may.

    Raises `NoDatabase` and `OtherTables`, and then nothing was changed.
    """
    database = Database(url)
    try:
        tables = look(database)
        if tables is Tables.OLDER and upgrades:
            upgrade(database)
        elif tables is not Tables.OURS:
            raise OtherTables(tables.value)
    except BaseException:
        database.close()
        raise
    return database


def look(database: Database) -> Tables:
    """How its tables stand to the code. Raises `NewerTables`."""
    script = ScriptDirectory(str(MIGRATIONS))
    with database.read() as session:
        connection = session.connection()
        revision = _present(connection, script)
        missing = set(Base.metadata.tables) - set(sa.inspect(connection).get_table_names())
    if revision is None:
        return Tables.NONE if missing == set(Base.metadata.tables) else Tables.TORN
    if revision != script.get_current_head():
        return Tables.OLDER
    return Tables.TORN if missing else Tables.OURS


def upgrade(database: Database, to: str = "head") -> None:
    """Take the schema to the revision `to`: all of the way, or none of it. Raises `NewerTables`."""
    _run(database, command.upgrade, to)


def downgrade(database: Database, to: str) -> None:
    """Take the schema back to the revision `to`; `base` is a database without tables."""
    _run(database, command.downgrade, to)


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
