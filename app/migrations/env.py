"""How Alembic reaches the database, and what it compares with it: the tables of every package."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

import app.main  # noqa: F401  it brings the tables of every package
from app.database import Base, Database
from app.settings import Settings


def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """A migration names what is in the database, and not our types, which change."""
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def run(connection: sa.Connection) -> None:
    """Run what was asked for, in the connection's transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite alters a table by copying it
        render_item=render_item,
    )
    context.run_migrations()


outer = context.config.attributes.get("connection")
if outer is not None:
    run(outer)
else:
    database = Database(Settings().url)
    with database.change_schema() as own:
        run(own)
    database.close()
