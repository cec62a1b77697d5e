"""What goes from case to case, over HTTP."""

from typing import Annotated

from fastapi import Response, status

from app.casework.cases import service as cases
from app.casework.cases.holders import HoldersUnfit
from app.casework.cases.journal import PartsUnfit
from app.casework.cases.membership import SecondPersonNeeded
from app.casework.cases.turning import TurnFirst
from app.casework.cases.wire import CaseOut, case_out
from app.casework.moving import service
from app.casework.moving.schemas import MoveIn
from app.casework.roles import MEMBER_ROLES
from app.http import Actor, Db, IfMatch, Now, Once, Router, etag, problems, requires
from app.people.pairs.service import PairsUnfit
from app.people.staff.service import NotCertified
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.transitions import GuardsFail

router = Router("/cases/{case_id}/moves", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        *(NotFound, NotAnEnvelope, StaleVersion, GuardsFail, TurnFirst, PartsUnfit, HoldersUnfit, PairsUnfit),
        *(NotCertified, SecondPersonNeeded),
    ),
)
def move_to_case(
    database: Db,
    actor: Worker,
    once: Once,
    case_id: str,
    request: MoveIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> CaseOut:
    """Let reports and parts of a case go to another of the same members, as another person has agreed; with `whole` all
    of it, which is merged into that. Back to a case that was merged into this one, it undoes that.

    All of it or nothing. The number of the newest entry of the case that they leave is the ETag that is needed.
    """
    with database.write() as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.move(session, actor, case_id, request.as_new(), seen=seen, now=now),
            again=lambda id_: cases.get(session, actor, id_),
        )
        response.headers["ETag"] = etag(case.version)
        return case_out(session, case)
