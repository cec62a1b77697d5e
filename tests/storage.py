"""What a disk, and others at the same database, do to a service."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run

import pytest
import sqlalchemy as sa


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nobody can write to the file, or to what the directory lists.

    Modes bind all but root, and Linux's immutable files root too, where it may make some.
    """
    if os.geteuid():
        keep, undo = ["chmod", "u-w"], ["chmod", "u+w"]
    else:
        keep, undo = ["chattr", "+i"], ["chattr", "-i"]
    if run([*keep, path], check=False, capture_output=True).returncode:
        pytest.skip("as root, on a file system that has no immutable files")
    try:
        yield
    finally:
        run([*undo, path], check=True)


@contextmanager
def locked(url: str, table: str = "reports") -> Iterator[None]:
    """Somebody else holds the table, of SQLite the whole file."""
    holder = sa.create_engine(url)
    with holder.connect() as connection:
        if holder.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
    holder.dispose()


@contextmanager
def full() -> Iterator[None]:
    """No file of this process can grow: what a disk without room does, and at once."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
