"""Both databases, real files and the real service. Nothing of ours is mocked."""

import os
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache, partial
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import keyring
from app.clock import Clock
from app.database import Base, Database, schema
from app.main import create_app
from app.settings import Settings
from app.site.build import build
from app.site.site import Site
from tests.dialects import compile_once
from tests.in_process import InProcess
from tests.once import made_once
from tests.postgresql import postgresql_server, run
from tests.statements import DIALECTS, named, on_sqlite_alone, whole
from tests.strength import HASHER

# The one profile: how long an example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("tern", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("tern")

_HERE = Path(__file__).parent
# Their tests take a minute at times. They come first, so that no process is left alone with them in the end.
_DEAR = {"docs", "flows", "browser", "browser_looks"}

_MEMORY = Path("/dev/shm")  # noqa: S108  # pytest makes a private directory of each run in it
_ROOM = 6 * 1024**3

# Packages about what comes before a statement and after it: the wire, its description, what clients make of answers.
# Each statement that they lead to belongs to another package, whose tests make it on both databases.
_ABOVE_STATEMENTS = {"api", "flows", "http"}
_ON_SQLITE_ALONE = on_sqlite_alone()
_RANDOM = re.compile(r"[0-9a-f]{32}|age1|AGE-SECRET", re.IGNORECASE)


def pytest_configure() -> None:
    """Alike on every machine, and without what would only take its time."""
    os.environ.pop("COLUMNS", None)  # rich takes it for the width of all terminals
    _write_to_memory()
    compile_once()


def _write_to_memory() -> None:
    """What a test writes need not outlive the machine's power, and a disk takes milliseconds to say that it would."""
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        runs_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
        if runs_programs and shutil.disk_usage(_MEMORY).free >= _ROOM:
            os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", type=int, metavar="NUMBER", help="Run the tests in an order that follows from it.")
    parser.addoption("--both-databases", action="store_true", help="Run on PostgreSQL too what says nothing new of it.")


@pytest.hookimpl(tryfirst=True)  # pytest then brings together those that share a database of their file
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those that run at all: the dear ones first; shuffled, files in another order, and in each its tests, for none may
    need what another left."""
    if not config.getoption("--both-databases"):
        on_sqlite = {named(item) for item in items if _database_of(item) == "sqlite"}
        items[:] = [item for item in items if named(item) not in on_sqlite or not _is_once_too_often(item)]
    seed: int | None = config.getoption("--shuffle")
    if seed is not None:
        chance = random.Random(seed)
        files = {path: chance.random() for path in sorted({item.path for item in items})}
        chance.shuffle(items)
        items.sort(key=lambda item: (item.path.parent, files[item.path]))
    items.sort(key=lambda item: not _DEAR.intersection(item.path.relative_to(_HERE).parts))


def _database_of(item: pytest.Item) -> object:
    on = getattr(item, "callspec", None)
    return on and (on.params.get("url") or on.params.get("url_of_file"))


def _is_once_too_often(item: pytest.Item) -> bool:
    """A test on PostgreSQL that says nothing new of a statement."""
    if _database_of(item) != "postgresql" or item.get_closest_marker("both_databases") is not None:
        return False
    name = named(item)
    is_above = item.path.relative_to(_HERE).parts[0] in _ABOVE_STATEMENTS
    return is_above or not _ON_SQLITE_ALONE.isdisjoint({name, whole(name)})


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Parallel processes must name a test alike, so no random id or key is part of its name."""
    return argname if isinstance(val, str) and _RANDOM.search(val) else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sa.URL]:
    """A PostgreSQL server of this process."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_tables(postgresql: sa.URL) -> sa.URL:
    """A PostgreSQL database with all tables and no rows, which nobody uses: others are copied from it."""
    url = postgresql.set(database="template_tern")
    run(postgresql, "CREATE DATABASE template_tern")
    _make_tables(url)
    return url


@pytest.fixture(scope="session")
def postgresql_in_turn(postgresql_tables: sa.URL) -> Iterator[sa.Engine]:
    """The one that the tests of this process use in turn, and connections to it that outlive them: each new one is a
    process of PostgreSQL's, which first reads what tables there are."""
    with _copied(postgresql_tables, "in_turn") as url:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an SQLite file with all tables and no rows."""
    path = tmp_path_factory.mktemp("sqlite") / "tern.sqlite"
    _make_tables(sa.make_url(f"sqlite:///{path}"))
    return path.read_bytes()


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database is that has all tables and no rows. Who needs one runs on both, but for `_ABOVE_STATEMENTS`."""
    if request.param == "sqlite":
        path = tmp_path / "data" / "tern.sqlite"
        path.parent.mkdir()
        path.write_bytes(request.getfixturevalue("sqlite_tables"))
        return f"sqlite:///{path}"
    engine: sa.Engine = request.getfixturevalue("postgresql_in_turn")
    with engine.connect() as connection:
        connection.exec_driver_sql(_emptying())
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module", params=DIALECTS)
def url_of_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As `url`, but one for all tests of a file: they only look at what lies there, or leave their own beside it."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("file") / "tern.sqlite"
        path.write_bytes(request.getfixturevalue("sqlite_tables"))
        yield f"sqlite:///{path}"
        return
    with _copied(request.getfixturevalue("postgresql_tables"), "of_file") as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database is that has not even tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: sa.URL = request.getfixturevalue("postgresql")
    run(server, "CREATE DATABASE empty")
    yield server.set(database="empty").render_as_string(hide_password=False)
    run(server, "DROP DATABASE empty WITH (FORCE)")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def rows(request: pytest.FixtureRequest, url: str) -> Iterator[Session]:
    """A session for arranging and looking. Its statements hold no lock: each is committed as it is made."""
    if url.startswith("postgresql"):
        with Session(request.getfixturevalue("postgresql_in_turn")) as session:
            yield session
        return
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def today() -> date:
    """The day on which the tests take place."""
    return date(2026, 6, 15)


