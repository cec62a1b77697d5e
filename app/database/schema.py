"""Whether the tables are what the code expects, and bringing them there, by the migrations.

What walks them is imported where they are walked: whoever finds the tables as they should be needs none of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.database import doom, engine
from app.database.base import Base
from app.database.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parents[1] / "migrations"
REVISIONS: Final = "alembic_version"  # the table that says which revision the others are of


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
    with database.read() as session:
        connection = session.connection()
        revision = _present(connection)
        missing = set(Base.metadata.tables) - set(sa.inspect(connection).get_table_names())
    if revision is None:
        return Tables.NONE if missing == set(Base.metadata.tables) else Tables.TORN
    if revision != revisions()[-1]:
        return Tables.OLDER
    return Tables.TORN if missing else Tables.OURS


def upgrade(database: Database, to: str = "head") -> None:
    """Take the schema to the revision `to`: all of the way, or none of it. Raises `NewerTables`."""
    with _migrating(database) as config:
        from alembic import command

        command.upgrade(config, to)


def downgrade(database: Database, to: str) -> None:
    """Take the schema back to the revision `to`; `base` is a database without tables."""
    with _migrating(database) as config:
        from alembic import command

        command.downgrade(config, to)


@cache
def revisions() -> tuple[str, ...]:
    """All there are, in their order: each file of a migration begins with its own, which follows the one before it."""
    return tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def revision(connection: Connection) -> str | None:
    """Which one the tables are of; None where there are none."""
    if not sa.inspect(connection).has_table(REVISIONS):
        return None
    return connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(REVISIONS)))


@contextmanager
def building(database: Database, to: str) -> Iterator[Connection]:
    """A transaction in which an empty database gets the tables of revision `to`, for rows to be put into them.

    Raises `NewerTables`.
    """
    if to not in revisions():
        raise NewerTables(_newer(to))
    with _migrating(database) as config:
        from alembic import command

        command.upgrade(config, to)
        yield config.attributes["connection"]


def _present(connection: Connection) -> str | None:
    """The revision of the tables, None where there are none. Raises `NewerTables`."""
    present = revision(connection)
    if present is not None and present not in revisions():
        raise NewerTables(_newer(present))
    return present


def _newer(present: str) -> str:
    return f"the database is of a newer Tern (its tables are at {present}): install that one again"


@contextmanager
def _migrating(database: Database) -> Iterator["Config"]:
    """What tells alembic where the migrations are, and the transaction in which they run."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.change_schema() as connection:
        _present(connection)
        config.attributes["connection"] = connection
        doom.drop(connection)
        yield config
        doom.make(connection)
