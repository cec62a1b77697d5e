"""The journal of a case and its parts, as files: kept in their order, one writer after the other, and given out.

What an entry says, the service cannot read. It keeps the numbers of entries without a gap and the versions of parts in
their order, so that two who write at once cannot both be believed to have been first, and leaves the rest to clients.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.cases import holders
from app.casework.cases.models import Case, CasePart, CheckpointPiece, JournalEntry
from app.clock import hour_of
from app.people.grants.service import NewGrant
from app.people.pairs import service as pairs
from app.people.pairs.service import NewPair, PairsUnfit
from app.problems import Problem, StaleVersion
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex


class PartsUnfit(Problem):
    """Each part is written once in a request, first in version 1, and in none above the number of the newest entry.

    Open the case again, and write what is to change once more.
    """

    type, status, title = "parts-unfit", 422, "The versions of the parts do not follow those that are there"


@dataclass(frozen=True)
class NewPart:
    """The next version of a part, or the first; `grants` and `pairs` are of its own key, where it has one."""

    id: str
    version: int
    file: bytes
    grants: Collection[NewGrant] = ()
    pairs: Collection[NewPair] = ()


@dataclass(frozen=True)
class NewReportKey:
    """The next key of a report, sealed to its case."""

    report_id: str
    file: bytes


@dataclass(frozen=True)
class NewPartKey:
    """The next key of a part that has one of its own: for holders, for the part the one before, and its pairs."""

    part_id: str
    grants: Collection[NewGrant]
    pairs: Collection[NewPair] = ()


@dataclass(frozen=True)
class Writing:
    """What one request writes: entries that follow each other, and the parts that they name.

    `turned` are the grants of the key to which that of the case turns by them, if it does, and `pairs` its pairs;
    `report_keys` are the next keys of its reports, for the case, `part_keys` those of its parts. `checkpoint` are the
    pieces of one, if the first of them makes it.
    """

    entries: Sequence[bytes]
    parts: Collection[NewPart] = ()
    turned: Collection[NewGrant] = ()
    pairs: Collection[NewPair] = ()
    report_keys: Collection[NewReportKey] = ()
    part_keys: Collection[NewPartKey] = ()
    checkpoint: Sequence[bytes] = ()


@dataclass(frozen=True)
class Contents:
    """The entries after one that the reader has, and the newest version of every part.

    Or, for a reader who has none, the pieces of the newest checkpoint and the entries from the one on that made it.
    """

    entries: Sequence[JournalEntry]
    parts: Sequence[CasePart]
    checkpoint: Sequence[bytes] = ()


def last(session: Session, case: Case) -> int:
    """The number of the newest entry, which is also the ETag of the journal; 0 before the first."""
    return session.scalar(select(func.max(JournalEntry.number)).where(JournalEntry.case_id == case.id)) or 0


def check_seen(session: Session, case: Case, seen: AbstractSet[int]) -> int:
    """The number of the newest entry, if the writer has read it. Raises `StaleVersion`."""
    newest = last(session, case)
    if newest not in seen:
        raise StaleVersion(version=newest)
    return newest


def write(session: Session, actor: Actor, case: Case, new: Writing, *, after: int, now: datetime) -> None:
    """Keep entries and parts, whole, with the keys that come with them. The caller holds the case.

    Its newest entry is `after`, its members are those who are from now on. Raises `PartsUnfit`, `HoldersUnfit` or
    `PairsUnfit`.
    """
    if len({part.id for part in new.parts}) != len(new.parts):
        raise PartsUnfit
    newest = newest_versions(session, case, [part.id for part in new.parts])
    last_number = after + len(new.entries)
    if any(not _follows(part.version, newest.get(part.id), last_number) for part in new.parts):
        raise PartsUnfit
    hour = hour_of(now)
    hashes = [sha256_hex(file) for file in new.entries]
    for number, (file, sha256) in enumerate(zip(new.entries, hashes, strict=True), start=after + 1):
        place = {"case_id": case.id, "number": number, "author_id": actor.id}
        session.add(JournalEntry(**place, hour=hour, sha256=sha256, file=file))
    for part in new.parts:
        place = {"case_id": case.id, "id": part.id, "version": part.version}
        session.add(CasePart(**place, hour=hour, sha256=sha256_hex(part.file), file=part.file))
    if new.checkpoint:
        session.execute(delete(CheckpointPiece).where(CheckpointPiece.case_id == case.id))
    for piece, file in enumerate(new.checkpoint, start=1):
        place = {"case_id": case.id, "entry": after + 1, "piece": piece}
        session.add(CheckpointPiece(**place, sha256=sha256_hex(file), file=file))
    session.flush()
    for part in new.parts:
        if part.grants:
            holders.begin(session, actor, case, part.id, part.grants, is_new=part.version == 1, now=now)
            pairs.keep(session, actor, part.pairs, subject=part.id, generation=1, case_id=case.id, now=now)
        elif part.pairs:
            raise PairsUnfit
    audit.record(session, actor.id, Action.CASE_WRITTEN, case.id, now=now, object_hash=hashes[-1])


def contents(session: Session, case: Case, *, after: int, summed_up: bool) -> Contents:
    """What a reader needs who has the journal up to `after`, or where it is `summed_up` has none of it."""
    pieces = select(CheckpointPiece).where(CheckpointPiece.case_id == case.id).order_by(CheckpointPiece.piece)
    checkpoint = session.scalars(pieces).all() if summed_up else []
    if checkpoint:
        after = checkpoint[0].entry - 1
    entries = select(JournalEntry).where(JournalEntry.case_id == case.id, JournalEntry.number > after)
    later = aliased(CasePart)
    followed = select(later.id).where(
        later.case_id == CasePart.case_id, later.id == CasePart.id, later.version > CasePart.version
    )
    newest = select(CasePart).where(CasePart.case_id == case.id, ~followed.exists())
    return Contents(
        session.scalars(entries.order_by(JournalEntry.number)).all(),
        session.scalars(newest.order_by(CasePart.id)).all(),
        [each.file for each in checkpoint],
    )


def versions(session: Session, case: Case, part_id: str) -> Sequence[CasePart]:
    """Every version of a part that is there, the first before all."""
    of_part = select(CasePart).where(CasePart.case_id == case.id, CasePart.id == part_id)
    return session.scalars(of_part.order_by(CasePart.version)).all()


def newest(session: Session, case: Case, part_id: str) -> Mark | None:
    """Number and hash of the newest version of a part, which is not read for it; None where the case has none."""
    of_part = select(CasePart.version, CasePart.sha256).where(CasePart.case_id == case.id, CasePart.id == part_id)
    row = session.execute(of_part.order_by(CasePart.version.desc()).limit(1)).first()
    return Mark(row.version, row.sha256) if row else None


def _follows(version: int, newest: int | None, last_number: int) -> bool:
    """A number may be left out: an entry may have named a version that was never stored, and the next stands above it.

    Clients count no version above the number of its entry, so nobody can use the numbers up.
    """
    return version == 1 if newest is None else newest < version <= last_number


def newest_versions(session: Session, case: Case, part_ids: Collection[str]) -> dict[str, int]:
    """The number of the newest version of each of these parts that is there."""
    found = (
        select(CasePart.id, func.max(CasePart.version).label("version"))
        .where(CasePart.case_id == case.id, CasePart.id.in_(part_ids))
        .group_by(CasePart.id)
    )
    return {row.id: row.version for row in session.execute(found)}
