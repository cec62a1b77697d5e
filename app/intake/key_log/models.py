"""The public key log."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class LogEntry(Base):
    """One line of the key log as it is served, without its LF. Its number tells its order, as it must: it is public."""

    __tablename__ = "key_log"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)
