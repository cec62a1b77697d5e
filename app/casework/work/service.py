"""The work on a case between its steps: danger judged anew, a plan agreed, tasks, how soon and how closely.

Of each paper the service knows that it is a part of the case, who says what of it, and no word of it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.approvals.service import Approvable, NewApproval, NotApprovable
from app.casework.cases import journal, membership
from app.casework.cases import service as cases
from app.casework.cases.models import ENDED, Case, CaseClock
from app.casework.clocks import service as clocks
from app.casework.work.models import Assessment, CaseTask, Plan, TaskState
from app.clock import hour_of, monday_of
from app.database import insert_or_ignore
from app.duties import Duty
from app.of_several import by_itself
from app.people.grants import service as grants
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.case import APPROVERS, GRAVE, Label
from app.protocol.duties import DutyKind
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    HandlingMark,
    Priority,
    RiskLevel,
    Role,
    SafetyPlanStatus,
    TaskType,
)

_OVERDUE: Final = {
    CaseClock.DANGER: DutyKind.JUDGE_DANGER,
    CaseClock.REVIEW: DutyKind.LOOK_AT_CASE,
    CaseClock.PLAN: DutyKind.LOOK_AT_PLAN,
    CaseClock.HOLD: DutyKind.GO_ON,
    CaseClock.TASK: DutyKind.DO_TASK,
}
_TO_DO: Final = CaseTask.state == TaskState.OPEN
_Paper = TypeVar("_Paper", Assessment, Plan)


class PaperUnfit(Problem):
    """What is told is told of the newest version of a part, once, and an assessment holds for so long at most:
    3, 14, 30 or 90 days by the case's priority, or fewer, as the organisation has set (`GET /v1/clock-policies`).

    Write the part first, and tell of it then; choose an earlier day.
    """

    type, status, title = "paper-unfit", 422, "There is no such newest part, it was told of already, or holds too long"


class CaseEnded(Problem):
    """Nobody works on a case that is closed, or merged into another. Reopen it first, or work on that one."""

    type, status, title = "case-ended", 409, "The case is closed or merged into another"


@dataclass(frozen=True)
class NewPaper:
    """The newest version of a part, of which something is told."""

    part_id: str
    version: int


@dataclass(frozen=True)
class NewTask:
    """A task; `due` is any day of its week."""

    id: str
    part_id: str
    kind: TaskType
    is_urgent: bool
    due: date | None


@dataclass(frozen=True)
class Marks:
    """How soon, how closely, when it is looked at again, any day of that week, and by which label it is told apart."""

    priority: Priority
    handling: HandlingMark
    next_review: date | None
    label: Label | None


def assess(
    session: Session, actor: Actor, case_id: str, paper: NewPaper, level: RiskLevel, valid_until: date, *, now: datetime
) -> Assessment:
    """Tell of an assessment. Raises `PaperUnfit` or `CaseEnded`."""
    case = _worked_on(session, actor, case_id)
    last, sha256 = newest_assessment(session, case.id), _newest_sha256(session, case, paper)
    if last and _is_of(last, paper):
        return _as_told(last, is_same=(last.level, last.valid_until) == (level, valid_until))
    if not now.date() <= valid_until <= now.date() + clocks.reviewed_within(session, case.priority):
        raise PaperUnfit
    new = Assessment(
        case_id=case.id,
        number=last.number + 1 if last else 1,
        part_id=paper.part_id,
        version=paper.version,
        sha256=sha256,
        level=level,
        valid_until=valid_until,
        author_id=actor.id,
        hour=hour_of(now),
        is_of_stage=True,
        policy=clocks.in_force(session)[0],
    )
    session.add(new)
    follow(session, case)
    audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now, object_hash=sha256)
    session.flush()
    return new


def plan(
    session: Session,
    actor: Actor,
    case_id: str,
    paper: NewPaper,
    status: SafetyPlanStatus,
    review: date | None,
    *,
    now: datetime,
) -> Plan:
    """Tell of the safety plan, or of the week in which the one that was told is looked at again. Raises `PaperUnfit` or
    `CaseEnded`."""
    case = _worked_on(session, actor, case_id)
    week = review and monday_of(review)
    last, sha256 = newest_plan(session, case.id), _newest_sha256(session, case, paper)
    if last and _is_of(last, paper):
        told = _as_told(last, is_same=last.status is status)
        if told.review == week:
            return told
        told.review = week
    else:
        told = Plan(
            case_id=case.id,
            number=last.number + 1 if last else 1,
            part_id=paper.part_id,
            version=paper.version,
            sha256=sha256,
            status=status,
            review=week,
            author_id=actor.id,
        )
        session.add(told)
    follow(session, case)
    audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now, object_hash=sha256)
    session.flush()
    return told


def newest_assessment(session: Session, case_id: str) -> Assessment | None:
    """The one that counts."""
    return session.scalar(_newest(Assessment, case_id))


def newest_plan(session: Session, case_id: str) -> Plan | None:
    """The one that counts."""
    return session.scalar(_newest(Plan, case_id))


def follow(session: Session, case: Case) -> None:
    """Keep with the case what was told last of its papers, until when that holds, and when what is to do is due.

    Where it became more urgent since the danger was judged, that holds as long as it does at this priority.
    """
    judged, plan = newest_assessment(session, case.id), newest_plan(session, case.id)
    case.risk_level = judged.level if judged else None
    case.judged_until = _holds_until(session, judged, case.priority) if judged else None
    case.plan_review = plan.review if plan else None
    case.task_due = session.scalar(select(func.min(CaseTask.due)).where(CaseTask.case_id == case.id, _TO_DO))
    membership.follow(session, case)


def renew(session: Session) -> None:
    """Keep it with those cases of which older code, which ran beside this for a while, has not."""
    to_do = select(CaseTask.case_id, func.min(CaseTask.due)).where(_TO_DO).group_by(CaseTask.case_id)
    first = dict(iter(session.execute(to_do)))
    at_work = session.scalars(select(Case).where(Case.stage.not_in(ENDED)))
    behind = [case.id for case in at_work if case.task_due != first.get(case.id) or case.due != case.first_due]
    for case_id in sorted(behind):
        follow(session, session.get_one(Case, case_id, with_for_update=True, populate_existing=True))


def seen_by(session: Session, case_id: str, paper: Assessment | Plan | None) -> list[str]:
    """Who has approved the paper as it is."""
    if paper is None:
        return []
    subject = ApprovalSubject.PLAN if isinstance(paper, Plan) else ApprovalSubject.ASSESSMENT
    return sorted(approvals.given_by(session, subject, object_id=case_id, of=paper.sha256))


def add_task(session: Session, actor: Actor, case_id: str, new: NewTask, *, now: datetime) -> CaseTask:
    """A task more. Raises `PaperUnfit` where its part is not there or its id is taken, or `CaseEnded`."""
    case = _worked_on(session, actor, case_id)
    if sha256_of(session, case, new.part_id) is None:
        raise PaperUnfit
    row = {
        "id": new.id,
        "case_id": case.id,
        "part_id": new.part_id,
        "kind": new.kind,
        "state": TaskState.OPEN,
        "is_urgent": new.is_urgent,
        "due": new.due and monday_of(new.due),
        "version": 1,
    }
    is_new = bool(insert_or_ignore(session, CaseTask, [row]))
    found = session.get_one(CaseTask, new.id)
    if (found.case_id, found.part_id) != (case.id, new.part_id):
        raise PaperUnfit
    if is_new:
        follow(session, case)
        audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now)
    return found


def tasks(session: Session, actor: Actor, case_id: str) -> Select[CaseTask]:
    """All of the case, for whoever may know of it. Raises `NotFound`."""
    return select(CaseTask).where(CaseTask.case_id == cases.get(session, actor, case_id).id)


def task(session: Session, actor: Actor, case_id: str, task_id: str) -> CaseTask:
    """Raises `NotFound`."""
    found = session.scalar(tasks(session, actor, case_id).where(CaseTask.id == task_id))
    if found is None:
        raise NotFound
    return found


def move_task(
    session: Session, actor: Actor, case_id: str, task_id: str, to: TaskState, *, seen: frozenset[int], now: datetime
) -> CaseTask:
    """A member says whether it is done. Raises `StaleVersion` or `CaseEnded`."""
    case = _worked_on(session, actor, case_id)
    found = task(session, actor, case.id, task_id)
    if found.version not in seen:
        raise StaleVersion(version=found.version)
    found.state = to
    follow(session, case)
    audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now)
    return found


def mark(session: Session, actor: Actor, case_id: str, new: Marks, *, seen: frozenset[int], now: datetime) -> Case:
    """A member says how soon and how closely the case is worked on. Raises `StaleVersion` or `CaseEnded`."""
    case = _worked_on(session, actor, case_id)
    if case.version not in seen:
        raise StaleVersion(version=case.version)
    case.priority, case.handling, case.label = new.priority, new.handling, new.label
    case.next_review = new.next_review and monday_of(new.next_review)
    follow(session, case)
    audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now)
    return case


def mark_all(
    session: Session, actor: Actor, marks: Sequence[tuple[str, int, Marks]], *, now: datetime
) -> list[Case | Problem]:
    """The same of several cases, each in the version that the actor has seen, by itself: of each the case, or why
    nothing was changed of it."""
    # All of them first, in one order: else two requests wait for each other, with the audit chain between them.
    theirs = cases.of_member(actor).where(Case.id.in_({case_id for case_id, _, _ in marks}))
    session.scalars(theirs.order_by(Case.id).with_for_update()).all()
    return [
        by_itself(session, partial(mark, session, actor, case_id, new, seen=frozenset({version}), now=now))
        for case_id, version, new in marks
    ]


def move_tasks(session: Session, case: Case, parts: Mapping[str, str], into: Case) -> None:
    """What is to be done goes to another case with the parts that say it, each by its name there."""
    of_case = select(CaseTask).where(CaseTask.case_id == case.id, CaseTask.part_id.in_(parts))
    for task in session.scalars(of_case.order_by(CaseTask.id)):
        task.case_id, task.part_id = into.id, parts[task.part_id]
    for each in (case, into):
        follow(session, each)


def forget_parts(session: Session, case: Case, parts: Collection[str]) -> None:
    """These parts are destroyed: what was told of them is told no more, and what was judged before counts again."""
    for table in (Assessment, Plan, CaseTask):
        session.execute(delete(table).where(table.case_id == case.id, table.part_id.in_(parts)))
    if case.stage not in ENDED:
        follow(session, case)
    if case.closing_part in parts:
        case.closing_part = None
    session.flush()


def has_urgent_task(session: Session, case_id: str) -> bool:
    """Whether something urgent is still to be done."""
    urgent = select(CaseTask.id).where(CaseTask.case_id == case_id, CaseTask.is_urgent)
    return session.scalar(urgent.where(_TO_DO).limit(1)) is not None


def sha256_of(session: Session, case: Case, part_id: str) -> str | None:
    """The hash of the newest version of a part; None where the case has no such part."""
    found = journal.newest(session, case, part_id)
    return found.sha256 if found else None


def enter_stage(session: Session, case_id: str) -> None:
    """The case goes on: what was judged before was not judged at the stage to which it comes."""
    session.execute(update(Assessment).where(Assessment.case_id == case_id).values(is_of_stage=False))


def forget(session: Session, case_id: str) -> None:
    """The case is closed: of its papers nothing is left but what is sealed."""
    for table in (Assessment, Plan, CaseTask):
        session.execute(delete(table).where(table.case_id == case_id))


def _holds_until(session: Session, judged: Assessment, priority: Priority) -> date:
    """By the policy under which the danger was judged."""
    within = clocks.of_version(session, judged.policy).review_days[priority]
    return min(judged.valid_until, judged.hour.date() + timedelta(days=within))


def _worked_on(session: Session, actor: Actor, case_id: str) -> Case:
    case = cases.locked(session, cases.of_member(actor), case_id)
    if case.stage in ENDED:
        raise CaseEnded
    return case


def _is_of(told: Assessment | Plan, paper: NewPaper) -> bool:
    return (told.part_id, told.version) == (paper.part_id, paper.version)


def _as_told(before: _Paper, *, is_same: bool) -> _Paper:
    """Of one version nobody tells twice otherwise. Raises `PaperUnfit`."""
    if not is_same:
        raise PaperUnfit
    return before


def _newest_sha256(session: Session, case: Case, paper: NewPaper) -> str:
    """The hash of the part's newest version, of which is told."""
    found = journal.newest(session, case, paper.part_id)
    if found is None or found.version != paper.version:
        raise PaperUnfit
    return found.sha256


