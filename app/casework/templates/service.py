"""Templates of answers: supervisors write them, and whoever holds the key of the desk reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.templates.models import TemplatesVersion
from app.database import insert_or_ignore
from app.duties import Duty
from app.people.grants import service as grants
from app.people.shared_keys import service as shared_keys
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.duties import DutyKind
from app.protocol.encoding import sha256_hex
from app.protocol.statements import KeyKind
from app.vocabulary import Role


class NotUnderDeskKey(Problem):
    """Templates are sealed to the key of the desk that is used today, by somebody who holds it.

    Fetch the list of shared keys, and seal them to the newest of that kind. Where there is none, make one.
    """

    type, status, title = "not-under-desk-key", 409, "This is not the key of the desk, or not the caller's"


@dataclass(frozen=True)
class Shown:
    """The newest version; without its file for who holds the key of today, and not the `key` that it lies under."""

    version: int
    key: str
    sha256: str
    sealed_file: bytes | None


def get(session: Session, actor: Actor) -> Shown:
    """The newest version. Raises `NotFound` where there is none, and for who holds no key of the desk that matters."""
    row, in_use = _newest(session), shared_keys.used_on(session, KeyKind.DESK, actor.today)
    keys = {key for key in (row and row.key_id, in_use and in_use.id) if key}
    held = grants.held_among(session, actor, keys)  # asked where there are none too, so that a 404 tells nothing
    if row is None or not held:
        raise NotFound
    return _shown(row, opens=row.key_id in held)


def write(session: Session, actor: Actor, *, version: int, key_id: str, file: bytes, now: datetime) -> Shown:
    """Keep the version that follows the last, which goes. The same again changes nothing.

    Raises `NotUnderDeskKey`, and `StaleVersion` where somebody else was faster.
    """
    key = shared_keys.used_on(session, KeyKind.DESK, now.date())
    if key is None or key.id != key_id or not grants.holds(session, actor, key_id):
        raise NotUnderDeskKey
    before = _newest(session)
    if before and (before.version, before.key_id, sha256_hex(before.file)) == (version, key_id, sha256_hex(file)):
        return _shown(before)
    last = before.version if before else 0
    if version != last + 1:
        raise StaleVersion(version=last)
    new = {"version": version, "key_id": key_id, "file": file, "author_id": actor.id}
    if not insert_or_ignore(session, TemplatesVersion, [new]):
        raise StaleVersion(version=version)
    session.execute(delete(TemplatesVersion).where(TemplatesVersion.version < version))
    audit.record(session, actor.id, Action.TEMPLATES_WRITTEN, key_id, now=now, object_hash=sha256_hex(file))
    return _shown(session.get_one(TemplatesVersion, version))


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """As a supervisor, to seal them anew: where the desk has another key since, by which alone newcomers read, and
    where whoever wrote them is a supervisor no more, so that machines that have not seen them refuse them."""
    row = _newest(session) if Role.SUPERVISOR in actor.roles else None
    key = shared_keys.used_on(session, KeyKind.DESK, actor.today)
    if row is None or key is None:
        return
    both = {row.key_id, key.id}
    if row.key_id == key.id and not _has_ended(session, row, actor.today):
        return
    if grants.held_among(session, actor, both) == both:
        yield Duty(DutyKind.SEAL_TEMPLATES, key.id, key.valid_from)


def _has_ended(session: Session, row: TemplatesVersion, today: date) -> bool:
    """Whether who wrote it is no supervisor today."""
    return row.author_id is not None and not staff.has_role(session, row.author_id, Role.SUPERVISOR, today)


def _shown(row: TemplatesVersion, *, opens: bool = True) -> Shown:
    return Shown(row.version, row.key_id, sha256_hex(row.file), row.file if opens else None)


def _newest(session: Session) -> TemplatesVersion | None:
    return session.scalar(select(TemplatesVersion).order_by(TemplatesVersion.version.desc()).limit(1))
