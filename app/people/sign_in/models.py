"""Who is signed in, and how often somebody was refused."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Hour


class SignIn(Base):
    """A session of a person. The token is known to their machine alone; here lies its hash. `id` names it to them."""

    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    begun_on: Mapped[date]
    expires: Mapped[datetime] = mapped_column(Hour)


class RefusedSignIns(Base):
    """How often a sign-in as a person was refused on a day, or as nobody who is here. It goes when the day is over."""

    __tablename__ = "refused_sign_ins"

    day: Mapped[date] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int]
