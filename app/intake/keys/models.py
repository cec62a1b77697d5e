"""The public key log, and the epochs that its intake documents open."""

from datetime import date

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class LogEntry(Base):
    """One line of the key log as it is served, without its LF. Its number tells its order, as it must: it is public."""

    __tablename__ = "key_log"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)


class Epoch(Base):
    """A span of days whose reports share one intake key. `document` is the signed text that says so."""

    __tablename__ = "epochs"

    id: Mapped[str] = mapped_column(String(38), primary_key=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    document: Mapped[str] = mapped_column(Text)
    accepts_from: Mapped[date]
    accepts_until: Mapped[date]
    destroyed_on: Mapped[date]
