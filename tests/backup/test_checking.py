"""What a service, or whoever keeps its backup, is told of losses that nothing else shows."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import age
from app.audit.models import AuditEvent, AuditHead
from app.backup.checking import check_backup, check_service, look_quickly
from app.backup.copying import Service
from app.backup.errors import Foreign, NotWhole, WrongIdentity
from app.backup.losses import WATCHED
from app.casework.cases.models import JournalEntry
from app.destruction import destroying
from app.intake.attachments.models import Attachment
from app.intake.lifecycle import service as lifecycle
from app.intake.reports.models import Report, ReportFile
from app.keyring import Keyring
from app.protocol.types import TYPES
from tests import factories
from tests.backup.place import Make, attachment, flip

pytestmark = pytest.mark.usefixtures("attachments")


def found(service: Service, since: Path | None = None) -> list[str]:
    return check_service(service, since).findings


def altered(content: bytes) -> bytes:
    return content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]


def test_a_service_that_is_what_it_was_is_told_so_and_so_is_one_that_went_on(
    service: Service, make: Make, to: Path, rows: Session, attachments: list[Attachment], today: date
) -> None:
    make()
    with destroying(service.database, service.blobs, today) as session:
        lifecycle.destroy(session, session.get_one(Report, attachments[0].report_id), today=today)
    attachment(rows, service, factories.report(rows, factories.epoch(rows, sequence=2)), today)

    looked = check_service(service, to)

    assert (looked.reports, looked.files, looked.left_over, looked.findings) == (3, 2, 0, [])


def test_every_column_that_holds_something_sealed_is_watched_or_changes_by_itself() -> None:
    places = {str(place) for each in TYPES.values() for place in each.stored}

    # Written over, called back, withdrawn, taken up; or files, of which the rows are watched.
    assert places - WATCHED == {
        "root_proposals.document",
        "slots.file",
        "grants.file",
        "cards.file",
        "key_copies.file",
        "memories.file",
        "pairs.file",
        "recoveries.act",
        "templates.file",
        "release_signatures.statement",
        "attachments.blob",
        "uploads.blob",
    }


Harm = Callable[[Session, Service, Attachment], object]
HARMS: dict[str, tuple[Harm, str]] = {
    "body-altered": (
        lambda rows, _, file: rows.execute(
            sa.update(ReportFile)
            .where(ReportFile.report_id == file.report_id)
            .values(body=altered(rows.get_one(ReportFile, file.report_id).body))
        ),
        "report_files {report} has other bytes than it had",
    ),
    "body-gone": (
        lambda rows, _, file: rows.execute(sa.delete(ReportFile).where(ReportFile.report_id == file.report_id)),
        "report_files {report} is gone",
    ),
    "row-of-a-file-gone": (
        lambda rows, _, file: rows.execute(sa.delete(Attachment).where(Attachment.id == file.id)),
        "the attachment in the file {blob} is gone",
    ),
    "events-cut": (
        lambda rows, *_: (rows.execute(sa.delete(AuditEvent)), rows.execute(sa.delete(AuditHead))),
        "the audit chain does not go on from its event 1: the database is older, or another",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_the_last_backup_had_and_the_service_lacks_is_named(
    service: Service, make: Make, to: Path, rows: Session, attachments: list[Attachment], harm: str
) -> None:
    make()
    file = attachments[0]
    report, blob = file.report_id, file.blob
    do, sentence = HARMS[harm]
    do(rows, service, file)

    assert sentence.format(report=report, blob=blob) in found(service, to)


def test_what_needs_no_backup_to_be_found_is_found(
    service: Service, rows: Session, attachments: list[Attachment], today: date
) -> None:
    missing, changed = attachments
    (service.data_dir / "blobs" / missing.blob).unlink()
    flip(service.data_dir / "blobs" / changed.blob)
    person = factories.person(rows)
    case = factories.case(rows, person)
    rows.commit()
    rows.execute(sa.update(JournalEntry).values(sha256="0" * 64))
    rows.execute(sa.update(AuditEvent).values(object_id=case.id))
    other = Service(service.database, service.data_dir, Keyring(bytes(32)))

    assert found(other) == sorted(
        [
            "the audit chain is broken",
            "the keyring is not the one that the database belongs to",
            f"a row whose bytes are not those of its digest: journal_entries {case.id} 1",
            f"an attachment without its file: {missing.blob}",
            f"a file whose bytes are not those of its digest: {changed.blob}",
        ]
    )


def test_a_report_without_its_body_and_a_row_that_is_no_sealed_file_are_told(
    service: Service, rows: Session, attachments: list[Attachment]
) -> None:
    gone, cut = (each.report_id for each in attachments)
    rows.execute(sa.delete(ReportFile).where(ReportFile.report_id == gone))
    short = rows.get_one(ReportFile, cut).body[:-1]
    rows.execute(sa.update(ReportFile).where(ReportFile.report_id == cut).values(body=short))

    assert found(service) == [
        f"a report without its body: {gone}",
        f"a sealed row that is no sealed file of its kind: report_files {cut}",
    ]


def test_a_list_of_another_service_is_not_compared_with(service: Service, make: Make, to: Path) -> None:
    make()

    with pytest.raises(Foreign):
        found(Service(service.database, service.data_dir, Keyring(bytes(32))), to)
    with pytest.raises(NotWhole):
        found(service, to.with_name("nothing"))


class TestBackup:
    """Without the key each file is compared with its name; with it, all of it with its list."""

    @pytest.fixture(params=["sqlite"])  # what lies in a directory is of no database
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        path = tmp_path / "data" / "tern.sqlite"
        path.parent.mkdir()
        path.write_bytes(request.getfixturevalue("sqlite_tables"))
        return f"sqlite:///{path}"

    def test_that_is_whole(self, make: Make, to: Path, offline: age.HybridIdentity) -> None:
        make()
        before = {path: path.stat().st_mtime_ns for path in to.rglob("*")}

        outside, inside = check_backup(to), check_backup(to, [offline])

        assert (outside.reports, outside.files, outside.findings) == (None, 2, [])
        assert (inside.reports, inside.files, inside.findings) == (2, 2, [])
        assert {path: path.stat().st_mtime_ns for path in to.rglob("*")} == before

    @pytest.mark.parametrize("kind", ["state", "list", ""])
    def test_of_which_a_bit_was_flipped(self, make: Make, to: Path, offline: age.HybridIdentity, kind: str) -> None:
        make()
        file = next(path for path in sorted((to / "sealed").iterdir()) if path.name.startswith(kind))
        flip(file)

        assert check_backup(to).findings == [f"{file.name} is not what was written"]
        assert check_backup(to, [offline]).findings == check_backup(to).findings

    def test_of_which_a_file_is_missing_or_that_another_key_is_to_open(self, make: Make, to: Path) -> None:
        make()

        with pytest.raises(WrongIdentity):
            check_backup(to, [age.generate()])
        next((to / "sealed").iterdir()).unlink()
        with pytest.raises(NotWhole):
            check_backup(to)
        with pytest.raises(NotWhole):
            check_backup(to.with_name("nothing"))


class TestQuickly:
    """The short look that a service takes at itself where the one before was killed."""

    def test_finds_files_that_are_missing_or_cut(self, service: Service, attachments: list[Attachment]) -> None:
        blobs = service.data_dir / "blobs"
        well = look_quickly(service.database, blobs)
        (blobs / attachments[0].blob).write_bytes(b"cut")

        assert (well, look_quickly(service.database, blobs)) == ("", "1 of 2 files are missing or of another size")
