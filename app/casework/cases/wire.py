"""The wire form of a case, for every package that answers with one, or takes a new one with what it does."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from app.casework.cases import service
from app.casework.cases.models import Case
from app.casework.cases.service import NewCase
from app.http.sealed_json import SealedCase, SealedMembers
from app.http.wire import CaseId, PersonId, TeamId
from app.people.grants.wire import Grants
from app.vocabulary import CaseStage, Priority, TransitionReason


class CaseIn(BaseModel):
    """A new case, its id drawn by the client: sealed documents name it. `members` is the genesis of its chain."""

    model_config = ConfigDict(extra="forbid")

    id: CaseId
    team: TeamId
    owner: PersonId | None = None
    priority: Priority
    members: SealedMembers
    document: SealedCase
    grants: Grants

    def as_new(self) -> NewCase:
        return NewCase(
            id=self.id,
            team_id=self.team,
            owner_id=self.owner,
            priority=self.priority,
            members=self.members,
            document=self.document,
            grants=[grant.as_new() for grant in self.grants],
        )


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
