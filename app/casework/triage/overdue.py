"""What nobody has claimed in time, or answered and decided: somebody is told."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.triage import ranges
from app.clock import midnight
from app.duties import Duty
from app.intake.reports.models import Report
from app.protocol.duties import DutyKind
from app.vocabulary import ReportState, Role

MOST: Final = 50  # of each that are told at once


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To claim what nobody has; to answer and decide what runs out today or has, as who claimed it, and what ran out
    before today, be it the answer or the decision, as a supervisor."""
    tomorrow = midnight(actor.today + timedelta(days=1))
    if Role.TRIAGER in actor.roles:
        yield from _unclaimed(session, actor)
        runs_out = (Report.answer_due < tomorrow) | (Report.decision_due < tomorrow)
        mine = select(Report).where(Report.triager_id == actor.id, ranges.CLAIMED, runs_out)
        yield from _told(session.scalars(mine.order_by(Report.id).limit(MOST)))
    if Role.SUPERVISOR in actor.roles:
        yield from _told(_ran_out(session, before=midnight(actor.today)))


def _ran_out(session: Session, *, before: datetime) -> list[Report]:
    """The first that are not answered, or not decided, in time. Each clock has its index, and is asked for apart."""
    found = dict[str, Report]()
    for clock in (Report.answer_due, Report.decision_due):
        ran_out = select(Report).where(clock < before, clock.is_not(None)).order_by(clock, Report.id).limit(MOST)
        found |= {each.id: each for each in session.scalars(ran_out)}
    return sorted(found.values(), key=lambda each: (each.first_due or before, each.id))[:MOST]


def _told(reports: Iterable[Report]) -> Iterator[Duty]:
    for report in reports:
        if report.due is not None:
            yield Duty(DutyKind.LOOK_AT_REPORT, report.id, report.due)


def _unclaimed(session: Session, actor: Actor) -> Iterator[Duty]:
    """One for each epoch, however many there are."""
    for epoch_id in ranges.epochs_of(session, actor):
        waits = select(Report.received_on).where(Report.epoch_id == epoch_id, Report.state == ReportState.RECEIVED)
        first = session.scalar(waits.order_by(Report.received_on).limit(1))
        if first is not None and first < actor.today:
            yield Duty(DutyKind.CLAIM, epoch_id, first)
