"""Attachments: sealed files in `blobs`, each named by a row."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Attachment(Base):
    """One sealed file of a report. Its name, type and true size stand in the sealed report alone."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), index=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))  # of the sealed file
    received_on: Mapped[date]
    blob: Mapped[str] = mapped_column(String(32), unique=True)
