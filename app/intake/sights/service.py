"""Where the lists of people look for reports: kept by whoever gives somebody a key, and by what moves a report.

A row too many costs a moment, for what may be seen is asked of each report besides. A row too few would hide one.
"""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from app.database import insert_or_ignore
from app.intake.mailbox import service as mailbox
from app.intake.reports.models import Report
from app.intake.sights.models import Sight, Unread
from app.people.grants.models import Grant

_AT_ONCE: Final = 1000  # rows of one statement


def note(session: Session, people: Collection[str], of: ColumnElement[bool]) -> None:
    """These people have the key of the reports `of` which this holds, or of their case."""
    if people:
        keep(session, [(person, report) for report in session.scalars(select(Report).where(of)) for person in people])


def keep(session: Session, pairs: Iterable[tuple[str, Report]]) -> None:
    """The same of each person and report."""
    theirs = list(pairs)
    changed = mailbox.changes_of(session, {report.id for _, report in theirs})
    rows = [{"person_id": person, **_told(report), "is_changed": bool(changed[report.id])} for person, report in theirs]
    for begin in range(0, len(rows), _AT_ONCE):
        insert_or_ignore(session, Sight, rows[begin : begin + _AT_ONCE])


def follow(session: Session, report: Report) -> None:
    """The report has moved, and whoever lists it finds it as it is now."""
    session.execute(update(Sight).where(Sight.report_id == report.id).values(_told(report)))


def renew(session: Session) -> None:
    """Let every row say of its report what is the case."""
    to_open = Report.opening_due.is_not(None)
    is_other = (Sight.state != Report.state) | (Sight.received_on != Report.received_on) | (Sight.to_open != to_open)
    for report in session.scalars(select(Report).join(Sight).where(is_other).distinct()):
        follow(session, report)
    changed = select(Sight.report_id).where(~Sight.is_changed, mailbox.has_changes(Sight.report_id)).distinct()
    for report_id in session.scalars(changed):
        mark_changed(session, report_id)


def mark_changed(session: Session, report_id: str) -> None:
    """Its reporter has changed a consent, or taken it back."""
    session.execute(update(Sight).where(Sight.report_id == report_id).values(is_changed=True))


def forget(session: Session, person_id: str, case_id: str) -> None:
    """The person is no member of this case any more: its reports leave their lists, but those whose key they have."""
    of_case = select(Report.id).where(Report.id == Sight.report_id, Report.case_id == case_id).exists()
    has_key = select(Grant.id).where(Grant.subject == Sight.report_id, Grant.grantee == person_id).exists()
    session.execute(delete(Sight).where(Sight.person_id == person_id, of_case, ~has_key))
    theirs = select(Report.id).where(Report.case_id == case_id)
    session.execute(delete(Unread).where(Unread.person_id == person_id, Unread.report_id.in_(theirs)))


def forget_report(session: Session, report_id: str) -> None:
    """It was destroyed, and the case that it was in: it is in nobody's list."""
    session.execute(delete(Sight).where(Sight.report_id == report_id))


def _told(report: Report) -> dict[str, object]:
    return {
        "report_id": report.id,
        "state": report.state,
        "received_on": report.received_on,
        "to_open": report.opening_due is not None,
    }
