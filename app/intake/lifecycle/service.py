"""A report with all that belongs to it: moved, and destroyed. When it may be is casework's to say.

And the keys of epochs, which go with what was reported in their days.
"""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.actions import Action
from app.clock import monday_of
from app.intake.attachments import service as attachments
from app.intake.epochs.models import Epoch
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Mailbox
from app.intake.reports.models import Report, ReportFile
from app.intake.reports.service import CLOSED, KEPT
from app.intake.sights import service as sights
from app.intake.sights import unread
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.pairs import service as pairs
from app.people.staff import service as staff
from app.protocol.intake import TOLD_AFTER, UNDECIDED, UNDECIDED_DAYS
from app.vocabulary import ReportState, TransitionReason

OUTCOME_DAYS = 30
# For so long the key of what is decided after its epoch's day is kept, so that a supervisor can reopen it.
WAY_BACK = timedelta(days=7)
_NO_WAY_BACK = CLOSED | {ReportState.ACCEPTED}


def change_state(
    session: Session,
    report: Report,
    to: ReportState,
    *,
    today: date,
    reason: TransitionReason | None = None,
    opening_due: date | None = None,
    waits_until: date | None = None,
) -> None:
    """Move the report and tell its mailbox; the caller knows that it may go there.

    `opening_due` is the day by which somebody else is to have opened it there, `waits_until` the last on which it waits
    there for its reporter. Once it is decided, only the week of its arrival is kept. Raises `StaleDataError` where
    somebody was faster.
    """
    report.state, report.reason, report.opening_due = to, reason, opening_due
    report.way_back_until = None
    report.kept_until = today + KEPT[to] if to in KEPT else None
    report.waits_until = waits_until
    if to is ReportState.WITHDRAWN:
        report.withdrawn_on = today
    if to not in UNDECIDED:
        report.answer_due = report.decision_due = None
        report.received_on = monday_of(report.received_on)
        if to not in _NO_WAY_BACK and session.get_one(Epoch, report.epoch_id).destroyed_on <= today:
            report.way_back_until = today + WAY_BACK
        attachments.forget_days(session, report.id)
        mailbox.forget_days(session, report.id)
    session.flush()
    sights.follow(session, report)
    mailbox.show_state(session, report, org=staff.organisation(session).id, today=today)


def destroy(session: Session, report: Report, *, today: date) -> None:
    """Destroy all that was sealed but the state in the mailbox.

    Keys first: a copy that is taken half way holds nothing that opens.
    """
    report.destroyed_on = today
    report.handed_on_from = report.handed_on_by = None
    grants.destroy(session, [report.id])
    unread.forget(session, report.id)
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


def first_lapses_after(session: Session, today: date) -> date | None:
    """The last day to decide about the oldest report that waits since the fourth day of its epoch or longer.

    So does one that was granted on to another epoch.
    """
    days = [day for state in sorted(UNDECIDED) if (day := _oldest(session, state, today)) is not None]
    return min(days) + UNDECIDED_DAYS if days else None


def _oldest(session: Session, state: ReportState, today: date) -> date | None:
    """Of each epoch one row of an index is read, however many reports wait in it."""
    in_epoch = select(Report.received_on).where(Report.epoch_id == Epoch.id, Report.state == state)
    first = in_epoch.order_by(Report.received_on).limit(1).correlate(Epoch).scalar_subquery()
    told = (Epoch.accepts_from <= today - TOLD_AFTER) | (first < Epoch.accepts_from)
    return session.scalar(select(func.min(first)).where(told))


def end_epochs(session: Session, today: date) -> list[str]:
    """Destroy what opens the decided reports of epochs whose day has come, and with the last undecided one their key.

    What nobody has decided stays readable for who holds the epoch's key: that nobody looked destroys nothing. So does
    what is to be opened by somebody else today still, and for some days what was decided after the epoch's day. The ids
    of the epochs whose key went, also one that was granted to somebody after its end.
    """
    is_granted = select(Grant.id).where(or_(Grant.subject == Epoch.id, Grant.grantee == Epoch.id)).exists()
    due = select(Epoch.id).where(Epoch.destroyed_on <= today, or_(Epoch.ended_on.is_(None), is_granted))
    ids = list(session.scalars(due))
    session.execute(update(Epoch).where(Epoch.id.in_(ids), Epoch.ended_on.is_(None)).values(ended_on=today))
    waits = select(Report.id).where(Report.id == Grant.subject, _waits(today)).exists()
    session.execute(delete(Grant).where(Grant.grantee.in_(ids), ~waits))
    seals = select(Grant.id).where(Grant.grantee == Epoch.id).exists()
    is_held = select(Grant.id).where(Grant.subject == Epoch.id).exists()
    over = list(session.scalars(select(Epoch.id).where(Epoch.id.in_(ids), ~seals, is_held)))
    grants.destroy(session, over)
    pairs.destroy(session, over)
    for epoch_id in over:
        audit.record_rule(session, Action.EPOCH_DESTROYED, epoch_id, today=today)
    return over


def _waits(today: date) -> ColumnElement[bool]:
    """Whether nobody has decided about a report, or somebody else is to open what was decided, by a day to come, or can
    reopen it.
    """
    return Report.state.in_(UNDECIDED) | (Report.opening_due >= today) | (Report.way_back_until >= today)
