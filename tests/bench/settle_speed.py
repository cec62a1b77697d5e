"""How long the settling of a day takes: all rows written anew in the order of their keys, against one plain copy.

python -m tests.bench.settle_speed
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app.database import Base, Database, schema
from tests.bench import data
from tests.bench.server import postgresql

REPORTS: Final = 20_000


def run(reports: int = REPORTS) -> list[dict[str, object]]:
    """A row a database: seconds, and how many times the same rows are copied as they lie, with their indexes."""
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        file = Path(folder) / "tern.sqlite"
        return [
            {"database": "SQLite"} | _settled(f"sqlite:///{file}", reports, lambda: _copy_of_sqlite(file)),
            {"database": "PostgreSQL"} | _settled(url, reports, lambda: _copy_of_postgresql(url)),
        ]


def _settled(url: str, reports: int, copy: Callable[[], object]) -> dict[str, object]:
    schema.create(url).close()
    data.fill_and_count(url, reports)
    copied = _seconds(copy)
    with closing(Database(url)) as database:
        settled = _seconds(lambda: database.write_anew(Base.metadata.sorted_tables))
    return {"reports": reports, "s": settled, "of a copy": settled / copied}


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _copy_of_sqlite(file: Path) -> None:
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(file.with_suffix(".copy"))) as copy:
        source.backup(copy)


def _copy_of_postgresql(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA copied")
        for table in Base.metadata.sorted_tables:
            connection.exec_driver_sql(f"CREATE TABLE copied.{table.name} (LIKE {table.name} INCLUDING INDEXES)")
            connection.exec_driver_sql(f"INSERT INTO copied.{table.name} SELECT * FROM {table.name}")  # noqa: S608  ours
    engine.dispose()


if __name__ == "__main__":
    for row in run(*map(int, sys.argv[1:])):
        print(row)  # noqa: T201  alone it is run to be read
