"""The work on cases over HTTP."""

from typing import Annotated

from fastapi import Path, Response, status

from app.casework.cases import service as cases
from app.casework.cases.wire import CaseOut, case_out
from app.casework.roles import MEMBER_ROLES
from app.casework.work import service
from app.casework.work.models import CaseTask
from app.casework.work.schemas import (
    AssessmentIn,
    AssessmentOut,
    CaseMarkedOut,
    MarkedOut,
    MarksIn,
    MarksOfSeveralIn,
    PlanIn,
    PlanOut,
    TaskIn,
    TaskMoveIn,
    TaskOut,
    WorkOut,
)
from app.http import Actor, Db, IfMatch, IfNoneMatch, Now, Once, Page, Paging, Router, etag, problems, requires
from app.http.wire import of_one
from app.problems import NotFound, StaleVersion

router = Router("/cases/{case_id}", tag="cases")
several = Router("/cases", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]
TaskId = Annotated[str, Path(pattern=r"^task_[0-9a-f]{32}$")]
_REFUSED = problems(NotFound, service.PaperUnfit, service.CaseEnded)


@router.get("/work", responses=problems(NotFound))
def get_case_work(database: Db, actor: Worker, case_id: str) -> WorkOut:
    """How great the danger is judged, where the safety plan stands, and who approved both as they are."""
    with database.read() as session:
        case = cases.get(session, actor, case_id)
        assessment, plan = service.newest_assessment(session, case.id), service.newest_plan(session, case.id)
        return WorkOut(
            assessment=AssessmentOut.model_validate(assessment) if assessment else None,
            assessment_seen_by=service.seen_by(session, case.id, assessment),
            plan=PlanOut.model_validate(plan) if plan else None,
            plan_approved_by=service.seen_by(session, case.id, plan),
        )


@router.put("/assessment", responses=_REFUSED)
def tell_assessment(database: Db, actor: Worker, case_id: str, request: AssessmentIn, now: Now) -> AssessmentOut:
    """Tell of the newest version of the case's assessment, which is stored already. It is the one that counts then."""
    paper = service.NewPaper(request.part, request.part_version)
    with database.write() as session:
        told = service.assess(session, actor, case_id, paper, request.level, request.valid_until, now=now)
        return AssessmentOut.model_validate(told)


@router.put("/plan", responses=_REFUSED)
def tell_plan(database: Db, actor: Worker, case_id: str, request: PlanIn, now: Now) -> PlanOut:
    """Tell of the newest version of the case's safety plan, which is stored already."""
    paper = service.NewPaper(request.part, request.part_version)
    with database.write() as session:
        told = service.plan(session, actor, case_id, paper, request.status, request.review, now=now)
        return PlanOut.model_validate(told)


@router.get("/tasks", responses=problems(NotFound))
def list_case_tasks(database: Db, actor: Worker, case_id: str, paging: Paging) -> Page[TaskOut]:
    """What is to do in a case, and what was. The words are in its parts."""
    with database.read() as session:
        tasks = service.tasks(session, actor, case_id)
        return paging.page(session, tasks, by=[CaseTask.id], show=TaskOut.model_validate)


@router.get("/tasks/{task_id}", responses=problems(NotFound))
def get_case_task(
    database: Db, actor: Worker, case_id: str, task_id: TaskId, _: IfNoneMatch, response: Response
) -> TaskOut:
    """Where a task stands."""
    with database.read() as session:
        return _answer(service.task(session, actor, case_id, task_id), response)


@router.put("/tasks/{task_id}", responses=_REFUSED)
def add_case_task(
    database: Db, actor: Worker, case_id: str, task_id: TaskId, request: TaskIn, now: Now, response: Response
) -> TaskOut:
    """A new task, whose text is a part of the case already. Told again it is the same."""
    new = service.NewTask(task_id, request.part, request.kind, request.urgent, request.due)
    with database.write() as session:
        return _answer(service.add_task(session, actor, case_id, new, now=now), response)


@router.post(
    "/tasks/{task_id}/transitions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, StaleVersion, service.CaseEnded),
)
def move_case_task(
    database: Db,
    actor: Worker,
    once: Once,
    case_id: str,
    task_id: TaskId,
    request: TaskMoveIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> TaskOut:
    """A task is done, is not to be done, or is to be done after all."""
    with database.write() as session:
        task = once(
            session,
            actor.id,
            request,
            act=lambda: service.move_task(session, actor, case_id, task_id, request.to, seen=seen, now=now),
            again=lambda id_: service.task(session, actor, case_id, id_),
        )
        return _answer(task, response)


@router.put("/marks", responses=problems(NotFound, StaleVersion, service.CaseEnded))
def mark_case(
    database: Db, actor: Worker, case_id: str, request: MarksIn, seen: IfMatch, now: Now, response: Response
) -> CaseOut:
    """Say how soon a case is worked on, how closely its facts are held, and when it is looked at again."""
    with database.write() as session:
        case = service.mark(session, actor, case_id, request.as_marks(), seen=seen, now=now)
        response.headers["ETag"] = etag(case.version)
        return case_out(session, case)


@several.put("/marks")
def mark_cases(database: Db, actor: Worker, request: MarksOfSeveralIn, now: Now) -> MarkedOut:
    """The same of up to a hundred cases at once, with a result for each: one that is refused keeps none back."""
    wanted = [(each.case, each.version, each.as_marks()) for each in request.items]
    with database.write() as session:
        done = service.mark_all(session, actor, wanted, now=now)
        told = zip(request.items, done, strict=True)
        return MarkedOut(items=[CaseMarkedOut(case=asked.case, **of_one(each)) for asked, each in told])


def _answer(task: CaseTask, response: Response) -> TaskOut:
    response.headers["ETag"] = etag(task.version)
    return TaskOut.model_validate(task)
