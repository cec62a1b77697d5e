"""The copy of a person's keys: kept for the day on which their machine is gone, and replaced by nobody else."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.keyring import Keyring
from app.people.copies.models import CopyToken, KeyCopy
from app.people.staff import service as staff
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


class CopyTokenInvalid(Problem):
    """A token fetches one copy once, within three days. Ask a supervisor for another."""

    type, status, title = "copy-token-invalid", 403, "The token was used, is too old or never was"


TOKEN_DAYS: Final = 3


def keep(session: Session, actor: Actor, *, file: bytes, signature: str, now: datetime) -> KeyCopy:
    """Keep the copy in the place of the one before, which is destroyed. The same again changes nothing.

    Raises `NotTheirSignature` and `CopyReplaced`.
    """
    person = session.get_one(Person, actor.id, with_for_update=True)
    check_signature(person, COPY.name, file, signature)
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


def check_signature(person: Person, type_: str, file: bytes, signature: str) -> None:
    """Raises `NotTheirSignature` unless the person's own key has signed this file of theirs, as one of its type."""
    try:
        check_file(type_, file, by=person.id, key=unb64(person.key, 32), sig=unb64(signature, 64))
    except NotAuthentic:
        raise NotTheirSignature from None


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


def token_of(keyring: Keyring, id_: str) -> str:
    """The token of this id: the same for who asks again, and kept nowhere."""
    return keyring.token(f"copy-token/{id_}")


def issue_token(session: Session, by: str, person_id: str, *, id_: str, token: str, now: datetime) -> CopyToken:
    """For somebody who forgot their password and has no machine; those before it are over. Raises `NotFound`.

    Who has it gets a file that opens for nobody without passphrase and sheet. `by` is a supervisor, or the service
    where its operator asks.
    """
    person = staff.get(session, person_id)
    session.execute(delete(CopyToken).where(or_(CopyToken.person_id == person.id, CopyToken.expires_on < now.date())))
    new = CopyToken(
        id=id_,
        token_sha256=sha256_hex(token.encode()),
        person_id=person.id,
        expires_on=now.date() + timedelta(days=TOKEN_DAYS),
    )
    session.add(new)
    session.flush()
    audit.record(session, by, Action.COPY_TOKEN_ISSUED, person.id, now=now)
    return new


def token(session: Session, id_: str) -> CopyToken:
    """Raises `NotFound`, for one that was used too."""
    row = session.get(CopyToken, id_)
    if row is None:
        raise NotFound
    return row


def fetch_by_token(session: Session, token: str, *, now: datetime) -> KeyCopy:
    """Use a token up. Raises `CopyTokenInvalid`, and `NotFound` where its person has no copy."""
    row = session.scalar(
        select(CopyToken).where(CopyToken.token_sha256 == sha256_hex(token.encode())).with_for_update()
    )
    if row is None or row.expires_on < now.date():
        raise CopyTokenInvalid
    session.delete(row)
    return fetch(session, row.person_id, now=now)


def destroy(session: Session, person_id: str) -> None:
    """The person has left, or has new keys: nothing that would make a machine of theirs stays here."""
    session.execute(delete(CopyToken).where(CopyToken.person_id == person_id))
    for each in session.scalars(select(KeyCopy).where(KeyCopy.person_id == person_id)):
        each.file = each.signature = None


def _present(person_id: str) -> Select[KeyCopy]:
    return select(KeyCopy).where(KeyCopy.person_id == person_id, KeyCopy.file.is_not(None))
