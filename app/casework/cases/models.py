"""Cases: the state of the work, in clear. The facts are in the sealed parts alone."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Hour, Sealed, index_where
from app.protocol.case import Label
from app.vocabulary import (
    CaseStage,
    HandlingMark,
    HoldReason,
    Priority,
    RetentionClass,
    RiskLevel,
    TransitionReason,
)

_LABELLED = "label IS NOT NULL"
_REVIEWED = "next_review IS NOT NULL"
_DUE = "due IS NOT NULL"

# Nobody works on it at these stages.
ENDED: Final = frozenset({CaseStage.CLOSED, CaseStage.MERGED, CaseStage.TRANSFERRED})


class CaseClock(StrEnum):
    """What is to be done about a case by a day."""

    DANGER = "danger"  # it is judged anew
    REVIEW = "review"  # the case is looked at again, in its week
    PLAN = "plan"  # the safety plan is, likewise
    HOLD = "hold"  # it goes on, and waits no longer
    TASK = "task"  # the first of what is still to do is done, in its week


class Case(Base):
    """The state of the work, which the service may read; the facts lie in sealed parts."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_of_team", "team_id", "priority", "stage_entered", "id"),
        Index("ix_cases_of_team_in_stage", "team_id", "stage", "priority", "stage_entered", "id"),
        index_where(
            "ix_cases_labelled", "team_id", "label", "stage", "priority", "stage_entered", "id", where=_LABELLED
        ),
        index_where("ix_cases_labelled_since", "team_id", "label", "stage_entered", "id", where=_LABELLED),
        Index("ix_cases_handled", "team_id", "handling", "stage", "priority", "stage_entered", "id"),
        Index("ix_cases_handled_since", "team_id", "handling", "stage_entered", "id"),
        index_where("ix_cases_reviewed", "team_id", "stage", "next_review", "id", where=_REVIEWED),
        index_where("ix_cases_due", "team_id", "stage", "due", "id", where=_DUE),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(37), primary_key=True)
    ref: Mapped[str] = mapped_column(String(12), unique=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    stage: Mapped[CaseStage]
    stage_entered: Mapped[datetime] = mapped_column(Hour)
    reason: Mapped[TransitionReason | None]  # of its last step
    priority: Mapped[Priority]
    risk_level: Mapped[RiskLevel | None]
    judged_until: Mapped[date | None]  # until when that may be relied on
    handling: Mapped[HandlingMark] = mapped_column(
        default=HandlingMark.TLP_AMBER_STRICT, server_default=HandlingMark.TLP_AMBER_STRICT.value
    )
    label: Mapped[Label | None]
    next_review: Mapped[date | None]  # the Monday of a week
    plan_review: Mapped[date | None]  # likewise, that of its safety plan
    task_due: Mapped[date | None]  # likewise, the first in which something is due that is still to do
    # Of a case on hold: where it goes on, for whom it waits, and until which day at most. Of one that is merged into
    # another where it goes on if that is undone.
    held_from: Mapped[CaseStage | None]
    held_for: Mapped[HoldReason | None]
    resume_on: Mapped[date | None]
    due: Mapped[date | None]  # the first of its `clocks`, kept for the lists in this order (`membership.follow`)
    closing_part: Mapped[str | None] = mapped_column(String(37))  # that says why it is to end, while that is looked at
    retention_class: Mapped[RetentionClass | None]
    purge_month: Mapped[date | None]  # its first day; of a closed case
    merged_into: Mapped[str | None] = mapped_column(String(37), index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # the slower of two writers gets StaleDataError

    @property
    def clocks(self) -> dict[CaseClock, date]:
        """The last day on which each of its clocks is met, of those that run, the earliest first. While it waits they
        run on, for the danger does not wait; where it is closed, or merged into another, they stand still."""
        if self.stage in ENDED:
            return {}
        weeks = {
            CaseClock.REVIEW: self.next_review,
            CaseClock.PLAN: self.plan_review,
            CaseClock.TASK: self.task_due,
        }
        last = {clock: monday and monday + timedelta(days=6) for clock, monday in weeks.items()}
        until = {CaseClock.DANGER: self.judged_until, CaseClock.HOLD: self.resume_on, **last}
        return dict(sorted(((clock, day) for clock, day in until.items() if day), key=lambda each: each[1]))

    @property
    def first_due(self) -> date | None:
        """The first of these days, which `due` keeps."""
        return next(iter(self.clocks.values()), None)

    @property
    def due_for(self) -> CaseClock | None:
        """What is to be done by the first of these days, on which the work on it is in time at the latest."""
        return next(iter(self.clocks), None)


class Membership(Base):
    """Who works on a case. The journal says the same, and a client believes that.

    `until` is the last day of whom custodians gave the case until a day, and no member has confirmed since. Stage,
    priority and what follows are those of the case: by them its members list it.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_of_person", "person_id", "priority", "stage_entered", "case_id"),
        Index("ix_memberships_of_person_in_stage", "person_id", "stage", "priority", "stage_entered", "case_id"),
        index_where("ix_memberships_until", "until", "case_id", where="until IS NOT NULL"),
        index_where(
            "ix_memberships_labelled",
            *("person_id", "label", "stage", "priority", "stage_entered", "case_id"),
            where=_LABELLED,
        ),
        index_where("ix_memberships_labelled_since", "person_id", "label", "stage_entered", "case_id", where=_LABELLED),
        Index("ix_memberships_handled", "person_id", "handling", "stage", "priority", "stage_entered", "case_id"),
        Index("ix_memberships_handled_since", "person_id", "handling", "stage_entered", "case_id"),
        index_where("ix_memberships_reviewed", "person_id", "stage", "next_review", "case_id", where=_REVIEWED),
        index_where("ix_memberships_due", "person_id", "stage", "due", "case_id", where=_DUE),
        {"sqlite_with_rowid": False},
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    until: Mapped[date | None]
    stage: Mapped[CaseStage | None]  # none where older code wrote the row, until it is renewed
    priority: Mapped[Priority | None]
    stage_entered: Mapped[datetime | None] = mapped_column(Hour)
    label: Mapped[Label | None]
    handling: Mapped[HandlingMark | None]  # likewise
    next_review: Mapped[date | None]
    due: Mapped[date | None]


class JournalEntry(Base):
    """One file of a case's journal. Inside the seal it says who works on the case, and which keys and parts it has."""

    __tablename__ = "journal_entries"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    author_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    hour: Mapped[datetime] = mapped_column(Hour)
    sha256: Mapped[str] = mapped_column(String(64))
    file: Mapped[bytes] = mapped_column(Sealed)


class CasePart(Base):
    """One version of a sealed part. Of which type it is stands inside the seal alone."""

    __tablename__ = "case_parts"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(37), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(Hour)
    sha256: Mapped[str] = mapped_column(String(64))
    file: Mapped[bytes] = mapped_column(Sealed)


class CheckpointPiece(Base):
    """A piece of what the entries of a journal come to that stand before one. Of a case only the newest is kept."""

    __tablename__ = "checkpoints"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    piece: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    file: Mapped[bytes] = mapped_column(Sealed)
