"""Mailboxes: what reporters fetch with the token of their receipt, and what they sent later."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Placed, Sealed
from app.protocol.mailbox import MessageKind


class Mailbox(Placed):
    """One per report. The token is the reporter's alone; `recipient` is for the state that the service seals.

    `withdrawal_sha256` is that of the secret by which its reporter takes the report back.
    """

    __tablename__ = "mailboxes"
    __mapper_args__ = {"primary_key": ["token_sha256"]}

    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), unique=True)
    recipient: Mapped[str] = mapped_column(Text)
    withdrawal_sha256: Mapped[str] = mapped_column(String(64))


class Slot(Placed):
    """A sealed slot that is in use: 1 the thread state, 2 the state, 3 to 16 staff's messages.

    0 is the thread state that came with the report, once another has replaced it. The others are not stored.
    """

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("token_sha256", "number"),)
    __mapper_args__ = {"primary_key": ["token_sha256", "number"]}

    token_sha256: Mapped[str] = mapped_column(ForeignKey("mailboxes.token_sha256"))
    number: Mapped[int]
    file: Mapped[bytes] = mapped_column(Sealed)
    until: Mapped[date | None]  # of a message of staff; the others stay as long as the mailbox
    reply: Mapped[int | None]  # of a message of staff: which of the report's it is, counted from 1


class KeptReply(Base):
    """What staff wrote to a reporter, as its writer sealed it for colleagues to the report's key."""

    __tablename__ = "kept_replies"

    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file: Mapped[bytes] = mapped_column(Sealed)


class Message(Base):
    """What a reporter posted after the report. `consent_id` says which consent changed, not how.

    A withdrawal has the `secret` of its receipt, in base64url, by which members see that it is the reporter's.
    """

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_of_report", "report_id", "id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"))
    received_on: Mapped[date]
    kind: Mapped[MessageKind]
    consent_id: Mapped[str | None] = mapped_column(String(37))
    secret: Mapped[str | None] = mapped_column(String(43))
    file: Mapped[bytes] = mapped_column(Sealed)
