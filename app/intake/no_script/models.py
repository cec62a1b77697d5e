"""Pages that answer a form, until they are read."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class OnceAnswer(Base):
    """A page that answers a form. Its key stands in its address, and the address in no row."""

    __tablename__ = "once_answers"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(index=True)  # the class of its plaintext, in bytes
    until: Mapped[int] = mapped_column(index=True)  # the minute, counted from 1970, with which it ends
    sealed: Mapped[bytes]  # an age file, of no type: it is no document, and nobody but a browser ever asks for it
