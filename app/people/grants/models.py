"""Keys, each sealed to one person or object by a client that held it."""

from datetime import date

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed
from app.protocol.statements import KeyKind
from app.vocabulary import GrantKind


class Grant(Base):
    """The key of `subject` for `grantee`, which are ids of any package: a report, an epoch, a case, a person."""

    __tablename__ = "grants"
    __table_args__ = (Index(None, "subject", "grantee"), Index(None, "grantee"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(38), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    grantee: Mapped[str] = mapped_column(String(40))
    kind: Mapped[GrantKind]
    generation: Mapped[int] = mapped_column(default=1)
    granted_on: Mapped[date]
    until: Mapped[date | None]
    revoked: Mapped[bool] = mapped_column(default=False)
    file: Mapped[bytes | None] = mapped_column(Sealed)  # none once it is revoked


class SharedKey(Base):
    """A key that several people hold for one use: that of statistics, and the card-writing key of a month.

    `document` is the supervisor's signed statement. `token_sha256` is the hash of the card token, which the service
    never learns before a card comes.
    """

    __tablename__ = "shared_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[KeyKind]
    recipient: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    token_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    version: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
