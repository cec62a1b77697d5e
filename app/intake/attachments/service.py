"""Attachments: each a sealed file that its reporter sends after the report, or later as further evidence."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.blobs import Blobs, StoredBlob
from app.clock import monday_of
from app.destruction import doom
from app.intake.attachments.models import Attachment, Upload
from app.intake.mailbox.models import Mailbox
from app.intake.reports.models import Report
from app.intake.reports.service import CLOSED
from app.problems import NotFound, Problem

LIMIT = 32


class AttachmentExists(Problem):
    """Another file came first under this id. Draw a new id, which the report must list."""

    type, status, title = "attachment-exists", 409, "Another file was sent under this id"


class TooManyAttachments(Problem):
    """The report has all the attachments that it can have. Send the rest as further reports."""

    type, status, title = "too-many-attachments", 409, f"A report has at most {LIMIT} attachments"


class FileNotHere(Problem):
    """The process that was asked does not have the file, or it was destroyed a moment ago.

    Ask again. Where it stays away, tell the operator: processes of one service need one directory of files, and a file
    that was lost is named by `tern check`.
    """

    type, status, title = "file-not-here", 503, "The service does not find the file that belongs to the attachment"


def of_token(token_sha256: str) -> Select[Report]:
    """The report whose mailbox this token opens, while it takes attachments."""
    return (
        select(Report)
        .join(Mailbox, Mailbox.report_id == Report.id)
        .where(Mailbox.token_sha256 == token_sha256, Report.state.not_in(CLOSED))
    )


def locked(session: Session, token_sha256: str) -> Report:
    """The same; files sent to it at once are counted one after the other. Raises `NotFound`."""
    report = session.scalar(of_token(token_sha256).with_for_update(of=Report))
    if report is None:
        raise NotFound
    return report


def room(session: Session, report: Report, attachment_id: str) -> Attachment | None:
    """What has arrived under this id already. Raises `AttachmentExists` or `TooManyAttachments` where no file may."""
    earlier = session.get(Attachment, attachment_id)
    if earlier is not None and earlier.report_id != report.id:
        raise AttachmentExists
    there = select(Attachment.id).where(Attachment.report_id == report.id)
    coming = select(Upload.attachment_id).where(Upload.report_id == report.id, Upload.blob.is_not(None))
    others = set(session.scalars(there.union(coming))) - {attachment_id}
    if earlier is None and len(others) >= LIMIT:
        raise TooManyAttachments
    return earlier


def name(session: Session, token_sha256: str, attachment_id: str, stored: StoredBlob, *, today: date) -> bool:
    """Give a stored file to the report of this token; false where the same file is there already.

    Raises `NotFound` for a token that opens no mailbox, `TooManyAttachments`, and `AttachmentExists`.
    """
    report = locked(session, token_sha256)
    earlier = room(session, report, attachment_id)
    if earlier is not None:
        if earlier.sha256 != stored.sha256:
            raise AttachmentExists
        return False
    session.add(
        Attachment(
            id=attachment_id,
            report_id=report.id,
            size=stored.size,
            sha256=stored.sha256,
            received_on=today,
            blob=stored.name,
        )
    )
    session.flush()
    return True


def of_report(report_id: str) -> Select[Attachment]:
    """What has arrived. Which files should, the sealed report says."""
    return select(Attachment).where(Attachment.report_id == report_id)


def get(session: Session, report_id: str, attachment_id: str) -> Attachment:
    """Raises `NotFound`, for an attachment of another report too."""
    attachment = session.scalar(of_report(report_id).where(Attachment.id == attachment_id))
    if attachment is None:
        raise NotFound
    return attachment


def forget_days(session: Session, report_id: str) -> None:
    """Keep only the week in which each file came, or began to."""
    for attachment in session.scalars(of_report(report_id)):
        attachment.received_on = monday_of(attachment.received_on)
    for upload in session.scalars(select(Upload).where(Upload.report_id == report_id)):
        upload.started_on = monday_of(upload.started_on)


def destroy(session: Session, report_id: str) -> None:
    """Forget a report's attachments, their blobs with them."""
    there = session.scalars(delete(Attachment).where(Attachment.report_id == report_id).returning(Attachment.blob))
    coming = session.scalars(delete(Upload).where(Upload.report_id == report_id).returning(Upload.blob))
    doom(session, [*there, *(blob for blob in coming if blob is not None)])


def blobs(session: Session) -> set[str]:
    """The names of all blobs that a row names."""
    coming = select(Upload.blob).where(Upload.blob.is_not(None))
    return set(session.scalars(select(Attachment.blob).union_all(coming)))


def are_named(session: Session) -> bool:
    """Whether a row names a file that is whole."""
    return session.scalar(select(Attachment.id).limit(1)) is not None


def bytes_of(blobs: Blobs, attachment: Attachment) -> Iterator[bytes]:
    """The sealed file in pieces. Raises `FileNotHere` at once, not at the first piece."""
    try:
        return blobs.objects.get(attachment.blob)
    except FileNotFoundError:
        raise FileNotHere from None
