"""Cases move from stage to stage."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy.orm import Session

from app import transitions
from app.actor import Actor
from app.casework.cases import service as cases
from app.casework.cases.models import Case
from app.casework.consents import service as consents
from app.casework.stages.machine import EDGES, Facts
from app.problems import StaleVersion
from app.transitions import Step
from app.vocabulary import CaseStage, TransitionReason


def steps(session: Session, actor: Actor, case_id: str) -> list[Step[CaseStage]]:
    """Where the actor can take the case now, and which guards fail. Only members move it."""
    case = cases.get(session, actor, case_id)
    return transitions.steps(EDGES, case.stage, _facts(session, actor, case))


def move(
    session: Session,
    actor: Actor,
    case_id: str,
    *,
    to: CaseStage,
    reason: TransitionReason,
    seen: AbstractSet[int],
    now: datetime,
) -> Case:
    """Take the case to stage `to`; `seen` holds the versions that the actor has seen.

    Raises `StaleVersion`, `NoSuchStep` or `GuardsFail`.
    """
    case = cases.locked(session, cases.visible_to(actor), case_id)
    if case.version not in seen:
        raise StaleVersion(version=case.version)
    transitions.check(EDGES, case.stage, to, _facts(session, actor, case))
    return cases.enter(session, actor, case, to, reason, now=now)


def _facts(session: Session, actor: Actor, case: Case) -> Facts:
    return Facts(
        is_member=cases.is_member(session, actor, case.id),
        has_owner=case.owner_id is not None,
        consent_settled=consents.is_settled(session, case.id),
    )
