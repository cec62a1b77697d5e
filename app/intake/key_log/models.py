"""The public key log, and what is to become its next root."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class LogEntry(Base):
    """One line of the key log as it is served, without its LF. Its number tells its order, as it must: it is public."""

    __tablename__ = "key_log"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)


class RootProposal(Base):
    """The next root while its signatures are gathered, found by the hash of its line 1.

    `author` is who proposed it, and has one at a time; `kept` is the list whose hash it has, a line each.
    """

    __tablename__ = "root_proposals"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    author: Mapped[str] = mapped_column(String(38))
    document: Mapped[str] = mapped_column(Text)
    kept: Mapped[str | None] = mapped_column(Text)