@pytest.fixture
def clock(tmp_path: Path, today: date) -> Clock:
    """The service's clock; a test that lets time pass writes to `clock.told_by`."""
    file = tmp_path / "clock"
    file.write_text(f"{today}T09:00:00Z")
    return Clock(file)


@pytest.fixture(scope="session")
def keyring_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The keyring of every service that has these settings: what people made with one of them, another has copied."""
    directory = tmp_path_factory.mktemp("keyring")
    keyring.load(directory)
    return (directory / keyring.FILE).read_bytes()


@pytest.fixture
def settings(url: str, tmp_path: Path, clock: Clock, keyring_file: bytes) -> Settings:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / keyring.FILE).write_bytes(keyring_file)
    return Settings(data_dir=tmp_path / "data", database_url=url, demo=True, demo_clock=clock.told_by)


@pytest.fixture(scope="session")
def site() -> Site:
    """The pages that were built, read once: a template is translated at its first use."""
    return Site.load()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of every offered language and of the pseudo-language, which nobody changes: the first of the processes
    that asks has them built for all."""
    return made_once(tmp_path_factory, "built", partial(build, pseudo=True))


@pytest.fixture
def client(settings: Settings, site: Site) -> Iterator[TestClient]:
    """The service, in process, over HTTP."""
    with InProcess(create_app(settings, site=site, hasher=HASHER)) as client:
        yield client


@pytest.fixture
def statements(client: TestClient) -> Iterator[list[str]]:
    """What the service asks its database, as far as it changes or reads rows."""
    database: Database = client.app.state.database  # type: ignore[attr-defined]  # the test client declares any ASGI app
    seen: list[str] = []

    def see(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    sa.event.listen(database._writing, "before_cursor_execute", see)
    yield seen
    sa.event.remove(database._writing, "before_cursor_execute", see)


@contextmanager
def _copied(template: sa.URL, name: str) -> Iterator[sa.URL]:
    """A copy of a PostgreSQL database that nobody is connected to, until the block ends."""
    server = template.set(database="postgres")
    run(server, f"CREATE DATABASE {name} TEMPLATE {template.database}")
    yield template.set(database=name)
    run(server, f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _emptying() -> str:
    deletions = [str(sa.delete(table)) for table in Base.metadata.tables.values()]
    return "; ".join(["SET lock_timeout = '10s'", "SET session_replication_role = replica", *deletions, "RESET ALL"])


def _make_tables(url: sa.URL) -> None:
    database = schema.create(url.render_as_string(hide_password=False))
    database.truncate_log()
    database.close()
