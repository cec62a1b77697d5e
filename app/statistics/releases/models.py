"""Releases, the ledger that refuses, and the sealed accounts of what each person has spent (RELEASES, section 8)."""

from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Shredded
from app.protocol.release.counts import NoisyCounts, read_counts

# Of a correction and of a note, in characters.
WORDS: Final = 500


class ReleaseState(StrEnum):
    """RELEASES § 8. `drawn` is charged and has its noise; `composed` has its folder; `signed` has both signatures.

    `embargoed` is shown to partners, and to everybody from its day on, when it is `published`; in the place of one that
    is `superseded` stands a later folder of the same noise.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    DRAWN = "drawn"
    COMPOSED = "composed"
    SIGNED = "signed"
    EMBARGOED = "embargoed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


# What everybody may read, and for ever.
PUBLIC: Final = frozenset({ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED})
# What is whole, and shown to more than those who make it.
SHOWN: Final = PUBLIC | {ReleaseState.EMBARGOED}
# What has its folder.
MADE: Final = SHOWN | {ReleaseState.COMPOSED, ReleaseState.SIGNED}

_OPEN = text("state NOT IN ('rejected', 'cancelled') AND supersedes IS NULL")
_IS_PUBLIC = text("state IN ('published', 'superseded')")


class Release(Base):
    """One set of tables on its way from a request to a signed folder. Its noisy counts are written once.

    One that `supersedes` another is made of the same noise, which was charged under the id `drawn_as`; `correction`
    says what was wrong, in words that are published. `note` is said by one supervisor, and by two where there is
    `note_too`; `warning` is what two have said last, as everybody is told.
    """

    __tablename__ = "releases"
    __table_args__ = (
        # A kind and a period have one draw, but for requests that came to nothing.
        Index(None, "kind", "period", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_releases_by_period", "period", "id"),
        Index("ix_releases_in_state", "state", "period", "id"),
        Index("ix_releases_public", "period", "id", sqlite_where=_IS_PUBLIC, postgresql_where=_IS_PUBLIC),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(7))
    workload: Mapped[str] = mapped_column(String(8))
    state: Mapped[ReleaseState] = mapped_column(default=ReleaseState.REQUESTED)
    requested_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    requester_stand_in: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    approver_stand_in: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    accounts_lost_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    accounts_lost_too: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    noisy: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    noisy_sha256: Mapped[str | None] = mapped_column(String(64))
    sums_sha256: Mapped[str | None] = mapped_column(String(64))
    public_on: Mapped[date | None]
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("releases.id"), index=True)
    drawn_as: Mapped[str | None] = mapped_column(ForeignKey("releases.id"))
    correction: Mapped[str | None] = mapped_column(String(WORDS))
    note: Mapped[str | None] = mapped_column(String(WORDS))
    note_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    note_too: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    warning: Mapped[str | None] = mapped_column(String(WORDS))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def charged_as(self) -> str:
        """The release under whose id the ledger has its draw."""
        return self.drawn_as or self.id

    @property
    def signers(self) -> tuple[str, str | None]:
        """Who signs for the requester and for the approver: they themselves, or who stands in."""
        return self.requester_stand_in or self.requested_by, self.approver_stand_in or self.approved_by

    def counts(self) -> NoisyCounts:
        """The noisy counts of a release that was drawn."""
        if self.noisy is None:
            raise LookupError("the release has not been drawn")
        return read_counts(self.noisy)


class ReleaseDraw(Base):
    """A draw that runs: `runner` is a random word of the one who makes it, `beats` a number that grows while they do.

    It says nothing of how far they are. Who comes after takes the row, and the one before ends without a trace.
    `failure` is the type of the problem at which it ended, and stays until somebody begins anew or cancels.
    """

    __tablename__ = "release_draws"
    __table_args__ = {"sqlite_with_rowid": False}

    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    runner: Mapped[str] = mapped_column(String(32))
    beats: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(40))


class ReleaseFile(Base):
    """One file of a composed folder, as its bytes are published."""

    __tablename__ = "release_files"

    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(120), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class PartnerDownload(Base):
    """How many files of a release a partner has fetched on a day. The partner sees it, and it is forgotten."""

    __tablename__ = "partner_downloads"
    __table_args__ = {"sqlite_with_rowid": False}

    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    fetched: Mapped[int]


class ReleaseSignature(Base):
    """The signature of one person over `SHA256SUMS`; a release is signed when both have given theirs.

    `statement` says under the person's own key that `key` is theirs for this release, `certificate` to all readers of
    which role they were: it comes when the release is published. Releases of before there were such keys have neither.
    """

    __tablename__ = "release_signatures"

    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(43))
    signature: Mapped[str] = mapped_column(String(86))
    statement: Mapped[str | None] = mapped_column(Text)
    certificate: Mapped[str | None] = mapped_column(Text)


class BudgetEntry(Base):
    """A line of the public ledger (`app.protocol.release.ledger`). A kind and a period are drawn once."""

    __tablename__ = "budget_entries"
    __table_args__ = (UniqueConstraint("kind", "period"), {"sqlite_with_rowid": False})

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    release: Mapped[str] = mapped_column(ForeignKey("releases.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(7))
    workload: Mapped[str] = mapped_column(String(8))
    workload_sha256: Mapped[str] = mapped_column(String(64))
    rho_millionths: Mapped[int]
    opendp: Mapped[str] = mapped_column(String(20))
    previous: Mapped[str] = mapped_column(String(64))
    accounts_key: Mapped[str | None] = mapped_column(String(36))
    accounts_sha256: Mapped[str | None] = mapped_column(String(64))


class AccountsPart(Base):
    """A piece of the one sealed file of what each person has spent, in its order, replaced as a whole by a draw.

    What was there before opens from no older copy.
    """

    __tablename__ = "accounts_parts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(Shredded)
