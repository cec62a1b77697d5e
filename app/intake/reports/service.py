"""Reports: found, moved from state to state, and destroyed. What may follow what is the casework's to say."""

from datetime import date, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.intake.attachments import service as attachments
from app.intake.attachments.models import Attachment, Upload
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Mailbox, Message
from app.intake.reports.models import Report, ReportFile
from app.people.grants import service as grants
from app.people.staff import service as staff
from app.problems import NotFound, Problem
from app.vocabulary import ReportState, TransitionReason

UNDECIDED = frozenset({ReportState.RECEIVED, ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER})
WITHDRAWAL_DAYS = 3
OUTCOME_DAYS = 30


class ReportExists(Problem):
    """Another report has this id or this mailbox. Draw a new receipt and seal the report anew."""

    type, status, title = "report-exists", 409, "Another report was sent under this id or with this token"


def all_() -> Select[Report]:
    """Every report. Who may know of which is the casework's to say."""
    return select(Report)


def get(session: Session, report_id: str) -> Report:
    """Raises `NotFound`."""
    report = session.get(Report, report_id)
    if report is None:
        raise NotFound
    return report


def locked(session: Session, report_id: str) -> Report | None:
    """The report as it is now, which nobody else changes before this transaction ends."""
    return session.scalar(
        select(Report).where(Report.id == report_id).with_for_update().execution_options(populate_existing=True)
    )


def body(session: Session, report_id: str) -> bytes:
    """The sealed report. Raises `NotFound`, also where it was destroyed."""
    file = session.get(ReportFile, report_id)
    if file is None:
        raise NotFound
    return file.body


def change_state(
    session: Session, report: Report, to: ReportState, *, today: date, reason: TransitionReason | None = None
) -> None:
    """Move the report and tell its mailbox; the caller knows that it may go there.

    Once it is decided, only the week of its arrival is kept. Raises `StaleDataError` where somebody was faster.
    """
    report.state, report.reason = to, reason
    if to is ReportState.WITHDRAWN:
        report.withdrawn_on = today
    if to not in UNDECIDED:
        _forget_days(session, report)
    session.flush()
    mailbox.show_state(session, report, org=staff.organisation(session).id, today=today)


def destroy(session: Session, report: Report) -> None:
    """Destroy all that was sealed but the state in the mailbox.

    Keys first: a copy that is taken half way holds nothing that opens.
    """
    grants.destroy(session, [report.id])
    session.execute(delete(ReportFile).where(ReportFile.report_id == report.id))
    mailbox.destroy(session, report.id)
    attachments.destroy(session, report.id)


def destroy_withdrawn(session: Session, today: date) -> None:
    """Destroy what was withdrawn before three full UTC days, unless a case has it.

    Thirty days after the withdrawal the mailbox with its outcome goes too.
    """
    due = today - timedelta(days=WITHDRAWAL_DAYS)
    withdrawn = select(Report).where(Report.state == ReportState.WITHDRAWN, Report.case_id.is_(None))
    kept = select(ReportFile.report_id).where(ReportFile.report_id == Report.id).exists()
    for report in session.scalars(withdrawn.where(Report.withdrawn_on < due, kept)):
        destroy(session, report)
    ended = withdrawn.join(Mailbox, Mailbox.report_id == Report.id).where(
        Report.withdrawn_on < today - timedelta(days=OUTCOME_DAYS)
    )
    mailbox.close(session, [report.id for report in session.scalars(ended)])


def _forget_days(session: Session, report: Report) -> None:
    report.received_on = _monday(report.received_on)
    for attachment in session.scalars(select(Attachment).where(Attachment.report_id == report.id)):
        attachment.received_on = _monday(attachment.received_on)
    for upload in session.scalars(select(Upload).where(Upload.report_id == report.id)):
        upload.started_on = _monday(upload.started_on)
    for message in session.scalars(select(Message).where(Message.report_id == report.id)):
        message.received_on = _monday(message.received_on)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
