"""Reports: the state of the work on them, in clear, and apart from it what the reporter sealed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Placed, Quarter, Sealed, index_where
from app.vocabulary import IntakeChannel, Priority, ReportState, TransitionReason

# Each index costs an arriving report a page on the disk, so those of what comes later leave it out.
_SEEN = "state <> 'received'"
_TO_OPEN = "opening_due IS NOT NULL"
_CLAIMED = "state IN ('in_triage', 'awaiting_reporter')"
_UNHEARD = "unheard_since IS NOT NULL AND destroyed_on IS NULL"
_TAKEN_BACK = "withdrawn_on IS NOT NULL AND destroyed_on IS NULL AND case_id IS NOT NULL"


class Report(Base):
    """A report as triage sees it. `received_on` is the UTC day, and the Monday of its week once it is decided."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_in_state", "state", "received_on", "id"),
        Index("ix_reports_of_epoch_in_state", "epoch_id", "state", "received_on", "id"),
        index_where("ix_reports_seen", "received_on", "id", where=_SEEN),
        index_where("ix_reports_of_epoch_seen", "epoch_id", "received_on", "id", where=_SEEN),
        index_where("ix_reports_to_open", "state", "received_on", "id", where=_TO_OPEN),
        index_where("ix_reports_of_epoch_to_open", "epoch_id", "state", "received_on", "id", where=_TO_OPEN),
        index_where("ix_reports_handed_on", "handed_on_from", "received_on", "id", where="handed_on_from IS NOT NULL"),
        index_where("ix_reports_claimed", "triager_id", "id", where=_CLAIMED),
        index_where(None, "case_id", where="case_id IS NOT NULL"),
        index_where("ix_reports_taken_back", "case_id", "withdrawn_on", where=_TAKEN_BACK),
        index_where("ix_reports_unheard", "case_id", "unheard_since", where=_UNHEARD),
        index_where("ix_reports_to_answer", "answer_due", "id", where="answer_due IS NOT NULL"),
        index_where("ix_reports_to_decide", "decision_due", "id", where="decision_due IS NOT NULL"),
        index_where("ix_reports_kept_until", "kept_until", where="kept_until IS NOT NULL"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    ref: Mapped[str] = mapped_column(String(12))
    epoch_id: Mapped[str] = mapped_column(ForeignKey("epochs.id"))
    received_on: Mapped[date]
    state: Mapped[ReportState]
    reason: Mapped[TransitionReason | None]
    priority: Mapped[Priority | None]
    triager_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    intake_channel: Mapped[IntakeChannel]
    size: Mapped[int]  # of the sealed report, in bytes: one of the lengths of its classes
    envelope_sha256: Mapped[str] = mapped_column(String(64))  # of all that was sent, so that a repetition is known
    case_id: Mapped[str | None] = mapped_column(String(37))  # no foreign key: intake knows no casework
    opening_due: Mapped[date | None]  # by when another person is to have opened it; none once one has, or need not
    handed_on_from: Mapped[str | None] = mapped_column(
        String(38)
    )  # the first epoch, whose keys stay as long as it does
    handed_on_by: Mapped[str | None] = mapped_column(String(36))  # of those who granted it on, the last
    way_back_until: Mapped[date | None]  # of what was decided when its epoch's day had come
    # When its clocks run out, while it is in triage: by when somebody is to have answered, and to have decided.
    answer_due: Mapped[datetime | None] = mapped_column(Quarter)
    decision_due: Mapped[datetime | None] = mapped_column(Quarter)
    waits_until: Mapped[date | None]  # of what waits for its reporter: the last day on which it does
    withdrawn_on: Mapped[date | None]
    unheard_since: Mapped[date | None]  # a consent was changed, and no member of its case has asked for it
    kept_until: Mapped[date | None]  # of what was decided into no case: its last day
    destroyed_on: Mapped[date | None]
    replies: Mapped[int] = mapped_column(default=0, server_default="0")  # messages of staff ever sent
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def is_destroyed(self) -> bool:
        """Whether there is nothing of it any more but this row and, for a while, its mailbox."""
        return self.destroyed_on is not None

    @property
    def due(self) -> date | None:
        """The last day on which it is as it should be, if there is one: claimed on the day on which it came, answered
        and decided while its clocks run, answered by its reporter, or opened by somebody else."""
        if self.state is ReportState.RECEIVED:
            return self.received_on
        if self.state is ReportState.AWAITING_REPORTER:
            return self.waits_until
        return self.first_due.date() if self.first_due else self.opening_due

    @property
    def first_due(self) -> datetime | None:
        """When the first of its clocks runs out, while any does."""
        return min(filter(None, (self.answer_due, self.decision_due)), default=None)


class ReportFile(Placed):
    """The sealed report. It lies apart, so that no list reads it, and goes when the report is destroyed."""

    __tablename__ = "report_files"
    __mapper_args__ = {"primary_key": ["report_id"]}

    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), unique=True)
    body: Mapped[bytes] = mapped_column(Sealed)