def _newest(table: type[_Paper], case_id: str) -> Select[_Paper]:
    return select(table).where(table.case_id == case_id).order_by(table.number.desc()).limit(1)


def _of_paper(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    """Who told of the paper, and whoever asks, are not the other person."""
    if not cases.is_member(session, actor, new.object_id):
        raise NotFound
    find = newest_plan if new.subject is ApprovalSubject.PLAN else newest_assessment
    paper = find(session, new.object_id)
    if paper is None or paper.sha256 != new.of:
        raise NotApprovable
    return {actor.id, paper.author_id}


def _of_closing(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    """Whoever leads the case, or asks, is not the other person."""
    case = cases.one(session, cases.of_member(actor), new.object_id)
    is_asked = case.stage is CaseStage.CLOSURE_REVIEW and case.closing_part is not None
    if not is_asked or sha256_of(session, case, str(case.closing_part)) != new.of:
        raise NotApprovable
    return {actor.id} | ({case.owner_id} if case.owner_id else set())


_of_case = partial(
    Approvable,
    holders=grants.holders,
    workers=membership.members_of,
    led_by=cases.led_by,
    seen_by=cases.works_on,
)

ASSESSMENT = _of_case(ApprovalSubject.ASSESSMENT, approvers=frozenset({Role.SUPERVISOR}), authors=_of_paper)
PLAN = _of_case(ApprovalSubject.PLAN, approvers=APPROVERS, authors=_of_paper)
CLOSURE = _of_case(ApprovalSubject.CLOSURE, approvers=APPROVERS, authors=_of_closing, of_one_act=True)
APPROVABLES: Final = (ASSESSMENT, PLAN, CLOSURE)


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To let a supervisor see a grave danger, from the day after it was judged so; and to look at what is overdue."""
    has_supervisor = any(each != actor.id for each in staff.certified_with(session, Role.SUPERVISOR, actor.today))
    for case in session.scalars(cases.all_of_member(actor).where(Case.stage.not_in(ENDED)).order_by(Case.id)):
        for clock, last in case.clocks.items():
            if last < actor.today:
                yield Duty(_OVERDUE[clock], case.id, last)
        judged = newest_assessment(session, case.id) if case.risk_level in GRAVE and has_supervisor else None
        if judged and judged.hour.date() < actor.today and not seen_by(session, case.id, judged):
            yield Duty(DutyKind.SHOW_DANGER, case.id, judged.hour.date())


def is_alone(session: Session, actor: Actor) -> bool:
    """Whether nobody else is certified who could be asked."""
    certified = set[str]().union(*(staff.certified_with(session, role, actor.today) for role in APPROVERS))
    return not certified - {actor.id}
