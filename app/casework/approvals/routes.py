"""Approvals over HTTP."""

from typing import Annotated

from fastapi import Query, Response, status

from app.casework.approvals import service, sights
from app.casework.approvals.bound import TooManyApprovals
from app.casework.approvals.models import Approval
from app.casework.approvals.schemas import ApprovalDecisionIn, ApprovalIn, ApprovalOut
from app.casework.approvals.state import Approvals
from app.casework.roles import MEMBER_ROLES
from app.http import Actor, Db, IfMatch, IfNoneMatch, Now, Once, Page, Paging, Router, etag, problems, requires, shared
from app.http.transitions import StepsOut
from app.http.wire import Id
from app.people.grants.wire import GrantOut, GrantsOut
from app.people.staff.service import NotCertified
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.transitions import GuardsFail, NoSuchStep
from app.vocabulary import ApprovalState

router = Router("/approvals", tag="approvals")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]
SharedState = Annotated[Approvals, shared(Approvals)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        NotFound, NotAnEnvelope, NotCertified, service.SelfApproval, service.ApproverUnfit, service.NotApprovable
    ),
)
def request_approval(
    database: Db,
    actor: Worker,
    state: SharedState,
    once: Once,
    request: ApprovalIn,
    now: Now,
    response: Response,
) -> ApprovalOut:
    """Ask another person, by name, for their approval."""
    new = service.NewApproval(
        subject=request.subject,
        object_id=request.object,
        approver_id=request.approver,
        of=request.of,
        comment=request.comment,
        grant=request.grant.as_new() if request.grant else None,
    )
    with database.write() as session:
        approval = once(
            session,
            actor.id,
            request,
            act=lambda: service.request(session, actor, state.approvables, new, now=now),
            again=lambda id_: service.get(session, actor, state.approvables, id_),
        )
        return _answer(approval, response)


@router.get("")
def list_approvals(
    database: Db,
    actor: Worker,
    shared_state: SharedState,
    paging: Paging,
    state: ApprovalState | None = None,
    object_id: Annotated[Id | None, Query(alias="object")] = None,
) -> Page[ApprovalOut]:
    """What the caller asked and was asked, and what is asked and lent of the cases and reports that they lead."""
    with database.read() as session:
        return paging.page(
            session,
            service.visible_to(actor, shared_state.approvables),
            by=[Approval.id],
            show=ApprovalOut.model_validate,
            among=sights.ranges(actor, state=state, object_id=object_id),
            only=lambda approval: state in (None, approval.state),
        )


@router.get("/{approval_id}", responses=problems(NotFound))
def get_approval(
    database: Db, actor: Worker, state: SharedState, approval_id: str, _: IfNoneMatch, response: Response
) -> ApprovalOut:
    """An approval that the caller asked for, was asked for, or may call back."""
    with database.read() as session:
        return _answer(service.get(session, actor, state.approvables, approval_id), response)


@router.get("/{approval_id}/grant", responses=problems(NotFound))
def fetch_approval_grant(database: Db, actor: Worker, approval_id: str, now: Now) -> GrantsOut:
    """The key that came with the request, until it is decided. The fetch is recorded."""
    with database.write() as session:
        grants = service.fetch_grant(session, actor, approval_id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in grants])


@router.get("/{approval_id}/transitions", responses=problems(NotFound))
def list_approval_steps(database: Db, actor: Worker, state: SharedState, approval_id: str) -> StepsOut[ApprovalState]:
    """What the caller may decide on the approval now, and which guards fail."""
    with database.read() as session:
        steps = service.steps(session, actor, state.approvables, approval_id)
        return StepsOut[ApprovalState].model_validate({"items": steps})


@router.post(
    "/{approval_id}/transitions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, StaleVersion, NoSuchStep, GuardsFail, TooManyApprovals),
)
def decide_approval(
    database: Db,
    actor: Worker,
    state: SharedState,
    once: Once,
    approval_id: str,
    request: ApprovalDecisionIn,
    seen: IfMatch,
    now: Now,
    response: Response,
) -> ApprovalOut:
    """Approve or reject what one was asked, or cancel what one asked or leads: what was lent ends. What was approved
    for one act and not done, who asked or approved cancels."""
    with database.write() as session:
        approval = once(
            session,
            actor.id,
            request,
            act=lambda: service.decide(
                session, actor, state.approvables, approval_id, request.to, request.statement, seen=seen, now=now
            ),
            again=lambda id_: service.get(session, actor, state.approvables, id_),
        )
        return _answer(approval, response)


def _answer(approval: Approval, response: Response) -> ApprovalOut:
    response.headers["ETag"] = etag(approval.version)
    return ApprovalOut.model_validate(approval)
