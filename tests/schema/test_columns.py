"""Every column is on a reviewed list that says what it is and why the server may read it."""

import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa

import app.main  # noqa: F401  it brings the tables of every package
from app.database import Base, Placed, Sealed

REVIEWED: dict[str, dict[str, dict[str, str]]] = tomllib.loads(Path(__file__).with_name("columns.toml").read_text())

# Their order is told by the content of each row anyway.
MAY_TELL_THEIR_ORDER = {
    "clock_policies",
    "audit_events",
    "audit_heads",
    "audit_head",
    "key_log",
    "staff_log",
    "budget_entries",
    "accounts_parts",
    "roots",
    "templates",
}


def test_the_schema_has_the_reviewed_columns_and_no_others() -> None:
    columns = {table.name: set(table.columns.keys()) for table in Base.metadata.tables.values()}

    assert columns == {table: set(entries) for table, entries in REVIEWED.items()}


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, entries in REVIEWED.items() for column in entries]
)
def test_every_column_says_what_it_is_and_why(table: str, column: str) -> None:
    entry = REVIEWED[table][column]

    assert entry.keys() == {"is", "because"}
    assert all(len(text) > 3 for text in entry.values())


def test_what_is_called_sealed_in_the_list_refuses_all_else() -> None:
    sealed = {
        (table, column)
        for table, entries in REVIEWED.items()
        for column, entry in entries.items()
        if entry["because"].startswith("sealed")
    }

    assert sealed == {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Sealed)
    }


def test_no_column_keeps_a_time_finer_than_an_hour() -> None:
    timed = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.DateTime | sa.Time)
    ]

    assert timed == []


def test_no_key_counts_up_where_order_tells() -> None:
    counting = {
        table.name
        for table in Base.metadata.tables.values()
        for column in table.primary_key
        if isinstance(column.type, sa.Integer) and len(table.primary_key) == 1
    }
    drawn = {each.__tablename__ for each in Placed.__subclasses__()}

    assert counting - drawn <= MAY_TELL_THEIR_ORDER
