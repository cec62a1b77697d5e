"""Keys that wait for their certificate."""

from datetime import date

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class NewKeys(Base):
    """A token for one person who lost their keys, and what they bring with it. Only the hash of the token is kept.

    Until a supervisor certifies these keys they are nobody's, and the person's old ones go on.
    """

    __tablename__ = "new_keys"
    __table_args__ = {"sqlite_with_rowid": False}

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_on: Mapped[date]
    recipient: Mapped[str | None] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(43))
    password_hash: Mapped[str | None] = mapped_column(Text)


class KeyObjection(Base):
    """A key that was replaced has signed that the person's present keys are none of theirs."""

    __tablename__ = "key_objections"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    by_key: Mapped[str] = mapped_column(String(43))
    recipient: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(43))
    signature: Mapped[str] = mapped_column(String(86))
