"""Keys that several people hold for one use."""

from datetime import date

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.protocol.statements import KeyKind


class SharedKey(Base):
    """A key that several people hold for one use: that of statistics, of the desk, and the card-writing key of a month.

    `document` is the supervisor's signed statement. `token_sha256` is the hash of the card token, which the service
    never learns before a card comes.
    """

    __tablename__ = "shared_keys"
    __table_args__ = (Index("ix_shared_keys_by_day", "valid_from", "id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[KeyKind]
    recipient: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    token_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    version: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
