"""Attachments: sealed files in `blobs`, each named by a row; and those that are still coming in."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Attachment(Base):
    """One sealed file of a report. Its name, type and true size stand in the sealed report alone."""

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_of_report", "report_id", "id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))  # of the sealed file
    received_on: Mapped[date]
    blob: Mapped[str] = mapped_column(String(32), unique=True)


class Upload(Base):
    """An attachment on its way, at a random address of which only the hash is kept.

    `blob` is empty once the attachment has the file. The row stays some days longer, so that a client to which the last
    answer did not come learns that all has arrived.
    """

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("report_id", "attachment_id"), {"sqlite_with_rowid": False})

    address_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"))
    attachment_id: Mapped[str] = mapped_column(String(36))
    size: Mapped[int]  # of the whole
    started_on: Mapped[date]
    blob: Mapped[str | None] = mapped_column(String(32), unique=True)
