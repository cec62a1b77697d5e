"""What the tables remember of the machine that they belong to, and whom it has told of what."""

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Installation(Base):
    """One row: which keyring, directory and shred keys belong to the tables, and when what was due was last destroyed.

    Of how many sealed rows the shred key is missing, as counted last.
    """

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(String(4), primary_key=True)
    keyring_sha256: Mapped[str] = mapped_column(String(64))
    place_sha256: Mapped[str | None] = mapped_column(String(64))
    swept_on: Mapped[date | None]
    keys_sha256: Mapped[str | None] = mapped_column(String(64))
    keys_missing: Mapped[int | None]


class ToldOf(Base):
    """That an address has been told of a release. Of the address a hash alone is kept."""

    __tablename__ = "told_of"
    __table_args__ = {"sqlite_with_rowid": False}

    release_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    hook_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
