"""What was posted under each token today."""

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Posted(Base):
    """How much came under a token on a day, whether or not it opens a mailbox: nobody must learn which it is.

    `place` is the token's own where it opens one. The others share a few, each of which the last one that came has.
    """

    __tablename__ = "posted"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    place: Mapped[str | None] = mapped_column(String(64), index=True)
    posts: Mapped[int]
    size: Mapped[int]  # of their sealed parts, in bytes
