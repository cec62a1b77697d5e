"""A service with a report in a case, and empty places of the same kind beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import age, keyring
from app.backup.copying import Service
from app.database import Database
from app.settings import Settings
from tests.backup.place import Place
from tests.postgresql import run

if TYPE_CHECKING:
    import sqlalchemy as sa


@pytest.fixture
def service(settings: Settings, database: Database) -> Service:
    return Service(database, settings.data_dir, keyring.load(settings.data_dir))


@pytest.fixture(scope="session")
def offline() -> age.HybridIdentity:
    """The key that opens backups, and lies on no machine of the service's."""
    return age.generate()


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[Place]:
    """Where nothing is yet, with a database of the same kind as `url`."""
    if url.startswith("sqlite"):
        yield Place(tmp_path / "elsewhere", f"sqlite:///{tmp_path / 'elsewhere' / 'tern.sqlite'}")
        return
    server: sa.URL = request.getfixturevalue("postgresql")
    run(server, "CREATE DATABASE elsewhere")
    yield Place(tmp_path / "elsewhere", server.set(database="elsewhere").render_as_string(hide_password=False))
    run(server, "DROP DATABASE elsewhere WITH (FORCE)")
