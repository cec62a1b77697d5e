"""The wire form of reports, as staff see them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from app.casework.cases.service import Joining
from app.casework.cases.wire import CaseIn
from app.casework.triage.moves import Move
from app.casework.triage.service import Answer
from app.http.sealed_json import SealedCopy, SealedEntry, SealedReply
from app.http.transitions import TransitionIn
from app.http.wire import CaseId, OfOneOut, ReportId, Sha256
from app.people.grants.wire import GrantIn, GrantOut
from app.protocol.mailbox import STAFF_SLOTS
from app.vocabulary import IntakeChannel, Priority, ReportState, TransitionReason

EpochId = Annotated[str, Field(pattern=r"^epoch_[0-9a-f]{32}$")]


class ReportOut(BaseModel):
    """The state of the work on a report; its version is also the ETag. `due` is the last day on which it is in time.

    `answer_due` and `decision_due` are when its clocks run out, while they run.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    ref: str
    epoch: str = Field(validation_alias="epoch_id")
    received_on: date
    state: ReportState
    reason: TransitionReason | None
    priority: Priority | None
    triager: str | None = Field(validation_alias="triager_id")
    intake_channel: IntakeChannel
    size: int
    envelope_sha256: str
    case: str | None = Field(validation_alias="case_id")
    opening_due: date | None
    answer_due: datetime | None
    decision_due: datetime | None
    due: date | None
    handed_on_from: str | None
    handed_on_by: str | None
    withdrawn_on: date | None
    destroyed: bool = Field(validation_alias="is_destroyed")
    version: int


class WaitingOut(BaseModel):
    """A report of the queue with the grants of its key that are for the caller, as its own route gives them."""

    report: ReportOut
    grants: list[GrantOut]


class AttachmentOut(BaseModel):
    """A sealed file that has arrived. `sha256` is that of the file as it lies here."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    size: int
    sha256: str
    received_on: date


class ReplyOut(BaseModel):
    """What somebody of staff wrote to the reporter, as they sealed it for their colleagues."""

    model_config = ConfigDict(from_attributes=True)

    file: SealedCopy


class AnswerIn(BaseModel):
    """The parts of one message, a sealed slot each, and its copy for colleagues, sealed to the report's key.

    `read` are hashes of earlier parts that the reporter names as seen: those make room where there is no other.
    `replaced` are those of a reply in whose place this one comes.
    """

    model_config = ConfigDict(extra="forbid")

    slots: Annotated[list[SealedReply], Field(min_length=1, max_length=STAFF_SLOTS)]
    copy_: Annotated[SealedCopy, Field(alias="copy")]
    read: Annotated[list[Sha256], Field(max_length=STAFF_SLOTS)] = []
    replaced: Annotated[list[Sha256], Field(max_length=STAFF_SLOTS)] = []

    def as_answer(self) -> Answer:
        return Answer(self.slots, self.copy_, read=self.read, replaced=self.replaced)


class JoiningIn(BaseModel):
    """A case of the caller's that the report joins, by an entry of its journal behind the one of number `after`."""

    model_config = ConfigDict(extra="forbid")

    case: CaseId
    after: Annotated[int, Field(ge=1, le=2**31 - 1)]
    entry: SealedEntry

    def as_joining(self) -> Joining:
        return Joining(self.case, self.after, self.entry)


class ReportTransitionIn(TransitionIn[ReportState]):
    """A step. `grant` is the report's key: sealed to a case, or to a colleague who will attach the report to theirs.

    The case is one that it `joins`, or `new_case`; its journal is written in the same transaction.
    """

    reason: TransitionReason
    priority: Priority | None = None
    joins: JoiningIn | None = None
    new_case: CaseIn | None = None
    grant: GrantIn | None = None
    duplicate_of: ReportId | None = None
    no_contact: StrictBool = False
    danger_now: StrictBool = False

    def as_move(self) -> Move:
        return Move(
            to=self.to,
            reason=self.reason,
            priority=self.priority,
            joins=self.joins.as_joining() if self.joins else None,
            new_case=self.new_case.as_new() if self.new_case else None,
            grant=self.grant.as_new() if self.grant else None,
            duplicate_of=self.duplicate_of,
            no_contact=self.no_contact,
            danger_now=self.danger_now,
        )


class ReportStateIn(BaseModel):
    """To claim one of several reports, or to release it, in the version that the caller has seen."""

    model_config = ConfigDict(extra="forbid")

    id: ReportId
    version: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
    to: Literal[ReportState.IN_TRIAGE, ReportState.RECEIVED]


class StatesOfSeveralIn(BaseModel):
    """Each is done, or refused, by itself."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[ReportStateIn], Field(min_length=1, max_length=100)]


class ReportMovedOut(OfOneOut):
    """What became of one of the reports."""

    id: str


class MovedOut(BaseModel):
    """A result for each, in their order."""

    items: list[ReportMovedOut] = Field(max_length=100)


class OpeningIn(BaseModel):
    """The case of the report, which the caller's client has opened too; null for one that was put away.

    Of one that is in triage the epoch, by whose key the caller has opened what somebody else granted on to it.
    """

    model_config = ConfigDict(extra="forbid")

    case: CaseId | None
    epoch: EpochId | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.case and self.epoch:
            raise ValueError("a report is in triage or in a case")
        return self


class HandingOnIn(BaseModel):
    """The report's key, sealed to the epoch that takes reports now."""

    model_config = ConfigDict(extra="forbid")

    grant: GrantIn


class AttachIn(BaseModel):
    """A case of the caller's that the report joins, or a new one, and the report's key sealed to it."""

    model_config = ConfigDict(extra="forbid")

    joins: JoiningIn | None = None
    new_case: CaseIn | None = None
    grant: GrantIn
