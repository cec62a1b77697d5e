"""The wire form of a case, for every package that answers with one."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.casework.cases import service
from app.casework.cases.models import Case
from app.vocabulary import CaseStage, Priority, TransitionReason


class CaseOut(BaseModel):
    """The state of the work; `stage_entered` is the hour of its last step. Of the facts there is nothing here."""

    id: str
    ref: str
    team: str
    owner: str | None
    stage: CaseStage
    stage_entered: datetime
    reason: TransitionReason | None
    priority: Priority
    members: list[str]
    version: int


def case_out(session: Session, case: Case) -> CaseOut:
    """The case as those see it who may know of it."""
    return CaseOut(
        id=case.id,
        ref=case.ref,
        team=case.team_id,
        owner=case.owner_id,
        stage=case.stage,
        stage_entered=case.stage_entered,
        reason=case.reason,
        priority=case.priority,
        members=service.members_of(session, case.id),
        version=case.version,
    )
