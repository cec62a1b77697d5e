"""The drill: a report becomes a case, the service is backed up while it takes reports, and lost; then it comes back."""

import io
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app import age
from app.backup.copying import Service, back_up
from app.backup.restoring import restore
from app.client.casework import cases, triage
from app.client.people import sign_in
from app.clock import Clock
from app.database import schema
from app.installation import service as installation
from app.installation import shredding
from app.installation.shredding import OtherKeys
from app.intake.reports.models import Report
from app.main import create_app
from app.settings import Settings
from app.shred_keys import copies
from app.site.site import Site
from app.vocabulary import Imminence, Severity
from tests.backup.place import Make, Place
from tests.flows.organisation import PASSWORD, Organisation
from tests.in_process import InProcess
from tests.postgresql import run
from tests.strength import HASHER

DOCUMENT = {
    "language": "en",
    "text": "Two men asked the neighbours about her.",
    "answers": {"danger_now": "days", "consent": ["service", "contact"]},
}
PHOTO = b"photograph " * 20_000
WORK = [(Severity.LIMITED, Imminence.WEEKS)]


@pytest.fixture
def organisation(settings: Settings, client: TestClient, clock: Clock, tmp_path: Path) -> Organisation:
    return Organisation(tmp_path / "people", client, clock).found(settings)


@contextmanager
def taking_reports(organisation: Organisation) -> Iterator[list[str]]:
    """Reports are sent one after the other until the block ends; the ids of those that were acknowledged."""
    acknowledged, is_over = list[str](), threading.Event()

    def send() -> None:
        while not is_over.is_set():
            acknowledged.append(organisation.reporter().submit(DOCUMENT).report)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield acknowledged
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"shred_dir": tmp_path / "keys", "shred_copies": tmp_path / "copies"})


@pytest.fixture
def service(service: Service, settings: Settings) -> Service:
    service.database.keys = shredding.open_keys(service.database, settings)
    return service


def test_a_service_that_is_lost_comes_back_from_its_backup(
    organisation: Organisation,
    service: Service,
    settings: Settings,
    elsewhere: Place,
    offline: age.HybridIdentity,
    clock: Clock,
    site: Site,
    tmp_path: Path,
) -> None:
    photo = tmp_path / "her door.jpg"
    photo.write_bytes(PHOTO)
    sent = organisation.reporter().submit(DOCUMENT, [photo])
    tenzin = organisation.staff["tenzin"]
    installation.open_keyring(service.database, service.data_dir)
    installation.check_place(service.database, service.data_dir)
    service.database.keys = shredding.open_keys(service.database, settings)
    triage.claim(tenzin, triage.view(tenzin, sent.report))
    opened = triage.open_(tenzin, sent.report)
    case = triage.accept(tenzin, opened, WORK, owner=tenzin.person, title="The neighbours", summary="Two men.")

    with taking_reports(organisation) as acknowledged:
        while not acknowledged:
            pass
        before = list(acknowledged)
        made = back_up(service, tmp_path / "backup", [offline.recipient], clock.today())
    shutil.rmtree(settings.data_dir / "blobs")
    shutil.rmtree(tmp_path / "keys")
    restored = restore(tmp_path / "backup", [offline], elsewhere.url, elsewhere.data_dir)

    assert (made.contents.faults, restored) == ([], made.contents)
    there = settings.model_copy(update={"data_dir": elsewhere.data_dir, "database_url": elsewhere.url})
    with closing(schema.open_(there.url)) as database:
        installation.check_place(database, there.data_dir)
        with pytest.raises(OtherKeys):
            shredding.open_keys(database, there)
        _, missing = shredding.restore(database, there, copies.newest(tmp_path / "copies"))
    assert missing == 0  # though the day's copy was never made: what was stored since had its keys copied before
    with InProcess(create_app(there, site=site, hasher=HASHER)) as http:
        again = organisation.copy_of("tenzin", tmp_path / "tenzin", http)
        sign_in.sign_in(again, PASSWORD)
        file = cases.open_(again, case).file
        read = triage.open_(again, sent.report)
        photograph = io.BytesIO()
        triage.save_attachment(again, read, read.report.attachments[0], photograph)
        waiting = {each.id for each in triage.list_(again)}
        new = organisation.reporter(http).submit(DOCUMENT).report
        waiting_then = {each.id for each in triage.list_(again)}
    assert (file.title, read.report.form.text, photograph.getvalue()) == ("The neighbours", DOCUMENT["text"], PHOTO)
    assert set(before) <= waiting
    assert waiting_then == waiting | {new}
    assert not list((elsewhere.data_dir).glob("restore*"))


def test_nothing_of_a_session_or_an_unfinished_act_is_in_a_backup(
    organisation: Organisation, service: Service, offline: age.HybridIdentity, clock: Clock, tmp_path: Path
) -> None:
    made = back_up(service, tmp_path / "backup", [offline.recipient], clock.today())

    assert {"people", "reports", "grants", "audit_events", "key_log", "accounts_parts"} <= made.contents.tables.keys()
    assert not made.contents.tables.keys() & {"sessions", "once_answers", "uploads", "idempotency_keys", "posted"}


def test_a_backup_of_one_database_comes_back_in_the_other(
    organisation: Organisation,
    service: Service,
    offline: age.HybridIdentity,
    clock: Clock,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    if service.database.dialect == "postgresql":
        url = f"sqlite:///{tmp_path / 'other' / 'tern.sqlite'}"
    else:
        server: sa.URL = request.getfixturevalue("postgresql")
        run(server, "DROP DATABASE IF EXISTS other")
        run(server, "CREATE DATABASE other")
        url = server.set(database="other").render_as_string(hide_password=False)
    back_up(service, tmp_path / "backup", [offline.recipient], clock.today())

    restored = restore(tmp_path / "backup", [offline], url, tmp_path / "other")

    assert restored.tables["people"].rows == 3


@pytest.mark.usefixtures("attachments")
def test_a_backup_of_an_older_tern_comes_back_in_the_tables_of_this_one(
    service: Service, make: Make, to: Path, offline: age.HybridIdentity, elsewhere: Place
) -> None:
    schema.downgrade(service.database, "0020")
    try:
        make()
    finally:
        schema.upgrade(service.database)  # others use it too

    restored = restore(to, [offline], elsewhere.url, elsewhere.data_dir)

    assert (restored.revision, restored.tables["reports"].rows) == ("0020", 2)
    with closing(schema.open_(elsewhere.url)) as database, database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 2
