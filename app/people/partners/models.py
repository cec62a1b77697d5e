"""Partners by the handles that supervisors gave them, and the tokens of their programs."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class PartnerState(StrEnum):
    """An agreement counts while it is `agreed` and its last day is not over."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    ENDED = "ended"


class PartnerScope(StrEnum):
    """What a token shows: what is published, or with it what is under embargo."""

    PUBLISHED = "published"
    EMBARGOED = "embargoed"


class Partner(Base):
    """An organisation under a handle. What it is called, and who works there, stands in the contract on paper alone."""

    __tablename__ = "partners"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    handle: Mapped[str] = mapped_column(String(40), unique=True)
    scope: Mapped[PartnerScope]
    until: Mapped[date]
    state: Mapped[PartnerState] = mapped_column(default=PartnerState.PROPOSED)
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class PartnerToken(Base):
    """Lets a partner's program fetch releases until its day is over. Only the hash of the token is kept."""

    __tablename__ = "partner_tokens"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[PartnerScope]
    until: Mapped[date]
