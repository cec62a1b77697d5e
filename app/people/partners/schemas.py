"""The wire form of partners, as supervisors send and see it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.http.transitions import TransitionIn
from app.people.partners.models import PartnerScope, PartnerState
from app.protocol.sign_in import HANDLE


class PartnerIn(BaseModel):
    """A handle by which supervisors know the organisation, the most that its tokens may show, and its last day."""

    model_config = ConfigDict(extra="forbid")

    handle: Annotated[str, Field(pattern=HANDLE)]
    scope: PartnerScope
    until: date


class PartnerDecisionIn(TransitionIn[Literal["agreed", "ended"]]):
    """Another supervisor agrees; any supervisor ends it."""


class PartnerTokenIn(BaseModel):
    """What the token shall show: no more than the agreement allows."""

    model_config = ConfigDict(extra="forbid")

    scope: PartnerScope


class PartnerTokenOut(BaseModel):
    """A token that counts. It is not kept, so it is not shown again."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    scope: PartnerScope
    until: date


class NewPartnerTokenOut(PartnerTokenOut):
    """The token is in this answer alone. It is handed to the partner outside Tern."""

    token: str


class PartnerOut(BaseModel):
    """`until` is the last day of the agreement, and `ended_on` the one on which somebody ended it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    handle: str
    scope: PartnerScope
    until: date
    state: PartnerState
    proposed_by: str
    agreed_by: str | None
    ended_on: date | None
    version: int
