"""The copy of a person's keys: kept for the day on which their machine is gone, and replaced by nobody else."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.people.copies.models import KeyCopy
from app.people.staff.models import Person
from app.problems import NotFound, Problem
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.key_copy import COPY, check_file


class NotTheirSignature(Problem):
    """A session alone replaces nothing of this: it takes a signature of the key with which this person joined.

    Sign it on a machine that holds that key.
    """

    type, status, title = "not-their-signature", 422, "The person's own key has not signed this"


class CopyReplaced(Problem):
    """This very copy was here before, and another took its place. Make a new one, with a new sheet."""

    type, status, title = "copy-replaced", 409, "This copy was replaced before"


def keep(session: Session, actor: Actor, *, file: bytes, signature: str, now: datetime) -> KeyCopy:
    """Keep the copy in the place of the one before, which is destroyed. The same again changes nothing.

    Raises `NotTheirSignature` and `CopyReplaced`.
    """
    person = session.get_one(Person, actor.id, with_for_update=True)
    try:
        check_file(COPY.name, file, by=person.id, key=unb64(person.key, 32), sig=unb64(signature, 64))
    except NotAuthentic:
        raise NotTheirSignature from None
    sha256 = sha256_hex(file)
    before = session.scalars(select(KeyCopy).where(KeyCopy.person_id == person.id).order_by(KeyCopy.number)).all()
    if before and before[-1].sha256 == sha256:
        return before[-1]
    if any(each.sha256 == sha256 for each in before):
        raise CopyReplaced
    for each in before:
        each.file = each.signature = None
    new = KeyCopy(
        person_id=person.id,
        number=len(before) + 1,
        sha256=sha256,
        file=file,
        signature=signature,
        kept_on=now.date(),
    )
    session.add(new)
    session.flush()
    audit.record(session, actor.id, Action.COPY_KEPT, person.id, now=now, object_hash=sha256)
    return new


def present(session: Session, person_id: str) -> str | None:
    """The SHA-256 of the copy under the present sheet."""
    return session.scalar(_present(person_id).with_only_columns(KeyCopy.sha256))


def fetch(session: Session, person_id: str, *, now: datetime) -> KeyCopy:
    """The copy under the present sheet; the fetch is recorded. Raises `NotFound`."""
    row = session.scalar(_present(person_id))
    if row is None:
        raise NotFound
    audit.record(session, person_id, Action.COPY_FETCHED, person_id, now=now, object_hash=row.sha256)
    return row


def _present(person_id: str) -> Select[KeyCopy]:
    return select(KeyCopy).where(KeyCopy.person_id == person_id, KeyCopy.file.is_not(None))
