"""Uploads: how an attachment comes in parts, and goes on where a connection broke (tus 1.0)."""

import secrets
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.blobs import StoredBlob
from app.destruction import doom
from app.intake.attachments import service
from app.intake.attachments.models import Attachment, Upload
from app.intake.reports.models import Report
from app.problems import NotFound, Problem
from app.protocol.encoding import sha256_hex

DAYS = 3


class OtherProtocol(Problem):
    """Uploads speak tus 1.0.0, and each request says so in Tus-Resumable. Use a client of that version."""

    type, status, title = "other-protocol", 412, "Uploads are of tus 1.0.0, and the request does not say so"


class NoRoomForFiles(Problem):
    """The disk keeps what is left of it for reports and messages, which still get in.

    Send the file another day: what has come of it stays for three days.
    """

    type, status, title = "no-room-for-files", 507, "There is no room for files just now"


class WrongOffset(Problem):
    """More or less has arrived than the request assumes. Ask for the offset with HEAD, and go on from there."""

    type, status, title = "wrong-offset", 409, "The upload does not end at this offset"


def start(session: Session, token_sha256: str, attachment_id: str, *, size: int, blob: str, today: date) -> str:
    """Begin an upload: its address. One that was begun before for the same attachment is given up, for another sealing.

    Raises `NotFound`, `AttachmentExists` or `TooManyAttachments` as `service.name` would at the end.
    """
    report = service.locked(session, token_sha256)
    earlier = service.room(session, report, attachment_id)
    if earlier is not None and earlier.size != size:
        raise service.AttachmentExists
    before = delete(Upload).where(Upload.report_id == report.id, Upload.attachment_id == attachment_id)
    earlier_blob = session.scalar(before.returning(Upload.blob))
    if earlier_blob is not None:
        doom(session, [earlier_blob])
    address = secrets.token_hex(16)
    session.add(
        Upload(
            address_sha256=sha256_hex(address.encode()),
            report_id=report.id,
            attachment_id=attachment_id,
            size=size,
            started_on=today,
            blob=blob,
        )
    )
    session.flush()
    return address


def find(session: Session, token_sha256: str, address_sha256: str) -> Upload:
    """Raises `NotFound`, for an upload under another token too."""
    report = service.of_token(token_sha256).with_only_columns(Report.id)
    upload = session.scalar(select(Upload).where(Upload.address_sha256 == address_sha256, Upload.report_id.in_(report)))
    if upload is None:
        raise NotFound
    return upload


def finish(session: Session, token_sha256: str, address_sha256: str, stored: StoredBlob, *, today: date) -> None:
    """Make an attachment of a whole file, which goes where the same bytes had arrived before, in another.

    Raises what `service.name` raises. A repetition changes nothing.
    """
    service.locked(session, token_sha256)
    upload = find(session, token_sha256, address_sha256)
    if upload.blob is not None:
        service.name(session, token_sha256, upload.attachment_id, stored, today=today)
        upload.blob = None
        session.flush()
    if session.get_one(Attachment, upload.attachment_id).blob != stored.name:
        doom(session, [stored.name])


def give_up(session: Session, address_sha256: str, blob: str) -> None:
    """Forget an upload that can become no attachment, and what came of it."""
    session.execute(delete(Upload).where(Upload.address_sha256 == address_sha256))
    doom(session, [blob])


def drop_old(session: Session, today: date) -> None:
    """Uploads lie for three full days."""
    old = delete(Upload).where(Upload.started_on < today - timedelta(days=DAYS)).returning(Upload.blob)
    doom(session, [blob for blob in session.scalars(old) if blob is not None])
