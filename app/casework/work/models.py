"""What the service may know of the papers of a case: how great the danger is, what was agreed, what is still to do."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Hour
from app.vocabulary import RiskLevel, SafetyPlanStatus, TaskType


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Assessment(Base):
    """One judgement of the danger, by the version of the sealed part that gives it; the one of highest number counts.

    `is_of_stage`: it was made since the case came to the stage at which it is. `policy` is the version of the policy of
    clocks under which it was.
    """

    __tablename__ = "assessments"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part_id: Mapped[str] = mapped_column(String(37))
    version: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    level: Mapped[RiskLevel]
    valid_until: Mapped[date]
    author_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    hour: Mapped[datetime] = mapped_column(Hour)
    is_of_stage: Mapped[bool]
    policy: Mapped[int] = mapped_column(default=0, server_default="0")


class Plan(Base):
    """Where the safety plan stands, by the version of the sealed part that says it; the one of highest number counts.

    `review` is the Monday of the week in which it is looked at again.
    """

    __tablename__ = "plans"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part_id: Mapped[str] = mapped_column(String(37))
    version: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[SafetyPlanStatus]
    review: Mapped[date | None]
    author_id: Mapped[str] = mapped_column(ForeignKey("people.id"))


class CaseTask(Base):
    """Something to do in a case; what it is, the sealed part says. `due` is the Monday of a week."""

    __tablename__ = "case_tasks"
    __table_args__ = (
        Index("ix_case_tasks_of_case", "case_id", "id"),
        Index("ix_case_tasks_urgent", "case_id", "is_urgent", "state"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(37), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    part_id: Mapped[str] = mapped_column(String(37))
    kind: Mapped[TaskType]
    state: Mapped[TaskState] = mapped_column(default=TaskState.OPEN)
    is_urgent: Mapped[bool]
    due: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
