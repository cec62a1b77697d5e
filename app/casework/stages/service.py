"""Cases move from stage to stage, are held, end, and are taken up again."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app import transitions
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.cases import membership
from app.casework.cases import service as cases
from app.casework.cases.models import Case
from app.casework.consents import service as consents
from app.casework.stages.machine import EDGES, Facts
from app.casework.work import service as work
from app.clock import monday_of
from app.problems import StaleVersion
from app.protocol.case import GRAVE, SETTLED
from app.transitions import Step
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    HandlingMark,
    HoldReason,
    Priority,
    RetentionClass,
    Role,
    TransitionReason,
)

# How long a case may wait at once, and somebody who is alone before they close one.
LONGEST_HOLD: Final = timedelta(days=92)
ALONE: Final = timedelta(days=7)
# For how many months a closed case is kept.
KEPT_MONTHS: Final = {RetentionClass.SHORT: 6, RetentionClass.STANDARD: 24, RetentionClass.LONG: 60}


@dataclass(frozen=True)
class CaseMove:
    """A step, and what comes with it, as `CaseTransitionIn` has it."""

    to: CaseStage
    reason: TransitionReason
    held_for: HoldReason | None = None
    resume_on: date | None = None
    closing: str | None = None
    retention_class: RetentionClass | None = None


def steps(session: Session, actor: Actor, case_id: str, *, now: datetime) -> list[Step[CaseStage]]:
    """Where the actor can take the case now, and which guards fail as long as nothing more is sent."""
    case = cases.get(session, actor, case_id)
    return transitions.steps(EDGES, case.stage, _facts(session, actor, case, None, now=now))


def move(session: Session, actor: Actor, case_id: str, new: CaseMove, *, seen: AbstractSet[int], now: datetime) -> Case:
    """Take the case to another stage; `seen` holds the versions that the actor has seen.

    Raises `StaleVersion`, `NoSuchStep` or `GuardsFail`.
    """
    case = cases.locked(session, cases.visible_to(actor), case_id)
    if case.version not in seen:
        raise StaleVersion(version=case.version)
    transitions.check(EDGES, case.stage, new.to, _facts(session, actor, case, new, now=now))
    origin, is_on_hold = case.stage, new.to is CaseStage.ON_HOLD
    case.held_from = origin if is_on_hold else None
    case.held_for, case.resume_on = (new.held_for, new.resume_on) if is_on_hold else (None, None)
    if CaseStage.ON_HOLD not in (origin, new.to):
        work.enter_stage(session, case.id)
        _close_or_reopen(session, actor, case, new, now=now)
    case = cases.enter(session, actor, case, new.to, new.reason, now=now)
    return _forgotten(session, case) if new.to is CaseStage.CLOSED else case


def _close_or_reopen(session: Session, actor: Actor, case: Case, new: CaseMove, *, now: datetime) -> None:
    if case.stage is CaseStage.CLOSED:
        case.purge_month = case.retention_class = None
        audit.record(session, actor.id, Action.CASE_REOPENED, case.id, now=now)
    if case.stage is CaseStage.CLOSURE_REVIEW:
        of = work.sha256_of(session, case, str(case.closing_part))
        if of is not None:  # a word for this closing is one for no other
            approvals.spend(session, ApprovalSubject.CLOSURE, object_id=case.id, of=of)
    case.closing_part = new.closing if new.to is CaseStage.CLOSURE_REVIEW else None
    if new.to is CaseStage.CLOSURE_REVIEW:
        case.retention_class = new.retention_class
    elif new.to is CaseStage.CLOSED:
        months = KEPT_MONTHS[case.retention_class or RetentionClass.STANDARD]
        case.purge_month = _month_after(now.date(), months)
        audit.record(session, actor.id, Action.CASE_CLOSED, case.id, now=now)
    else:
        case.retention_class = None


def _forgotten(session: Session, case: Case) -> Case:
    """Of a closed case there is left who may open it, its class, and the month in which it goes."""
    work.forget(session, case.id)
    case.risk_level = case.judged_until = case.next_review = case.plan_review = None
    case.task_due = case.reason = None
    case.priority, case.handling, case.label = Priority.P4, HandlingMark.TLP_AMBER_STRICT, None
    case.stage_entered = case.stage_entered.replace(day=1, hour=0)
    membership.follow(session, case)
    return case


def _month_after(day: date, months: int) -> date:
    """The first day of the month that comes so many months after the next."""
    years, month = divmod(day.month + months, 12)
    return date(day.year + years, month + 1, 1)


def _facts(session: Session, actor: Actor, case: Case, new: CaseMove | None, *, now: datetime) -> Facts:
    today = now.date()
    assessment, plan = work.newest_assessment(session, case.id), work.newest_plan(session, case.id)
    is_grave = assessment is not None and assessment.level in GRAVE
    is_alone = work.is_alone(session, actor)
    return Facts(
        is_member=cases.is_member(session, actor, case.id),
        is_supervisor=Role.SUPERVISOR in actor.roles,
        has_owner=case.owner_id is not None,
        consent_settled=consents.is_settled(session, case.id),
        danger_judged=case.judged_until is not None and case.judged_until >= today,
        judged_here=assessment is not None and assessment.is_of_stage,
        plan_settled=plan is not None and plan.status in SETTLED,
        plan_approved=not is_grave or is_alone or bool(work.seen_by(session, case.id, plan)),
        urgent_task_open=work.has_urgent_task(session, case.id),
        review_set=case.next_review is not None and case.next_review >= monday_of(today),
        resumes=_resumes(new, today),
        closing_told=_is_closing_told(session, case, new),
        closing_approved=_is_closing_approved(session, case, is_alone=is_alone, now=now),
        held_from=case.held_from,
    )


def _resumes(new: CaseMove | None, today: date) -> bool:
    if new is None or new.resume_on is None or new.held_for is None:
        return False
    return today < new.resume_on <= today + LONGEST_HOLD


def _is_closing_told(session: Session, case: Case, new: CaseMove | None) -> bool:
    if new is None or new.closing is None or new.retention_class is None:
        return False
    return work.sha256_of(session, case, new.closing) is not None


def _is_closing_approved(session: Session, case: Case, *, is_alone: bool, now: datetime) -> bool:
    if case.closing_part is None:
        return False
    of = work.sha256_of(session, case, case.closing_part)
    given = approvals.given_by(session, ApprovalSubject.CLOSURE, object_id=case.id, of=of) if of else set()
    return bool(given - {case.owner_id}) or (is_alone and case.stage_entered + ALONE <= now)
