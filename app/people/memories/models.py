"""Memories of people's machines, each sealed to its person."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed


class Memory(Base):
    """A version of what one person's machines have seen. The last three are kept."""

    __tablename__ = "memories"
    __table_args__ = {"sqlite_with_rowid": False}

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    file: Mapped[bytes] = mapped_column(Sealed)
    kept_on: Mapped[date]
