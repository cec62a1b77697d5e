"""The daily heads of the audit chain, and who has countersigned them."""

from datetime import date

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class AuditHeadDocument(Base):
    """A head that the service has signed: each names the one before. `sha256` is that of its line 1."""

    __tablename__ = "audit_heads"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    day: Mapped[date]
    document: Mapped[str] = mapped_column(Text)


class Countersignature(Base):
    """A supervisor's word that their client followed the chain up to a head."""

    __tablename__ = "audit_countersignatures"

    version: Mapped[int] = mapped_column(ForeignKey("audit_heads.version"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
