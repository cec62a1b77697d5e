"""Copies of people's keys, each under two secrets that the service has none of."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed


class KeyCopy(Base):
    """The copy of a person's keys under their present sheet; of each before it, that there was one.

    So none that was replaced can be handed in again, under its old signature.
    """

    __tablename__ = "key_copies"
    __table_args__ = {"sqlite_with_rowid": False}

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    file: Mapped[bytes | None] = mapped_column(Sealed(is_shredded=False))
    signature: Mapped[str | None] = mapped_column(String(86))
    kept_on: Mapped[date]


class CopyToken(Base):
    """Lets its holder fetch one person's copy once, and do nothing else. Only the hash of the token is kept."""

    __tablename__ = "copy_tokens"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    expires_on: Mapped[date]
