"""New keys take the place of lost ones by a certificate that a supervisor signs, who compared the words again."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.people.grants import service as grants
from app.people.memories import service as memories
from app.people.new_keys.models import NewKeys
from app.people.sign_in import service as sign_in
from app.people.staff import service as staff
from app.people.staff.models import Person
from app.problems import NotFound, Problem
from app.protocol.certified import Certified
from app.protocol.encoding import b64, sha256_hex
from app.protocol.roots import Root

TOKEN_DAYS: Final = 3
# So long a root is proposed at the most, until those who must sign it have compared the words and done so.
ROOT_DAYS: Final = 30


class NewKeysRefused(Problem):
    """A token brings the keys of one machine, within three days. Ask a supervisor for another."""

    type, status, title = "new-keys-refused", 403, "The token was used, is too old or never was"


def issue_token(session: Session, actor: Actor, person_id: str, *, id_: str, token: str, now: datetime) -> NewKeys:
    """For somebody who lost machine and sheet; what waited for them before is over. Raises `NotFound`."""
    person = staff.get(session, person_id)
    session.execute(delete(NewKeys).where(or_(NewKeys.person_id == person.id, NewKeys.expires_on < now.date())))
    expires_on = now.date() + timedelta(days=TOKEN_DAYS)
    new = NewKeys(person_id=person.id, id=id_, token_sha256=sha256_hex(token.encode()), expires_on=expires_on)
    session.add(new)
    session.flush()
    audit.record(session, actor.id, Action.NEW_KEYS_ASKED, person.id, now=now)
    return new


def issued(session: Session, id_: str) -> NewKeys:
    """Raises `NotFound`."""
    row = session.scalar(select(NewKeys).where(NewKeys.id == id_))
    if row is None:
        raise NotFound
    return row


def asked(session: Session, token: str, *, now: datetime, for_use: bool = False) -> NewKeys:
    """The row of this token, locked where it is to be used. Raises `NewKeysRefused`."""
    of_token = select(NewKeys).where(NewKeys.token_sha256 == sha256_hex(token.encode()))
    row = session.scalar(of_token.with_for_update() if for_use else of_token)
    if row is None or row.expires_on < now.date():
        raise NewKeysRefused
    return row


def bring(session: Session, *, token: str, recipient: str, key: str, password_hash: str, now: datetime) -> str:
    """Let these keys wait; whose they are to be. The same ones again change nothing. Raises `NewKeysRefused`."""
    row = asked(session, token, now=now, for_use=True)
    if (row.recipient, row.key) not in ((None, None), (recipient, key)):
        raise NewKeysRefused
    if row.key is None:
        row.recipient, row.key, row.password_hash = recipient, key, password_hash
        if staff.is_on_root(session, row.person_id):
            row.expires_on = now.date() + timedelta(days=ROOT_DAYS)
        audit.record(session, row.person_id, Action.NEW_KEYS_BROUGHT, row.person_id, now=now)
    return row.person_id


def waiting(session: Session, person_id: str, *, now: datetime, for_use: bool = False) -> NewKeys:
    """The keys that wait for the person, locked where they are to be used. Raises `NotFound` where none wait."""
    row = session.get(NewKeys, person_id, with_for_update=for_use)
    if row is None or row.key is None or row.expires_on < now.date():
        raise NotFound
    return row


def certify(session: Session, actor: Actor, person_id: str, document: str, *, now: datetime) -> None:
    """Let the keys that wait take the place of the person's.

    Their sessions end, copy and memory of the old keys go, and their grants are known to be sealed to those. Raises
    `NotFound` and as `staff.certify`; whom the root lists has new keys by the next root alone.
    """
    row = waiting(session, person_id, now=now, for_use=True)
    if staff.is_on_root(session, person_id):
        raise staff.NotCertifying
    _replace(session, actor, row, now=now)
    if staff.certify(session, actor, document, now=now).id != person_id:
        raise staff.NotCertifying
    staff.end_certificates_of_other_keys(session, person_id)


def take_from_root(session: Session, actor: Actor, root: Root, *, now: datetime) -> None:
    """The same by the next root, before it is adopted: as many as it takes have signed which keys its supervisors have.

    Where the keys that it lists do not wait, nothing is done, and the root certifies nobody who has others.
    """
    for listed in root.supervisors.values():
        row = session.get(NewKeys, listed.person, with_for_update=True)
        if row is None or row.expires_on < now.date() or (row.recipient, row.key) != _keys_in(listed):
            continue
        person = session.get_one(Person, listed.person)
        if (person.recipient, person.key) != _keys_in(listed):
            _replace(session, actor, row, now=now)
            staff.end_certificates_of_other_keys(session, listed.person, since=root.made_on)
            of_root = sha256_hex(root.document.text)
            audit.record(session, actor.id, Action.PERSON_CERTIFIED, listed.person, now=now, object_hash=of_root)


def _keys_in(listed: Certified) -> tuple[str, str]:
    return str(listed.recipient), b64(listed.key)


def _replace(session: Session, actor: Actor, row: NewKeys, *, now: datetime) -> None:
    person = session.get_one(Person, row.person_id, with_for_update=True)
    person.recipient, person.key, person.password_hash = str(row.recipient), str(row.key), str(row.password_hash)
    person.had_other_keys = True
    session.delete(row)
    session.flush()
    sign_in.end_all(session, actor.id, person.id, now=now)
    memories.destroy(session, person.id)
    grants.outdate(session, person.id)
