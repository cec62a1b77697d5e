"""Reports: found and read. How one moves and what goes with it is `lifecycle`'s, who may know of it the casework's."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from app.intake.reports.models import Report, ReportFile
from app.problems import NotFound
from app.protocol.intake import UNDECIDED, UNDECIDED_DAYS
from app.vocabulary import ReportState

# Nothing more is taken for a report in these states, nor written to its reporter.
CLOSED = frozenset({ReportState.WITHDRAWN, ReportState.LAPSED, ReportState.PURGED})


# For how long after its decision a report is kept that is in no case.
KEPT: Final = {
    ReportState.REFERRED_OUT: timedelta(days=30),
    ReportState.OUT_OF_MANDATE: timedelta(days=30),
    ReportState.DUPLICATE: timedelta(days=30),
    ReportState.INSUFFICIENT: timedelta(days=30),
    ReportState.UNDECRYPTABLE: timedelta(days=30),
    ReportState.ABUSIVE: timedelta(days=7),
}


def lapses_after(report: Report) -> date:
    """The last day on which an undecided report can be opened and decided.

    It counts from the day of arrival; of one that was decided and came back that is the Monday of its week.
    """
    return report.received_on + UNDECIDED_DAYS


def lapsing(today: date) -> Select[Report]:
    """The undecided reports whose time is over."""
    return select(Report).where(Report.state.in_(UNDECIDED), Report.received_on < today - UNDECIDED_DAYS)


def waited(today: date) -> Select[Report]:
    """The reports that have waited for their reporter for as long as they do."""
    waiting = select(Report).where(Report.state == ReportState.AWAITING_REPORTER)
    return waiting.where(or_(Report.waits_until.is_(None), Report.waits_until < today))


def not_taken(today: date) -> Select[Report]:
    """The accepted reports that somebody was handed, and has put into no case by the day by which they were to."""
    accepted = select(Report).where(Report.state == ReportState.ACCEPTED, Report.case_id.is_(None))
    return accepted.where(Report.opening_due < today)


def kept_until(day: date) -> Select[Report]:
    """The reports that were decided into no case and are kept until this day, or one before it."""
    return select(Report).where(Report.kept_until <= day)


def keep_what_was_decided(session: Session, today: date) -> None:
    """What older code has decided is kept as long as what is decided today."""
    for state, kept in KEPT.items():
        older = (Report.state == state) & Report.kept_until.is_(None) & Report.destroyed_on.is_(None)
        session.execute(update(Report).where(older).values(kept_until=today + kept))


def let_wait(session: Session, report_id: str, *, today: date) -> None:
    """Its reporter has changed a consent: where a case has the report, that waits for a member from today on."""
    waits = (Report.id == report_id, Report.case_id.is_not(None), Report.unheard_since.is_(None))
    session.execute(update(Report).where(*waits).values(unheard_since=today))


def have_heard(session: Session, case_id: str) -> None:
    """A member of the case has asked for what its reporters said."""
    waits = (Report.case_id == case_id, Report.unheard_since.is_not(None))
    session.execute(update(Report).where(*waits).values(unheard_since=None))


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
