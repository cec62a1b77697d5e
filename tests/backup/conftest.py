"""A service with a report in a case, and empty places of the same kind beside it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from app import age, keyring
from app.audit import service as audit
from app.audit.actions import Action
from app.backup.copying import Service, back_up
from app.backup.directory import Directory
from app.database import Database
from app.installation import service as installation
from app.intake.attachments.models import Attachment
from app.settings import Settings
from tests import factories
from tests.backup.place import Make, Place, attachment
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


@pytest.fixture
def attachments(rows: Session, service: Service, today: date) -> list[Attachment]:
    """Two attachments of two reports, as they lie in the service, and an act of staff."""
    installation.open_keyring(service.database, service.data_dir)
    installation.check_place(service.database, service.data_dir)
    epoch = factories.epoch(rows)
    made = [attachment(rows, service, factories.report(rows, epoch), today) for _ in range(2)]
    person = factories.person(rows)
    rows.commit()
    with service.database.write() as session:
        audit.record(session, person.id, Action.PERSON_JOINED, person.id, now=factories.HOUR)
    return made


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def make(service: Service, to: Path, offline: age.HybridIdentity, today: date) -> Make:
    """Back up; the names of the sealed files."""

    def backed_up() -> set[str]:
        back_up(service, to, [offline.recipient], today)
        return Directory(to).names()

    return backed_up
