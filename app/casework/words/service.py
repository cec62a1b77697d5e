"""What reporters say of their reports once these are in a case: by it a card is written, or taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.cases import service as cases
from app.casework.cases.models import Case
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Message
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.people.grants import service as grants
from app.people.grants.models import Grant


@dataclass(frozen=True)
class Words:
    """A report of a case with all from which its reporter's answers follow; none of it where it was destroyed."""

    report: Report
    grants: Sequence[Grant]
    body: bytes | None
    messages: Sequence[Message]


def changed_for(actor: Actor) -> Select[Report]:
    """Every report of the actor's cases whose reporter has changed a consent since, or taken it back."""
    return select(Report).where(cases.works_on(actor, Report.case_id), mailbox.has_changes(Report.id))


def of_case(session: Session, actor: Actor, case_id: str, *, now: datetime) -> list[Words]:
    """Of each report of the case, for its members and for who is lent its key to approve a coding. Each is recorded.

    What a member asks for waits for nobody any more: what follows from it is theirs.
    Raises `NotFound`.
    """
    case = cases.one(session, cases.readable_by(actor), case_id)
    if session.scalar(cases.of_member(actor).with_only_columns(Case.id).where(Case.id == case.id)):
        reports.have_heard(session, case.id)
    found = session.scalars(select(Report).where(Report.case_id == case.id).order_by(Report.id)).all()
    return [_words(session, actor, report, case.id, now=now) for report in found]


def _words(session: Session, actor: Actor, report: Report, case_id: str, *, now: datetime) -> Words:
    if report.is_destroyed:
        return Words(report, (), None, ())
    keys = grants.fetch(session, actor, report.id, now=now, also_for=[case_id])
    audit.record(session, actor.id, Action.MESSAGES_READ, report.id, now=now)
    messages = session.scalars(mailbox.messages(report.id).order_by(Message.id)).all()
    return Words(report, keys, reports.body(session, report.id), messages)
