"""What lies in a directory of backups is torn, older or another's; there is no room; a process is killed anywhere."""

import io
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import age, keyring
from app.actor import Actor
from app.backup.copying import Service, back_up, last_list
from app.backup.directory import MANIFEST, Directory
from app.backup.errors import (
    BackupError,
    Busy,
    Damaged,
    Foreign,
    NotEmpty,
    NotWhole,
    Unfit,
    WouldForget,
    WrongIdentity,
)
from app.backup.restoring import restore
from app.casework.withdrawals import service as withdrawals
from app.database import Database, NoDatabase, schema
from app.destruction import destroying
from app.installation import service as installation
from app.intake.attachments.models import Attachment
from app.intake.epochs.models import Epoch
from app.intake.lifecycle import service as lifecycle
from app.intake.reports.models import Report, ReportFile
from app.protocol.sizes import Kind
from app.vocabulary import ReportState, Role
from tests import factories
from tests.backup.child import fails_without_room, killed_at
from tests.backup.place import Make, Place, attachment, flip

pytestmark = pytest.mark.usefixtures("attachments")


def sealed(to: Path, kind: str) -> Path:
    """The one sealed file of this kind, or one blob."""
    return next(path for path in sorted((to / "sealed").iterdir()) if path.name.startswith(kind) or kind == "")


class TestAgain:
    """A second backup into the same directory."""

    def test_copies_no_file_again_that_is_there(self, make: Make, to: Path) -> None:
        first = make()
        second = make()

        blobs = {name for name in first if not name.startswith(("state", "list"))}
        assert len(blobs) == 2
        assert second & first == blobs
        assert Directory(to).whole().names == second

    def test_forgets_what_was_destroyed_since(
        self, make: Make, service: Service, attachments: list[Attachment], today: date
    ) -> None:
        make()
        gone, kept = attachments
        with destroying(service.database, service.blobs, today) as session:
            lifecycle.destroy(session, session.get_one(Report, gone.report_id), today=today)
        left = make()

        assert {name.partition("-")[0] for name in left} == {"state", "list", kept.blob}

    def test_takes_nothing_for_lost_that_went_with_a_case(
        self, make: Make, service: Service, rows: Session, today: date
    ) -> None:
        owner = factories.certified(rows, Role.CASEWORKER)
        of_epoch = rows.scalars(sa.select(Epoch)).first() or factories.epoch(rows, owner)
        case = factories.case(rows, owner)
        report = factories.report(rows, of_epoch, state=ReportState.WITHDRAWN, case=case)
        rows.commit()
        make()
        what = withdrawals.Ending(report.id, [factories.sealed(Kind.SLOT)])
        actor = Actor(id=owner.id, roles=frozenset({Role.CASEWORKER}), team_id=owner.team_id, today=today)

        with destroying(service.database, service.blobs, today) as session:
            withdrawals.carry_out(session, actor, case.id, what, seen={1}, now=factories.morning(today))

        make()

    def test_copies_anew_what_the_disk_has_altered(self, make: Make, to: Path) -> None:
        make()
        file = next(path for path in (to / "sealed").iterdir() if not path.name.startswith(("state", "list")))
        flip(file)

        make()

        assert all(Directory(to).is_intact(name) for name in Directory(to).whole().names)

    def test_never_takes_the_place_of_what_the_service_has_lost(
        self, make: Make, rows: Session, to: Path, attachments: list[Attachment]
    ) -> None:
        before = make()
        rows.execute(sa.delete(ReportFile).where(ReportFile.report_id == attachments[0].report_id))

        with pytest.raises(WouldForget, match=f"report_files {attachments[0].report_id} is gone"):
            make()
        assert Directory(to).whole().names == before == Directory(to).names()

    def test_is_not_made_over_one_of_another_service_or_to_others(
        self, make: Make, service: Service, to: Path, offline: age.HybridIdentity, today: date
    ) -> None:
        before = make()
        other = Service(service.database, service.data_dir, keyring.Keyring(bytes(32)))

        with pytest.raises(Foreign):
            back_up(other, to, [offline.recipient], today)
        with pytest.raises(Foreign):
            back_up(service, to, [age.generate().recipient], today)
        assert Directory(to).whole().names == before

    def test_waits_for_nobody_and_mixes_with_nobody(self, make: Make, to: Path, offline: age.HybridIdentity) -> None:
        make()

        with Directory(to).held([offline.recipient], date(2026, 6, 15)), pytest.raises(Busy):
            make()


