"""What the tables remember of the machine that they belong to."""

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
