"""Approvals: the index of signed statements, and who is asked for which."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Sealed
from app.people.grants.models import Grant
from app.vocabulary import ApprovalState, ApprovalSubject


class Approval(Base):
    """One person asks another about one hash. `statement` is the answer, signed inside its seal.

    Of a coding the hash stands in the statement alone.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_of_object", "object_id", "id"),
        Index("ix_approvals_asked_by", "requester_id", "id"),
        Index("ix_approvals_asked_by_in_state", "requester_id", "state", "id"),
        Index("ix_approvals_asked_of", "approver_id", "id"),
        Index("ix_approvals_asked_of_in_state", "approver_id", "state", "id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[ApprovalSubject]
    object_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.REQUESTED)
    requester_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    approver_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    of: Mapped[str | None] = mapped_column(String(64))
    # The grant may go before: it is destroyed with its report or its epoch, whatever was asked about it.
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("grants.id", ondelete="SET NULL"))
    comment: Mapped[bytes | None] = mapped_column(Sealed)
    statement: Mapped[bytes | None] = mapped_column(Sealed)
    decided_on: Mapped[date | None]  # none where older code decided it
    # Of what is done once: it was the answer for one step, and the step was taken, or another.
    is_spent: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1)
    grant: Mapped[Grant | None] = relationship(lazy="selectin", viewonly=True)
    __mapper_args__ = {"version_id_col": version}

    @property
    def lent_until(self) -> date | None:
        """The last day of a key that is lent for this, None where none is, or not any more."""
        return self.grant.until if self.grant and not self.grant.revoked else None


class ApprovalSight(Base):
    """An approval in the list of somebody who works on its object; of a report that is who has claimed it.

    It says where to look, and not what they may see. `state` is the approval's.
    """

    __tablename__ = "approval_sights"
    __table_args__ = (
        Index("ix_approval_sights_of_person", "person_id", "approval_id"),
        Index("ix_approval_sights_of_person_in_state", "person_id", "state", "approval_id"),
        {"sqlite_with_rowid": False},
    )

    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    state: Mapped[ApprovalState]


class ApprovalDay(Base):
    """How much of what is bounded somebody has approved on a day: it says nothing of what, and of whom."""

    __tablename__ = "approval_days"
    __table_args__ = {"sqlite_with_rowid": False}

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    number: Mapped[int] = mapped_column(default=0)
