"""The steps of cases over HTTP."""

from typing import Annotated

from fastapi import Response, status

from app.casework.cases import service as cases
from app.casework.cases.wire import CaseOut, case_out
from app.casework.roles import MEMBER_ROLES
from app.casework.stages import service
from app.casework.stages.schemas import CaseTransitionIn
from app.http import Actor, Db, IfMatch, Now, Once, Router, etag, problems, requires
from app.http.transitions import StepsOut
from app.problems import NotFound, StaleVersion
from app.transitions import GuardsFail, NoSuchStep
from app.vocabulary import CaseStage

router = Router("/cases/{case_id}/transitions", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.get("", responses=problems(NotFound))
def list_case_steps(database: Db, actor: Worker, case_id: str, now: Now) -> StepsOut[CaseStage]:
    """What the caller may do with the case now, and which guards fail."""
    with database.read() as session:
        steps = service.steps(session, actor, case_id, now=now)
        return StepsOut[CaseStage].model_validate({"items": steps})


@router.post(
    "", status_code=status.HTTP_201_CREATED, responses=problems(NotFound, StaleVersion, NoSuchStep, GuardsFail)
)
def move_case(
    database: Db,
    actor: Worker,
    once: Once,
    case_id: str,
    request: CaseTransitionIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> CaseOut:
    """Take the case to another stage, or on hold and back; close it, and reopen it."""
    new = service.CaseMove(
        to=request.to,
        reason=request.reason,
        held_for=request.held_for,
        resume_on=request.resume_on,
        closing=request.closing,
        retention_class=request.retention_class,
    )
    with database.write() as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.move(session, actor, case_id, new, seen=seen, now=now),
            again=lambda id_: cases.get(session, actor, id_),
        )
        response.headers["ETag"] = etag(case.version)
        return case_out(session, case)
