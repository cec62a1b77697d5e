"""Approvals: the index of signed statements, and who is asked for which."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed
from app.vocabulary import ApprovalState, ApprovalSubject


class Approval(Base):
    """One person asks another about one hash. `statement` is the answer, signed inside its seal."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[ApprovalSubject]
    object_id: Mapped[str] = mapped_column(String(40), index=True)
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.REQUESTED)
    requester_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    approver_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    of: Mapped[str] = mapped_column(String(64))
    # The grant may go before: it is destroyed with its report or its epoch, whatever was asked about it.
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("grants.id", ondelete="SET NULL"))
    comment: Mapped[bytes | None] = mapped_column(Sealed)
    statement: Mapped[bytes | None] = mapped_column(Sealed)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
