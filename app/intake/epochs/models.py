"""Intake epochs, as their signed documents open them."""

from datetime import date

from sqlalchemy import String, Text, true
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
    signed_on: Mapped[date]  # by the service's clock: from then on it takes the place of what was signed before
    counts: Mapped[bool] = mapped_column(default=True, server_default=true())  # as the newest root has it
    ended_on: Mapped[date | None]  # when the grants of its key were destroyed: whatever comes after, it takes no report