def test_a_file_that_is_missing_or_altered_is_told_and_keeps_nothing_back(
    service: Service,
    to: Path,
    offline: age.HybridIdentity,
    attachments: list[Attachment],
    today: date,
    elsewhere: Place,
) -> None:
    missing, altered = attachments
    (service.data_dir / "blobs" / missing.blob).unlink()
    flip(service.data_dir / "blobs" / altered.blob)

    made = back_up(service, to, [offline.recipient], today)
    restored = restore(to, [offline], elsewhere.url, elsewhere.data_dir)

    assert {fault.of for fault in made.contents.faults} == {missing.blob, altered.blob}
    assert restored.faults == made.contents.faults
    assert [path.name for path in (elsewhere.data_dir / "blobs").iterdir()] == [altered.blob]


def test_a_backup_lies_outside_and_alone(service: Service, to: Path, offline: age.HybridIdentity, today: date) -> None:
    to.mkdir()
    (to / "holiday.jpg").write_bytes(b"")

    for place in (to, service.data_dir / "backup", service.data_dir.parent):
        with pytest.raises(Unfit):
            back_up(service, place, [offline.recipient], today)
    assert [path.name for path in to.iterdir()] == ["holiday.jpg"]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


TEARS: dict[str, tuple[Callable[[Path], object], type[BackupError]]] = {
    "flipped": (flip, Damaged),
    "cut": (cut, Damaged),
    "empty": (lambda file: file.write_bytes(b""), Damaged),
    "gone": (Path.unlink, NotWhole),
}


class TestTorn:
    """A backup that is not what was written comes back nowhere."""

    @pytest.mark.parametrize("tear", TEARS)
    @pytest.mark.parametrize("kind", ["state", "list", "blob"])
    def test_whatever_is_torn(
        self, make: Make, to: Path, offline: age.HybridIdentity, elsewhere: Place, kind: str, tear: str
    ) -> None:
        names = make()
        blob = next(name for name in sorted(names) if not name.startswith(("state", "list")))
        act, expected = TEARS[tear]
        act(sealed(to, blob if kind == "blob" else kind))

        with pytest.raises(expected):
            restore(to, [offline], elsewhere.url, elsewhere.data_dir)
        assert elsewhere.is_empty()

    def test_without_its_last_file_it_is_none(
        self, make: Make, to: Path, offline: age.HybridIdentity, elsewhere: Place
    ) -> None:
        make()
        (to / MANIFEST).unlink()

        with pytest.raises(NotWhole):
            restore(to, [offline], elsewhere.url, elsewhere.data_dir)

    def test_an_older_list_beside_newer_rows(
        self, make: Make, rows: Session, to: Path, offline: age.HybridIdentity, elsewhere: Place
    ) -> None:
        make()
        older = sealed(to, "list")
        kept = older.read_bytes()
        factories.person(rows)
        make()
        (to / "sealed" / older.name).write_bytes(kept)
        manifest = json.loads((to / MANIFEST).read_text())
        (to / MANIFEST).write_text(json.dumps(manifest | {"list": older.name}))

        with pytest.raises(Damaged):
            restore(to, [offline], elsewhere.url, elsewhere.data_dir)
        assert elsewhere.is_empty()

    def test_other_rows_under_the_same_list(
        self, make: Make, to: Path, offline: age.HybridIdentity, elsewhere: Place, today: date
    ) -> None:
        """Whoever writes there and knows the recipient can seal to it too; the list tells what belongs together."""
        make()
        directory = Directory(to)
        manifest = directory.whole()
        lines = directory.read(manifest.state, [offline])
        altered = io.BytesIO(lines.replace(b'"2026-06-21"', b'"2026-06-28"'))
        state = directory.seal("state", altered, [offline.recipient], today)
        listed = json.loads(directory.read(manifest.list, [offline])) | {"state": state}
        written = io.BytesIO(json.dumps(listed).encode())
        list_ = directory.seal("list", written, [offline.recipient], today)
        (to / MANIFEST).write_text(manifest.model_copy(update={"state": state, "list": list_}).model_dump_json())

        with pytest.raises(Damaged, match="the table epochs is not what the list tells of"):
            restore(to, [offline], elsewhere.url, elsewhere.data_dir)
        assert elsewhere.is_empty()

    def test_another_identity(self, make: Make, to: Path, elsewhere: Place) -> None:
        make()

        with pytest.raises(WrongIdentity):
            restore(to, [age.generate()], elsewhere.url, elsewhere.data_dir)
        assert elsewhere.is_empty()


class TestPlace:
    """Nothing is restored over anything."""

    def test_that_is_not_empty_is_left_as_it_is(
        self, make: Make, url: str, to: Path, offline: age.HybridIdentity, elsewhere: Place
    ) -> None:
        make()
        elsewhere.data_dir.mkdir()
        kept = elsewhere.data_dir / "keyring.json"
        kept.write_text("of another")

        with pytest.raises(NotEmpty, match=r"keyring\.json"):
            restore(to, [offline], elsewhere.url, elsewhere.data_dir)
        kept.unlink()
        with pytest.raises(NotEmpty):
            restore(to, [offline], url, elsewhere.data_dir)
        assert list(elsewhere.data_dir.iterdir()) == []

    def test_that_serves_is_left_as_it_is(
        self, make: Make, service: Service, url: str, to: Path, offline: age.HybridIdentity
    ) -> None:
        make()
        before = sorted(service.data_dir.rglob("*"))

        with pytest.raises(NotEmpty):
            restore(to, [offline], url, service.data_dir)
        assert sorted(service.data_dir.rglob("*")) == before


