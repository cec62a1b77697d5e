"""The wire form of cases."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedCase
from app.http.transitions import TransitionIn
from app.people.grants.schemas import GrantIn
from app.vocabulary import CaseStage, Priority, TransitionReason

CaseId = Annotated[str, Field(pattern=r"^case_[0-9a-f]{32}$")]
PersonId = Annotated[str, Field(pattern=r"^per_[0-9a-f]{32}$")]
TeamId = Annotated[str, Field(pattern=r"^team_[0-9a-f]{32}$")]
Grants = Annotated[list[GrantIn], Field(max_length=100)]


class CaseIn(BaseModel):
    """A new case, its id drawn by the client: sealed documents name it. `members` is the genesis of its chain."""

    model_config = ConfigDict(extra="forbid")

    id: CaseId
    team: TeamId
    owner: PersonId | None = None
    priority: Priority
    members: SealedCase
    document: SealedCase
    grants: Grants


class CaseOut(BaseModel):
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


class DocumentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: SealedCase


class DocumentOut(BaseModel):
    """One version of the sealed document; its version is also the ETag."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    author: str = Field(validation_alias="author_id")
    hour: datetime
    sha256: str
    document: SealedCase = Field(validation_alias="file")


class MembersIn(BaseModel):
    """A further statement of the chain, and what it says. Without `owner` the owner stays."""

    model_config = ConfigDict(extra="forbid")

    statement: SealedCase
    add: Grants = []
    remove: Annotated[list[PersonId], Field(max_length=100)] = []
    owner: PersonId | None = None


class StatementOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    version: int
    statement: SealedCase = Field(validation_alias="file")


class StatementsOut(BaseModel):
    """The whole chain, from its genesis: a client believes no part of it without the rest."""

    items: list[StatementOut]


class CaseTransitionIn(TransitionIn[CaseStage]):
    reason: TransitionReason
