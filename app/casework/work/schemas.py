"""The wire form of the work on a case."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from app.casework.cases.wire import PART_ID
from app.casework.work.models import TaskState
from app.casework.work.service import Marks
from app.http.transitions import TransitionIn
from app.http.wire import CaseId, DayOfWeek, OfOneOut
from app.protocol.case import Label
from app.vocabulary import HandlingMark, Priority, RiskLevel, SafetyPlanStatus, TaskType

PartId = Annotated[str, Field(pattern=PART_ID)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class AssessmentIn(BaseModel):
    """What is told of an assessment: its newest version is a part of the case already."""

    model_config = ConfigDict(extra="forbid")

    part: PartId
    part_version: Version
    level: RiskLevel
    valid_until: date


class AssessmentOut(BaseModel):
    """The level, its last day, and who judged so."""

    model_config = ConfigDict(from_attributes=True)

    part: str = Field(validation_alias="part_id")
    part_version: int = Field(validation_alias="version")
    number: int
    level: RiskLevel
    valid_until: date
    author: str = Field(validation_alias="author_id")


class PlanIn(BaseModel):
    """What is told of the safety plan; `review` is a day of the week in which it is looked at again."""

    model_config = ConfigDict(extra="forbid")

    part: PartId
    part_version: Version
    status: SafetyPlanStatus
    review: DayOfWeek | None = None


class PlanOut(BaseModel):
    """Where the plan stands, and who says so; `review` is a Monday."""

    model_config = ConfigDict(from_attributes=True)

    part: str = Field(validation_alias="part_id")
    part_version: int = Field(validation_alias="version")
    number: int
    status: SafetyPlanStatus
    review: date | None
    author: str = Field(validation_alias="author_id")


class WorkOut(BaseModel):
    """The newest assessment and plan of a case, and by whom each was approved as it is."""

    assessment: AssessmentOut | None
    assessment_seen_by: list[str]
    plan: PlanOut | None
    plan_approved_by: list[str]


class TaskIn(BaseModel):
    """A new task, whose text is a part of the case already. `due` is a day of the week in which it is due."""

    model_config = ConfigDict(extra="forbid")

    part: PartId
    kind: TaskType
    urgent: StrictBool = False
    due: DayOfWeek | None = None


class TaskOut(BaseModel):
    """What is to do, as far as the service knows; `due` is a Monday. Its version is also the ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    part: str = Field(validation_alias="part_id")
    kind: TaskType
    state: TaskState
    urgent: bool = Field(validation_alias="is_urgent")
    due: date | None
    version: int


class TaskMoveIn(TransitionIn[TaskState]):
    """A task is done, or is not to be done, or is to be done after all."""


class MarksIn(BaseModel):
    """What of the work members set beside its steps; `next_review` is a day of a week."""

    model_config = ConfigDict(extra="forbid")

    priority: Priority
    handling: HandlingMark
    next_review: DayOfWeek | None = None
    label: Label | None = None

    def as_marks(self) -> Marks:
        return Marks(self.priority, self.handling, self.next_review, self.label)


class CaseMarksIn(MarksIn):
    """The same of one of several cases, in the version that the caller has seen."""

    case: CaseId
    version: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]


class MarksOfSeveralIn(BaseModel):
    """Each is done, or refused, by itself."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[CaseMarksIn], Field(min_length=1, max_length=100)]


class CaseMarkedOut(OfOneOut):
    """What became of one of the cases."""

    case: str


class MarkedOut(BaseModel):
    """A result for each, in their order."""

    items: list[CaseMarkedOut] = Field(max_length=100)
