"""Attachments: each a sealed file that its reporter sends after the report, or later as further evidence."""

from datetime import date

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app.blobs import Stored
from app.intake.attachments.models import Attachment
from app.intake.mailbox.models import Mailbox
from app.intake.mailbox.service import CLOSED
from app.intake.reports.models import Report
from app.problems import NotFound, Problem

LIMIT = 32


class AttachmentExists(Problem):
    type, status, title = "attachment-exists", 409, "Another file was sent under this id"


class TooManyAttachments(Problem):
    type, status, title = "too-many-attachments", 409, f"A report has at most {LIMIT} attachments"


def check_room(session: Session, token_sha256: str, attachment_id: str) -> None:
    """Raises what `name` would raise for any file, before one is received."""
    _room(session, _found(session.scalar(_open_report(token_sha256))), attachment_id)


def name(session: Session, token_sha256: str, attachment_id: str, stored: Stored, *, today: date) -> bool:
    """Give a stored file to the report of this token; false where the same file is there already.

    Raises `NotFound` for a token that opens no mailbox, `TooManyAttachments`, and `AttachmentExists`.
    """
    # Locked, so that two files sent at once are counted one after the other.
    report = _found(session.scalar(_open_report(token_sha256).with_for_update(of=Report)))
    known = _room(session, report, attachment_id)
    if known is not None:
        if known.sha256 != stored.sha256:
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


def destroy(session: Session, report_id: str) -> list[str]:
    """Forget a report's attachments: the names of their blobs, which the caller destroys after the commit."""
    return list(session.scalars(delete(Attachment).where(Attachment.report_id == report_id).returning(Attachment.blob)))


def blobs(session: Session) -> set[str]:
    """The names of all blobs that a row names."""
    return set(session.scalars(select(Attachment.blob)))


def _open_report(token_sha256: str) -> Select[Report]:
    return (
        select(Report)
        .join(Mailbox, Mailbox.report_id == Report.id)
        .where(Mailbox.token_sha256 == token_sha256, Report.state.not_in(CLOSED))
    )


def _found(report: Report | None) -> Report:
    if report is None:
        raise NotFound
    return report


def _room(session: Session, report: Report, attachment_id: str) -> Attachment | None:
    known = session.get(Attachment, attachment_id)
    if known is not None and known.report_id != report.id:
        raise AttachmentExists
    sent = session.scalar(select(func.count()).where(Attachment.report_id == report.id)) or 0
    if known is None and sent >= LIMIT:
        raise TooManyAttachments
    return known
