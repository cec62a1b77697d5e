"""Policies of clocks, each a version that stays, and what happened to the reports that clocks run for."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.casework.clocks.derivation import What
from app.database import Base, Hour, Quarter
from app.vocabulary import Priority


class ClockPolicy(Base):
    """One version of how long clocks may run, in JSON, with the days on which the office is closed.

    It counts from the hour at which it was agreed to, and then for what is claimed.
    """

    __tablename__ = "clock_policies"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    policy: Mapped[str] = mapped_column(Text)
    free_days: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    set_at: Mapped[datetime] = mapped_column(Hour)
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    agreed_at: Mapped[datetime | None] = mapped_column(Hour)

    @property
    def id(self) -> str:
        """What a repeated request finds it by."""
        return str(self.version)


class ClockEvent(Base):
    """Something from which the clocks of a report follow. It goes when the report is decided."""

    __tablename__ = "clock_events"
    __table_args__ = {"sqlite_with_rowid": False}

    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[What]
    at: Mapped[datetime] = mapped_column(Quarter)
    priority: Mapped[Priority | None]
    policy: Mapped[int]  # the version under which the clocks began
