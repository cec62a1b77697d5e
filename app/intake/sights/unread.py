"""What reporters have posted and who works on their report has not read yet, for each of these people by itself."""

from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import delete, false, literal, select, update
from sqlalchemy.orm import Session

from app.intake.reports.models import Report
from app.intake.sights.models import Sight, Unread
from app.protocol.mailbox import MessageKind

if TYPE_CHECKING:
    from sqlalchemy import Table

_SAID: Final = {
    MessageKind.MESSAGE: Unread.wrote,
    MessageKind.CONSENT: Unread.changed_consent,
    MessageKind.WITHDRAW: Unread.took_back,
}


def note(session: Session, report_id: str, kind: MessageKind) -> None:
    """Its reporter has posted: whoever works on the case, or has claimed it while it is in none, has not read that.

    The same two statements for a report that there is not. The caller holds the report.
    """
    of_case = select(Sight.person_id).where(Sight.report_id == report_id)
    claimed = select(Report.triager_id).where(Report.id == report_id, Report.case_id.is_(None))
    people = of_case.union(claimed.where(Report.triager_id.is_not(None))).subquery()
    person = people.c[0]
    known = select(Unread.person_id).where(Unread.report_id == report_id)
    new = select(person, literal(report_id), false(), false(), false()).where(person.not_in(known))
    columns = ["person_id", "report_id", "wrote", "changed_consent", "took_back"]
    session.execute(cast("Table", Unread.__table__).insert().from_select(columns, new))
    session.execute(update(Unread).where(Unread.report_id == report_id).values({_SAID[kind]: True}))


def read(session: Session, person_id: str, report_id: str) -> None:
    """The person has read all of it."""
    session.execute(delete(Unread).where(Unread.person_id == person_id, Unread.report_id == report_id))


def forget(session: Session, report_id: str) -> None:
    """The report was destroyed."""
    session.execute(delete(Unread).where(Unread.report_id == report_id))
