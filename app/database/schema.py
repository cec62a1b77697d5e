"""Bringing the tables to what the code expects, by the migrations."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config

from app.database.engine import Database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def upgrade(database: Database, to: str = "head") -> None:
    """Take the schema to the revision `to`: all of the way, or none of it."""
    _run(database, command.upgrade, to)


def downgrade(database: Database, to: str) -> None:
    """Take the schema back to the revision `to`; `base` is a database without tables."""
    _run(database, command.downgrade, to)


def _run(database: Database, move: Callable[[Config, str], None], to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.change_schema() as connection:
        config.attributes["connection"] = connection
        move(config, to)
