"""What reporters have posted since: shown to each who works on their reports, until they have read it."""

from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.triage import service as triage
from app.database.ranges import is_there
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Message
from app.intake.reports.models import Report
from app.intake.sights import unread
from app.intake.sights.models import Unread
from app.problems import NotFound, StaleVersion


def of(actor: Actor) -> Select[Unread]:
    """What the actor has not read of reports whose threads they may read still."""
    followed = triage.followed_by(actor).with_only_columns(Report.id).where(Report.id == Unread.report_id)
    return select(Unread).where(Unread.person_id == actor.id, is_there(followed))


def cases_of(session: Session, found: Iterable[Unread]) -> dict[str, str | None]:
    """In which case each of these reports is, by its id."""
    ids = [each.report_id for each in found]
    rows = session.execute(select(Report.id, Report.case_id).where(Report.id.in_(ids)))
    return {row.id: row.case_id for row in rows}


def read(session: Session, actor: Actor, report_id: str, *, posts: int) -> None:
    """The actor has read so many posts of the report, which are all. Raises `NotFound`, `StaleVersion` for fewer."""
    report = session.scalar(triage.followed_by(actor).where(Report.id == report_id))
    if report is None:
        raise NotFound
    number = select(func.count()).select_from(mailbox.messages(report.id).with_only_columns(Message.id).subquery())
    there = session.scalar(number) or 0
    if posts != there:
        raise StaleVersion(version=there)
    unread.read(session, actor.id, report.id)
