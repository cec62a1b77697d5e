"""Consents of the people in a case: whether, in clear, and to what, sealed."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed
from app.vocabulary import ConsentMethod, ConsentStatus


class Consent(Base):
    """One answer of one person. A changed mind is a new row; the one with the highest number counts.

    `person_id` and `consent_id` are random ids from the sealed case, and `file` holds scope, wording and proof.
    """

    __tablename__ = "consents"
    __table_args__ = (Index(None, "case_id", "consent_id", "number", unique=True), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(37), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    person_id: Mapped[str] = mapped_column(String(36))
    consent_id: Mapped[str] = mapped_column(String(37))
    number: Mapped[int]
    status: Mapped[ConsentStatus]
    method: Mapped[ConsentMethod]
    file: Mapped[bytes] = mapped_column(Sealed)
