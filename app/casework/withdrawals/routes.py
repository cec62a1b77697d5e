"""What a reporter took back ends in its case, over HTTP."""

from typing import Annotated

from fastapi import status

from app.casework.cases.turning import TurnFirst
from app.casework.roles import MEMBER_ROLES
from app.casework.withdrawals import service
from app.casework.withdrawals.schemas import WithdrawalIn, WithdrawalOut
from app.destruction import destroying
from app.http import Actor, BlobStore, Db, IfMatch, Now, Once, Router, problems, requires
from app.problems import NotAnEnvelope, NotFound, StaleVersion

router = Router("/cases/{case_id}/withdrawals", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        NotFound, NotAnEnvelope, StaleVersion, TurnFirst, service.NothingWithdrawn, service.OthersRemain
    ),
)
def carry_out_withdrawal(
    database: Db,
    blobs: BlobStore,
    actor: Worker,
    once: Once,
    case_id: str,
    request: WithdrawalIn,
    seen: IfMatch,
    now: Now,
) -> WithdrawalOut:
    """Leave a last message for the reporter who took this report back, and destroy it with what it led to in the case.

    All of it or nothing. Where the case has no other report it goes with it. The number of the newest entry is the ETag
    that is needed.
    """
    with destroying(database, blobs, now.date()) as session:
        report = once(
            session,
            actor.id,
            request,
            act=lambda: service.carry_out(session, actor, case_id, request.as_new(), seen=seen, now=now),
            again=lambda id_: service.get(session, id_),
        )
        return WithdrawalOut(id=report.id)
