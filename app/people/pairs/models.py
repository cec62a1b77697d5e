"""Custodian pairs, and what was recovered by them."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed


class Pair(Base):
    """The key of `subject` for two custodians: sealed to the second, and inside to the first.

    `first_to` and `second_to` are the SHA-256 of their recipients when it was made: a pair to keys that were replaced
    opens for nobody. `case_id` is of the key of a part, which is peeled with that of its case.
    """

    __tablename__ = "pairs"
    __table_args__ = (
        UniqueConstraint("subject", "first_id", "second_id"),
        Index("ix_pairs_of_second", "second_id", "id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(37), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[str | None] = mapped_column(String(37))
    generation: Mapped[int]
    first_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    second_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    first_to: Mapped[str] = mapped_column(String(64))
    second_to: Mapped[str] = mapped_column(String(64))
    made_on: Mapped[date]
    file: Mapped[bytes] = mapped_column(Sealed)


class Recovery(Base):
    """That the second custodian of a pair peeled it for the first, and when that one granted the key to somebody.

    `act` is what the second signed, sealed to the first; what they peeled is a grant to the first. Both go once it was
    acted on, or too late for that. `until` is the last day for which the key is given, where there is one.
    """

    __tablename__ = "recoveries"
    __table_args__ = (Index("ix_recoveries_by_day", "peeled_on", "id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), index=True)
    generation: Mapped[int]
    first_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    second_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    peeled_on: Mapped[date]
    granted_on: Mapped[date | None]
    until: Mapped[date | None]
    grant_id: Mapped[str] = mapped_column(String(38))  # of what was peeled; it goes with the key
    act: Mapped[bytes | None] = mapped_column(Sealed)


class PeeledPart(Base):
    """A grant to the first custodian of what the second peeled of a part's key, together with that of its case."""

    __tablename__ = "peeled_parts"
    __table_args__ = {"sqlite_with_rowid": False}

    recovery_id: Mapped[str] = mapped_column(ForeignKey("recoveries.id"), primary_key=True)
    grant_id: Mapped[str] = mapped_column(String(38), primary_key=True)
