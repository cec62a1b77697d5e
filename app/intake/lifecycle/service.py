"""A report with all that belongs to it: moved, and destroyed. When it may be is casework's to say."""

from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.clock import monday_of
from app.intake.attachments import service as attachments
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Mailbox
from app.intake.reports.models import Report, ReportFile
from app.intake.reports.service import UNDECIDED
from app.people.grants import service as grants
from app.people.staff import service as staff
from app.vocabulary import ReportState, TransitionReason

OUTCOME_DAYS = 30


def change_state(
    session: Session,
    report: Report,
    to: ReportState,
    *,
    today: date,
    reason: TransitionReason | None = None,
    opening_due: date | None = None,
) -> None:
    """Move the report and tell its mailbox; the caller knows that it may go there.

    `opening_due` is the day by which somebody else is to have opened it there. Once it is decided, only the week of its
    arrival is kept. Raises `StaleDataError` where somebody was faster.
    """
    report.state, report.reason, report.opening_due = to, reason, opening_due
    if to is ReportState.WITHDRAWN:
        report.withdrawn_on = today
    if to not in UNDECIDED:
        report.received_on = monday_of(report.received_on)
        attachments.forget_days(session, report.id)
        mailbox.forget_days(session, report.id)
    session.flush()
    mailbox.show_state(session, report, org=staff.organisation(session).id, today=today)


def destroy(session: Session, report: Report, *, today: date) -> None:
    """Destroy all that was sealed but the state in the mailbox.

    Keys first: a copy that is taken half way holds nothing that opens.
    """
    report.destroyed_on = today
    grants.destroy(session, [report.id])
    session.execute(delete(ReportFile).where(ReportFile.report_id == report.id))
    mailbox.destroy(session, report.id)
    attachments.destroy(session, report.id)


def close_mailboxes(session: Session, today: date) -> None:
    """Thirty days after a report was destroyed the mailbox with its outcome goes too."""
    ended = (
        select(Report.id)
        .join(Mailbox, Mailbox.report_id == Report.id)
        .where(Report.destroyed_on < today - timedelta(days=OUTCOME_DAYS))
    )
    mailbox.close(session, session.scalars(ended).all())
