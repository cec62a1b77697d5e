"""Intake epochs, as their signed documents open them."""

from datetime import date

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Epoch(Base):
    """A span of days whose reports share one intake key. `document` is the signed text that says so."""

    __tablename__ = "epochs"

    id: Mapped[str] = mapped_column(String(38), primary_key=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    document: Mapped[str] = mapped_column(Text)
    accepts_from: Mapped[date]
    accepts_until: Mapped[date]
    destroyed_on: Mapped[date]
    ended_on: Mapped[date | None]  # when the grants of its key were destroyed: whatever comes after, it takes no report
