"""Who may know of a report by a key of its own or of its case, in the order of their lists."""

from datetime import date

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, index_where
from app.vocabulary import ReportState

_IN_STATE = ("person_id", "state", "received_on", "report_id")


class Sight(Base):
    """A report in the lists of one person: a member of its case, or somebody to whom its own key was granted.

    It says where to look, and not what they may see: of a grant that has ended it may be there still. State and day are
    those of the report; `to_open` is whether somebody else is to open it, `is_changed` whether its reporter has changed
    a consent or taken it back.
    """

    __tablename__ = "sights"
    __table_args__ = (
        Index("ix_sights_received_on", "person_id", "received_on", "report_id"),
        Index("ix_sights_in_state", *_IN_STATE),
        index_where("ix_sights_to_open", *_IN_STATE, where="to_open", sqlite_where="to_open = 1"),
        index_where("ix_sights_changed", "person_id", "report_id", where="is_changed", sqlite_where="is_changed = 1"),
        {"sqlite_with_rowid": False},
    )

    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    state: Mapped[ReportState]
    received_on: Mapped[date]
    to_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_changed: Mapped[bool] = mapped_column(default=False, server_default=false())


class Unread(Base):
    """That a reporter posted something which one of those who work on the report has not read yet, and what it was."""

    __tablename__ = "unread"
    __table_args__ = (Index("ix_unread_of_report", "report_id"), {"sqlite_with_rowid": False})

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    wrote: Mapped[bool] = mapped_column(default=False)
    changed_consent: Mapped[bool] = mapped_column(default=False)
    took_back: Mapped[bool] = mapped_column(default=False)
