"""What was decided and closed is destroyed when its time is over, by rule; a case that two persons hold is not.

What goes so, an event of the audit chain says for good: which object, by which rule, on which day. The service signs
the head of that chain each day, and supervisors countersign it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.cases.models import Case
from app.casework.ends import service as ends
from app.intake.lifecycle import service as lifecycle
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.vocabulary import CaseStage, ReportState, TransitionReason


@dataclass(frozen=True)
class Due:
    """What goes on a day, and by which rule: the state of a report, the class of a case.

    `waits` says what keeps it: that two persons hold it, or that a reporter's word is to be carried out first.
    """

    object: str
    rule: str
    day: date
    waits: str = ""


def plan(session: Session, until: date) -> Iterator[Due]:
    """All that goes by this day, if nobody changes anything: a rehearsal, which changes nothing."""
    for report in session.scalars(reports.kept_until(until).order_by(Report.kept_until, Report.id)):
        if report.kept_until is not None:
            yield Due(report.id, report.state.value, report.kept_until)
    held, taken_back = ends.is_held().label("held"), ends.is_taken_back().label("taken_back")
    for case, is_held, is_taken_back in session.execute(_closed(until).add_columns(held, taken_back)):
        if case.purge_month is not None:
            waits = "held by two" if is_held else "a reporter's word" if is_taken_back else ""
            yield Due(case.id, case.retention_class.value if case.retention_class else "", case.purge_month, waits)


def purge_reports(session: Session, today: date) -> None:
    """Destroy what was decided into no case, once its last day is over; its mailbox says so for thirty days."""
    reports.keep_what_was_decided(session, today)
    for report in session.scalars(reports.kept_until(today).where(Report.kept_until < today).with_for_update()).all():
        _purge(session, report, today=today)


def purge_cases(session: Session, today: date) -> None:
    """Destroy closed cases whose month has come, with their reports; those that wait for somebody's word stay.

    What a reporter took back is carried out by a member first: the service knows no card of theirs.
    """
    due = _closed(today).where(~ends.is_held(), ~ends.is_taken_back())
    for case in session.scalars(due.with_for_update(of=Case)).all():
        of_case = select(Report).where(Report.case_id == case.id, Report.destroyed_on.is_(None))
        for report in session.scalars(of_case.order_by(Report.id).with_for_update()).all():
            _purge(session, report, today=today)
        case_id = case.id
        ends.destroy(session, case, today=today)
        audit.record_rule(session, Action.CASE_PURGED, case_id, today=today)


def _purge(session: Session, report: Report, *, today: date) -> None:
    approvals.destroy(session, [report.id])
    lifecycle.change_state(session, report, ReportState.PURGED, today=today, reason=TransitionReason.TIME_LIMIT)
    lifecycle.destroy(session, report, today=today)
    audit.record_rule(session, Action.REPORT_PURGED, report.id, today=today)


def _closed(until: date) -> Select[Case]:
    is_over = (Case.stage == CaseStage.CLOSED) & (Case.purge_month <= until)
    return select(Case).where(is_over).order_by(Case.purge_month, Case.id)