class TestKilled:
    """Before a step, then before one that is five later, until there is none left."""

    def test_a_backup_leaves_the_one_before_and_the_next_goes_on(
        self,
        make: Make,
        rows: Session,
        service: Service,
        url: str,
        to: Path,
        offline: age.HybridIdentity,
        today: date,
    ) -> None:
        first = make()
        attachment(rows, service, factories.report(rows, factories.epoch(rows, sequence=2)), today)
        kept = to.with_name("kept")
        shutil.copytree(to, kept)

        def again() -> None:
            with closing(Database(url)) as database:
                back_up(Service(database, service.data_dir, service.keyring), to, [offline.recipient], today)

        for step in count(0, 5):
            if not killed_at(step, to, again):
                break
            directory = Directory(to)
            manifest = directory.whole()
            assert manifest.names == first or len(manifest.blobs) == 3
            assert all(directory.is_intact(name) for name in manifest.names)
            again()
            assert Directory(to).whole().names == Directory(to).names()
            assert len(last_list(Directory(to), service.keyring).blobs) == 3
            assert not list(service.data_dir.glob("etilqs*"))
            shutil.rmtree(to)
            shutil.copytree(kept, to)
        assert step > 10

    def test_a_restore_leaves_no_service_and_is_begun_again(
        self, make: Make, to: Path, offline: age.HybridIdentity, elsewhere: Place
    ) -> None:
        make()

        def bring_back() -> None:
            restore(to, [offline], elsewhere.url, elsewhere.data_dir)

        for step in count(0, 5):
            if not killed_at(step, elsewhere.data_dir, bring_back):
                break
            if is_served(elsewhere):
                break
            bring_back()
            assert is_served(elsewhere)
            empty(elsewhere)
        assert step > 10


def is_served(place: Place) -> bool:
    """Whether a service would begin there, with all that it needs."""
    try:
        with closing(schema.open_(place.url)) as database:
            installation.open_keyring(database, place.data_dir)
            with database.read() as session:
                names = set(session.scalars(sa.select(Attachment.blob)))
    except (NoDatabase, schema.OtherTables):
        return False
    assert {path.name for path in (place.data_dir / "blobs").iterdir()} == names
    return True


def empty(place: Place) -> None:
    shutil.rmtree(place.data_dir)
    if not place.url.startswith("sqlite"):
        engine = sa.create_engine(place.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


class TestNoRoom:
    """A disk is full at once, or in the middle."""

    @pytest.mark.parametrize("size", [100, 100_000])
    def test_a_backup_leaves_the_one_before(
        self,
        make: Make,
        rows: Session,
        service: Service,
        url: str,
        to: Path,
        offline: age.HybridIdentity,
        today: date,
        size: int,
    ) -> None:
        first = make()
        attachment(rows, service, factories.report(rows, factories.epoch(rows, sequence=2)), today)

        def again() -> None:
            with closing(Database(url)) as database:
                back_up(Service(database, service.data_dir, service.keyring), to, [offline.recipient], today)

        assert fails_without_room(size, again)
        assert Directory(to).whole().names == first
        assert not [path for path in (to / "sealed").iterdir() if path.name.endswith(".new")]
        again()

    @pytest.mark.parametrize("size", [100, 100_000])
    def test_a_restore_leaves_the_place_empty(
        self, make: Make, to: Path, offline: age.HybridIdentity, elsewhere: Place, size: int
    ) -> None:
        make()

        assert fails_without_room(size, lambda: restore(to, [offline], elsewhere.url, elsewhere.data_dir))
        assert elsewhere.is_empty()


def test_a_directory_of_backups_shows_no_more_than_a_copied_server(
    make: Make, rows: Session, attachments: list[Attachment], to: Path
) -> None:
    make()

    files = [path for path in to.rglob("*") if path.is_file()]
    in_clear = b" ".join([*(str(path).encode() for path in files), *(path.read_bytes() for path in files)])
    ids = [*rows.scalars(sa.select(Report.id)), *(each.sha256 for each in attachments)]
    assert [path.name for path in files if not path.read_bytes().startswith(b"age-encryption.org/v1\n")] in (
        [MANIFEST, "recipients"],
        ["recipients", MANIFEST],
    )
    assert [each for each in ids if each.encode() in in_clear] == []
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (to, to / "sealed")} == {0o700}
    assert {path.stat().st_mtime % 86_400 for path in (*files, to, to / "sealed")} == {0.0}
