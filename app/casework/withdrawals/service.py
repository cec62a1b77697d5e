"""A reporter took back what a case has: its client ends in the case what comes from it, then report and keys go.

Who has the secret of the receipt stopped the work; what their report led to in the case, the service cannot read. So it
waits for a member's client, however long. That withdraws the cards by ids that the case alone knows, and says which
parts end: what the service destroyed by itself would leave them counted for good.
"""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.cases import ending, journal, turning
from app.casework.cases import service as cases
from app.casework.cases.journal import Writing
from app.casework.cases.models import Case, Membership
from app.casework.consents import service as consents
from app.casework.ends import service as ends
from app.casework.work import service as work
from app.duties import Duty
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.problems import Problem
from app.protocol.duties import DutyKind
from app.vocabulary import ReportState, Role

# For so long it waits for the members of the case, then its supervisors hear of it too.
OF_MEMBERS: Final = timedelta(days=7)
_UNHEARD: Final = text("reports.unheard_since IS NOT NULL AND reports.destroyed_on IS NULL")
# As the index has it, or it would not be used. Not by the state, which SQLite would look for first: most that were
# taken back are destroyed.
_TAKEN_BACK: Final = text(
    "reports.withdrawn_on IS NOT NULL AND reports.destroyed_on IS NULL AND reports.case_id IS NOT NULL"
)


class NothingWithdrawn(Problem):
    """Only a report of this case that its reporter took back is ended so, once.

    Read what the reporters of the case say.
    """

    type, status, title = (
        "nothing-withdrawn",
        409,
        "No reporter of this case took this report back, or it is destroyed",
    )


class OthersRemain(Problem):
    """Where the case has another report that is not destroyed, it goes on without the parts that the entries end.

    Where it has none, all of it goes with a last message, and no entry is written. Read what the reporters of the case
    say, and try again.
    """

    type, status, title = "others-remain", 409, "Whether the case goes on is otherwise than this says"


@dataclass(frozen=True)
class Ending:
    """What becomes of a report that was taken back: `last` are the parts of one message to its reporter.

    `entries` end parts of the case, which are `parts`; of `people`, ids of the sealed case, the consents go. All of
    these are empty where the case goes with its last report. Without `last` only parts end: the rest comes in another
    act.
    """

    report_id: str
    last: Sequence[bytes]
    entries: Sequence[bytes] = ()
    parts: Collection[str] = ()
    people: Collection[str] = field(default=())


def carry_out(
    session: Session, actor: Actor, case_id: str, new: Ending, *, seen: AbstractSet[int], now: datetime
) -> Report:
    """Leave the last message in the mailbox, destroy the report, and of the case what ends with it, in one act.

    Raises `NotFound`, `StaleVersion` where a colleague wrote meanwhile, `NothingWithdrawn`, `OthersRemain` and
    `TurnFirst`.
    """
    case = cases.locked(session, cases.of_member(actor), case_id)
    report = reports.locked(session, new.report_id)
    if report is None or report.case_id != case.id or report.state is not ReportState.WITHDRAWN or report.is_destroyed:
        raise NothingWithdrawn
    newest = journal.check_seen(session, case, seen)
    goes_on = _goes_on(session, report)
    if goes_on != bool(new.entries) or not (goes_on or new.last):
        raise OthersRemain
    audit.record(session, actor.id, Action.WITHDRAWAL_DONE, case.id, now=now)
    if goes_on:
        turning.check_turned(session, case, now.date(), of_entries=True)
        work.forget_parts(session, case, new.parts)
        ending.end_parts(session, case, new.parts)
        consents.destroy(session, case.id, people=new.people)
        journal.write(session, actor, case, Writing(new.entries), after=newest, now=now)
    if new.last:
        _destroy(session, report, last=new.last, today=now.date())
    if goes_on:
        ends.destroy_merged(session, case, today=now.date())
    else:
        ends.destroy(session, case, today=now.date())
    return report


def get(session: Session, report_id: str) -> Report:
    """What was carried out, for whoever did it: nobody else has their key. Raises `NotFound`."""
    return reports.get(session, report_id)


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To carry out what a reporter took back, for the members of its case.

    Where they have not in seven days, nor asked what a reporter has changed, also for the supervisors of its team: to
    see that somebody becomes a member.
    """
    theirs = select(Membership.case_id).where(Membership.person_id == actor.id)
    for case_id, since in _taken_back(session, Report.case_id.in_(theirs)):
        yield Duty(DutyKind.END_WITHDRAWN, case_id, since)
    if Role.SUPERVISOR in actor.roles:
        before = actor.today - OF_MEMBERS
        late = dict(_unheard(session, before)) | dict(_taken_back(session, Report.withdrawn_on < before))
        of_team = select(Case.id).where(Case.id.in_(late), Case.team_id == actor.team_id)
        for case_id in session.scalars(of_team.order_by(Case.id)):
            yield Duty(DutyKind.NAME_MEMBER, case_id, late[case_id])


def _taken_back(session: Session, where: ColumnElement[bool]) -> list[tuple[str, date]]:
    """The case of each report that was taken back and is not destroyed, and since when."""
    rows = session.execute(select(Report.case_id, Report.withdrawn_on).where(_TAKEN_BACK, where))
    return [(case_id, since) for case_id, since in rows if case_id and since]


def _unheard(session: Session, before: date) -> list[tuple[str, date]]:
    """The case of each report whose reporter changed a consent before this day, and since when no member has asked."""
    rows = session.execute(select(Report.case_id, Report.unheard_since).where(_UNHEARD, Report.unheard_since < before))
    return [(case_id, since) for case_id, since in rows if case_id and since]


def _goes_on(session: Session, without: Report) -> bool:
    others = select(Report.id).where(Report.case_id == without.case_id, Report.id != without.id)
    return session.scalar(others.where(Report.destroyed_on.is_(None)).limit(1)) is not None


def _destroy(session: Session, report: Report, *, last: Sequence[bytes], today: date) -> None:
    approvals.destroy(session, [report.id])
    lifecycle.destroy(session, report, today=today)
    mailbox.leave_last(session, report.id, last)
    session.flush()
