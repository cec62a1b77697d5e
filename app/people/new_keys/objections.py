"""The machine of the old keys is told which others took their place, and says where its person did not ask for them.

Nobody need be signed in for it: its session and its password went with the keys. What it has is the key.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.people.new_keys.models import KeyObjection
from app.people.staff import service as staff
from app.people.staff.models import Person
from app.people.staff.service import Standing
from app.problems import Problem
from app.protocol import objections
from app.protocol.documents import Signature, parse_document
from app.protocol.encoding import b64, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.objections import Objection


class NotReplaced(Problem):
    """There is no such person, this key is theirs or never was, another has signed, or it objects to keys that are not
    theirs now: which, is not said.

    Whose keys are as they were signs in.
    """

    type, status, title = "not-replaced", 403, "No key of this person was replaced that has signed this"


@dataclass(frozen=True)
class Replacement:
    """The certificate or the root that vouches for a person's present keys, and its author: a paper has an id alone."""

    document: str
    handle: str


def asked(session: Session, person_id: str, *, by: str, sig: str) -> Replacement:
    """What took the place of this key, where it asks itself. Raises `NotReplaced`."""
    person = _whose(session, person_id, by)
    try:
        objections.check_asked(Signature(person.id, unb64(by, 32), unb64(sig, 64)), org=staff.organisation(session).id)
    except NotAuthentic:
        raise NotReplaced from None
    if staff.is_on_root(session, person.id):
        document = staff.newest_root(session).document
    else:
        document = staff.certificates_of(session, person.id)[-1]
    author = str(parse_document(document.encode()).header.author)
    known = session.get(Person, author)
    return Replacement(document, known.handle if known else author)


def object_(session: Session, objection: Objection, *, now: datetime) -> None:
    """Keep it for whoever would grant to these keys. The same again changes nothing. Raises `NotReplaced`."""
    person = _whose(session, objection.person, b64(objection.by))
    try:
        objection.check(staff.organisation(session).id)
    except NotAuthentic:
        raise NotReplaced from None
    if (person.recipient, person.key) != (objection.recipient, b64(objection.key)):
        raise NotReplaced
    row = {
        "id": objection.id,
        "person_id": person.id,
        "by_key": b64(objection.by),
        "recipient": objection.recipient,
        "key": b64(objection.key),
        "signature": b64(objection.sig),
    }
    if insert_or_ignore(session, KeyObjection, [row]):
        audit.record(session, person.id, Action.NEW_KEYS_OBJECTED, person.id, now=now, object_hash=objection.id)


def every() -> Select[KeyObjection]:
    """All of them: whoever grants must know."""
    return select(KeyObjection)


def curtail(session: Session, standing: Standing) -> None:
    """Nobody grants to who has left."""
    if not standing.roles:
        session.execute(delete(KeyObjection).where(KeyObjection.person_id == standing.person_id))


def _whose(session: Session, person_id: str, key: str) -> Person:
    """The person who had this key and has another. Raises `NotReplaced`."""
    person = session.get(Person, person_id)
    if person is None or person.key == key or not staff.has_root(session):
        raise NotReplaced
    certificates = (parse_document(each.encode()) for each in staff.certificates_of(session, person.id))
    had = staff.trust(session).with_certificates(certificates).replaced(person.id)
    if not any(b64(each.key) == key for each in had):
        raise NotReplaced
    return person
