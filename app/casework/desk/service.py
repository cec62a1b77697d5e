"""What waits for one person, and what ends soon: what they claimed, were handed, work on, and are asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals.models import Approval
from app.casework.cases import service as cases
from app.casework.cases.models import ENDED, Case, Membership
from app.casework.triage import ranges as triage_ranges
from app.casework.triage import service as triage
from app.database import ranges
from app.database.ranges import Range
from app.intake.reports.models import Report
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.vocabulary import ApprovalState, CaseStage, GrantKind, ReportState

MOST: Final = 50


class WaitKind(StrEnum):
    """What it is that waits."""

    REPORT = "report"  # that the caller has claimed
    HANDED = "handed"  # a report whose key the caller was given, to put it into a case
    CASE = "case"  # on which the caller works
    APPROVAL = "approval"  # that the caller is asked for


@dataclass(frozen=True)
class Wait:
    """As `WaitOut` has it."""

    kind: WaitKind
    id: str
    state: str
    due: date | None


def of(session: Session, actor: Actor) -> tuple[list[Wait], bool]:
    """The earliest day first, and whether there is more than that. Of each kind no more is looked at than is shown."""
    kinds = (_claimed, _handed, _cases, _asked)
    found = sorted(chain.from_iterable(each(session, actor) for each in kinds), key=_place)
    return found[:MOST], len(found) > MOST


def _place(wait: Wait) -> tuple[date, str, str]:
    return wait.due or date.max, wait.kind, wait.id


def _claimed(session: Session, actor: Actor) -> Iterator[Wait]:
    mine = triage.visible_to(actor).where(Report.triager_id == actor.id, triage_ranges.CLAIMED)
    for report in session.scalars(mine.order_by(Report.id).limit(MOST + 1)):
        yield Wait(WaitKind.REPORT, report.id, report.state, report.due)


def _handed(session: Session, actor: Actor) -> Iterator[Wait]:
    held = select(Report).join(Grant, Grant.subject == Report.id).where(grants.held_of_kind(actor, "rep"))
    handed: Select[Report] = held.where(Grant.kind == GrantKind.ASSIGNED, Report.case_id.is_(None))
    waits = handed.where(Report.state == ReportState.ACCEPTED).order_by(Grant.subject).limit(MOST + 1)
    for report in session.scalars(waits):
        yield Wait(WaitKind.HANDED, report.id, report.state, report.due)


def _cases(session: Session, actor: Actor) -> Iterator[Wait]:
    """Those that are due first; where there are fewer, of the others the most urgent."""
    mine = [
        (Membership.person_id == actor.id) & (Membership.stage == stage) for stage in CaseStage if stage not in ENDED
    ]
    is_due = Membership.due.is_not(None)
    due = [Range((Membership.due, Membership.case_id), each & is_due) for each in mine]
    urgent = [Range((Membership.priority, Membership.stage_entered, Membership.case_id), each) for each in mine]
    found = dict.fromkeys(
        row[-1]
        for among in (due, urgent)
        for row in ranges.first(session, among, after=None, descending=False, number=MOST + 1)
    )
    for case in session.scalars(cases.of_member(actor).where(Case.id.in_(list(found)[: MOST + 1]))):
        yield Wait(WaitKind.CASE, case.id, case.stage, case.due)


def _asked(session: Session, actor: Actor) -> Iterator[Wait]:
    mine = select(Approval).where(Approval.approver_id == actor.id, Approval.state == ApprovalState.REQUESTED)
    for approval in session.scalars(mine.order_by(Approval.id).limit(MOST + 1)):
        yield Wait(WaitKind.APPROVAL, approval.id, approval.state, approval.lent_until)
