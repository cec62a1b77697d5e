"""Uploads: how an attachment comes in parts, and goes on where a connection broke (tus 1.0)."""

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.blobs import Stored
from app.intake.attachments import service
from app.intake.attachments.models import Attachment, Upload
from app.intake.reports.models import Report
from app.problems import NotFound, Problem
from app.protocol.encoding import sha256_hex

DAYS = 3


class OtherProtocol(Problem):
    type, status, title = "other-protocol", 412, "Uploads are of tus 1.0.0, and the request does not say so"


class WrongOffset(Problem):
    type, status, title = "wrong-offset", 409, "The upload does not end at this offset"


@dataclass(frozen=True)
class Started:
    """A new upload, and the blob of one that it replaces, to destroy after the commit."""

    address: str = field(repr=False)
    replaced: str | None


def start(session: Session, token_sha256: str, attachment_id: str, *, size: int, blob: str, today: date) -> Started:
    """Begin an upload. One that was begun before for the same attachment is given up: it had another sealing.

    Raises `NotFound`, `AttachmentExists` or `TooManyAttachments` as `service.name` would at the end.
    """
    report = service.locked(session, token_sha256)
    known = service.room(session, report, attachment_id)
    if known is not None and known.size != size:
        raise service.AttachmentExists
    before = delete(Upload).where(Upload.report_id == report.id, Upload.attachment_id == attachment_id)
    replaced = session.scalar(before.returning(Upload.blob))
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
    return Started(address, replaced)


def find(session: Session, token_sha256: str, address_sha256: str) -> Upload:
    """Raises `NotFound`, for an upload under another token too."""
    report = service.of_token(token_sha256).with_only_columns(Report.id)
    upload = session.scalar(select(Upload).where(Upload.address_sha256 == address_sha256, Upload.report_id.in_(report)))
    if upload is None:
        raise NotFound
    return upload


def finish(session: Session, token_sha256: str, address_sha256: str, stored: Stored, *, today: date) -> bool:
    """Make an attachment of a whole file; false where the same bytes had arrived before, in another file.

    Raises what `service.name` raises. A repetition changes nothing.
    """
    service.locked(session, token_sha256)
    upload = find(session, token_sha256, address_sha256)
    if upload.blob is not None:
        service.name(session, token_sha256, upload.attachment_id, stored, today=today)
        upload.blob = None
        session.flush()
    return session.get_one(Attachment, upload.attachment_id).blob == stored.name


def give_up(session: Session, address_sha256: str) -> None:
    """Forget an upload that can become no attachment."""
    session.execute(delete(Upload).where(Upload.address_sha256 == address_sha256))


def drop_old(session: Session, today: date) -> list[str]:
    """Uploads lie for three full days: the names of blobs, which the caller destroys after the commit."""
    old = delete(Upload).where(Upload.started_on < today - timedelta(days=DAYS)).returning(Upload.blob)
    return [blob for blob in session.scalars(old) if blob is not None]
