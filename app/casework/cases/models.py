"""Cases: the state of the work, in clear. The facts are in the sealed parts alone."""

from datetime import date, datetime, timedelta

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


class Case(Base):
    """The state of the work, which the service may read; the facts lie in sealed parts."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_of_team", "team_id", "priority", "stage_entered", "id"),
        Index("ix_cases_of_team_in_stage", "team_id", "stage", "priority", "stage_entered", "id"),
        index_where(
            "ix_cases_labelled", "team_id", "label", "stage", "priority", "stage_entered", "id", where=_LABELLED
        ),
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
    # Of a case on hold: where it goes on, for whom it waits, and until which day at most. Of one that is merged into
    # another where it goes on if that is undone.
    held_from: Mapped[CaseStage | None]
    held_for: Mapped[HoldReason | None]
    resume_on: Mapped[date | None]
    closing_part: Mapped[str | None] = mapped_column(String(37))  # that says why it is to end, while that is looked at
    retention_class: Mapped[RetentionClass | None]
    purge_month: Mapped[date | None]  # its first day; of a closed case
    merged_into: Mapped[str | None] = mapped_column(String(37), index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # the slower of two writers gets StaleDataError

    @property
    def due(self) -> date | None:
        """The last day on which the work on it is in time, if there is one: the danger is judged anew, it is looked at
        again within its week, or goes on. While it is on hold only the danger may be judged later."""
        looked_at = self.next_review and self.next_review + timedelta(days=6)
        other = self.resume_on if self.stage is CaseStage.ON_HOLD else self.judged_until
        return min((day for day in (looked_at, other) if day), default=None)


class Membership(Base):
    """Who works on a case. The journal says the same, and a client believes that.

    `until` is the last day of whom custodians gave the case until a day, and no member has confirmed since. Stage,
    priority, hour and label are those of the case: by them its members list it.
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
        {"sqlite_with_rowid": False},
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    until: Mapped[date | None]
    stage: Mapped[CaseStage | None]  # none where older code wrote the row, until it is renewed
    priority: Mapped[Priority | None]
    stage_entered: Mapped[datetime | None] = mapped_column(Hour)
    label: Mapped[Label | None]


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
