"""Statistics cards as they lie on the server: sealed, of one size, joined to nothing."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed


class Card(Base):
    """A card under the hash of its random id, which only the sealed case knows.

    There is no owner, no day and no order: the key is a hash, and rows lie in its order. Of a withdrawn card the key
    alone stays, so that a file of it that was still on its way does not bring it back.
    """

    __tablename__ = "cards"
    __table_args__ = (Index("ix_cards_by_quarter", "quarter", "id_sha256"),)

    id_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    quarter: Mapped[str | None] = mapped_column(String(7))
    revision_sha256: Mapped[str | None] = mapped_column(String(64))
    file: Mapped[bytes | None] = mapped_column(Sealed)
