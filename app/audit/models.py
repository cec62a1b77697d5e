"""The chain of audit events, and the daily counts of reporters' acts."""

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Hour


class AuditEvent(Base):
    """An act of staff. Its number tells its order, as it must; its hour is as close as its time is kept."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "hour", "actor_id"),  # for what is recorded once an hour
        {"sqlite_with_rowid": False},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(Hour)
    actor_id: Mapped[str] = mapped_column(String(64))  # no foreign key: the chain outlives the person's row
    action: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str] = mapped_column(String(64))
    object_hash: Mapped[str | None] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last event, in the one row that writers wait for each other at."""

    __tablename__ = "audit_head"

    name: Mapped[str] = mapped_column(String(8), primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class ReporterActs(Base):
    """How often reporters did something on a day. Nothing else is kept of their acts."""

    __tablename__ = "reporter_acts"

    day: Mapped[date] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]
