"""Policies of clocks over HTTP."""

import json
from typing import Annotated

from fastapi import Path, status

from app.casework.approvals.service import SelfApproval
from app.casework.clocks import service
from app.casework.clocks.models import ClockPolicy
from app.casework.clocks.schemas import ClockPolicyIn, ClockPolicyInForceOut, ClockPolicyOut, ClockRules
from app.http import Actor, Db, IfNoneMatch, Now, Once, Page, Paging, Router, problems, requires
from app.problems import NotFound, StaleVersion
from app.vocabulary import Role

router = Router("/clock-policies", tag="clocks")

Colleague = Annotated[Actor, requires(*Role)]
Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
Version = Annotated[int, Path(ge=1, le=10_000)]


@router.get("")
def list_clock_policies(database: Db, _: Colleague, paging: Paging) -> Page[ClockPolicyOut]:
    """Every version that was ever set, the newest first. The first of them that was agreed to counts."""
    with database.read() as session:
        return paging.page(session, service.policies(), by=[ClockPolicy.version], show=_shown, newest=True)


@router.get("/in-force")
def get_current_clock_policy(database: Db, _: Colleague, __: IfNoneMatch) -> ClockPolicyInForceOut:
    """What counts for whatever is claimed now; its version is 0 where none was ever set."""
    with database.read() as session:
        version, policy = service.in_force(session)
        rules = service.get(session, version).policy if version else json.dumps(service.body_of(policy))
        return ClockPolicyInForceOut(version=version, rules=ClockRules.model_validate_json(rules))


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(StaleVersion, service.CalendarUnknown))
def set_clock_policy(database: Db, actor: Supervisor, once: Once, request: ClockPolicyIn, now: Now) -> ClockPolicyOut:
    """Set how long clocks may run, from the next claim on. If anything may take longer, another supervisor agrees."""
    new = service.NewPolicy(request.after, request.rules.model_dump(mode="json"))
    with database.write() as session:
        made = once(
            session,
            actor.id,
            request,
            act=lambda: service.set_(session, actor, new, now=now),
            again=lambda id_: service.get(session, int(id_)),
        )
        return _shown(made)


@router.post(
    "/{version}/agreements",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, SelfApproval, service.NothingToAgreeTo),
)
def agree_to_clock_policy(database: Db, actor: Supervisor, once: Once, version: Version, now: Now) -> ClockPolicyOut:
    """Let the newest policy count, as another supervisor than who set it; who is alone may, seven days later."""
    with database.write() as session:
        made = once(
            session,
            actor.id,
            None,
            act=lambda: service.agree(session, actor, version, now=now),
            again=lambda id_: service.get(session, int(id_)),
        )
        return _shown(made)


def _shown(made: ClockPolicy) -> ClockPolicyOut:
    return ClockPolicyOut(
        version=made.version,
        rules=ClockRules.model_validate_json(made.policy),
        closed_on=service.free_days_of(made),
        author=made.author_id,
        set_at=made.set_at,
        agreed_by=made.agreed_by,
        agreed_at=made.agreed_at,
    )
