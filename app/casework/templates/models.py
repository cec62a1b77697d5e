"""Templates of answers, all in one sealed file."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Sealed


class TemplatesVersion(Base):
    """All templates as one version has them, under a key of the desk. The newest alone is kept."""

    __tablename__ = "templates"
    __table_args__ = {"sqlite_with_rowid": False}

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_id: Mapped[str] = mapped_column(ForeignKey("shared_keys.id"))
    file: Mapped[bytes] = mapped_column(Sealed)
    author_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))  # of those before it was kept, nobody
