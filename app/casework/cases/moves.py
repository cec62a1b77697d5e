"""Cases move from stage to stage."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.cases import machine, service
from app.casework.cases.machine import Facts, Step
from app.casework.cases.models import Case
from app.casework.consents import service as consents
from app.casework.problems import GuardsFail, NoSuchStep
from app.problems import StaleVersion
from app.vocabulary import CaseStage


def steps(session: Session, actor: Actor, case_id: str) -> list[Step]:
    """Where the actor can take the case now, and which guards fail. Only members move it."""
    case = service.get(session, actor, case_id)
    return machine.steps(_facts(session, case)) if service.is_member(session, actor, case.id) else []


def move(session: Session, actor: Actor, case_id: str, *, to: CaseStage, version: int, now: datetime) -> Case:
    """Take the case to stage `to`; `version` is the one that the actor has seen.

    Raises `StaleVersion`, `NoSuchStep` or `GuardsFail`.
    """
    case = service.get(session, actor, case_id)
    if case.version != version:
        raise StaleVersion(version=case.version)
    step = next((step for step in steps(session, actor, case_id) if step.to is to), None)
    if step is None:
        raise NoSuchStep
    if step.failing:
        raise GuardsFail(failing=step.failing)
    return service.enter(session, actor, case, to, now=now)


def _facts(session: Session, case: Case) -> Facts:
    return Facts(
        stage=case.stage,
        has_owner=case.owner_id is not None,
        consent_settled=consents.is_settled(session, case.id),
    )
