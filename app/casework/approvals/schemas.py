"""The wire form of approvals."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedApproval, SealedComment
from app.http.transitions import TransitionIn
from app.http.wire import Id, PersonId, Sha256
from app.people.grants.wire import GrantIn
from app.vocabulary import ApprovalState, ApprovalSubject


class ApprovalIn(BaseModel):
    """Ask `approver` about the hash `of`, or a coding. `grant` lets them open it until they have decided."""

    model_config = ConfigDict(extra="forbid")

    subject: ApprovalSubject
    object: Id
    approver: PersonId
    of: Sha256 | None = None
    comment: SealedComment | None = None
    grant: GrantIn | None = None


class ApprovalOut(BaseModel):
    """What is asked of whom, and the sealed statement once it is decided. Its version is also the ETag.

    `lent_until` is the last day of the key that was lent for it, as long as it is lent.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: ApprovalSubject
    object: str = Field(validation_alias="object_id")
    state: ApprovalState
    requester: str = Field(validation_alias="requester_id")
    approver: str = Field(validation_alias="approver_id")
    of: str | None
    comment: SealedComment | None
    statement: SealedApproval | None
    lent_until: date | None
    version: int


class ApprovalDecisionIn(TransitionIn[ApprovalState]):
    """`statement` is the signed decision over the hash, sealed to what it is about."""

    statement: SealedApproval | None = None
