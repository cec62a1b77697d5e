"""What two have agreed to end, over HTTP."""

from typing import Annotated

from fastapi import Response, status

from app.casework.agreed_ends import service
from app.casework.agreed_ends.schemas import AgreedEndIn
from app.casework.cases import service as cases
from app.casework.cases.journal import PartsUnfit
from app.casework.cases.membership import SecondPersonNeeded
from app.casework.cases.turning import TurnFirst
from app.casework.cases.wire import CaseOut, case_out
from app.casework.roles import MEMBER_ROLES
from app.destruction import destroying
from app.http import Actor, BlobStore, Db, IfMatch, Now, Once, Router, etag, problems, requires
from app.problems import NotAnEnvelope, NotFound, StaleVersion

router = Router("/cases/{case_id}/ends", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        *(NotFound, NotAnEnvelope, StaleVersion, service.CaseHeld, TurnFirst, PartsUnfit, SecondPersonNeeded)
    ),
)
def end_parts(
    database: Db,
    blobs: BlobStore,
    actor: Worker,
    once: Once,
    case_id: str,
    request: AgreedEndIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> CaseOut:
    """Destroy parts of a case, as another person has agreed: every version of each, with its keys and what was told of
    it. The entries stay.

    All of it or nothing. The number of the newest entry is the ETag that is needed.
    """
    with destroying(database, blobs, now.date()) as session:
        case = once(
            session,
            actor.id,
            request,
            act=lambda: service.end(session, actor, case_id, request.as_new(), seen=seen, now=now),
            again=lambda id_: cases.get(session, actor, id_),
        )
        response.headers["ETag"] = etag(case.version)
        return case_out(session, case)
