"""Keys, each sealed to one person or object by a client that held it."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Placed, Sealed
from app.vocabulary import GrantKind


class Grant(Placed):
    """The key of `subject` for `grantee`, which are ids of any package: a report, an epoch, a case, a person."""

    __tablename__ = "grants"
    __table_args__ = (Index(None, "subject", "grantee"), Index("ix_grants_held", "grantee", "subject"))
    __mapper_args__ = {"primary_key": ["id"]}

    id: Mapped[str] = mapped_column(String(38), unique=True)
    subject: Mapped[str] = mapped_column(String(40))
    grantee: Mapped[str] = mapped_column(String(40))
    kind: Mapped[GrantKind]
    generation: Mapped[int] = mapped_column(default=1)
    granted_on: Mapped[date]
    until: Mapped[date | None]
    revoked: Mapped[bool] = mapped_column(default=False)
    outdated: Mapped[bool] = mapped_column(
        default=False, server_default=sa.false()
    )  # sealed to keys that were replaced
    file: Mapped[bytes | None] = mapped_column(Sealed)  # none once it is revoked
