"""Sessions: a token for half a day, after which its holder signs in again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.clock import hour_of
from app.database import insert_or_ignore
from app.people.sign_in.models import RefusedSignIns, SignIn
from app.people.staff import service as staff
from app.people.staff.models import Person
from app.people.staff.service import Standing
from app.problems import NotFound, Problem
from app.protocol.documents import SERVICE
from app.protocol.encoding import b64, new_id

_TOKEN_SIZE = 32
# In the place of an id: as whom somebody signs in under a name that nobody has.
NOBODY: Final = "nobody"
# Whose session it is: each request of staff asks it.
_ACTING: Final = staff.acting(
    select()
    .select_from(SignIn)
    .join(Person, Person.id == SignIn.person_id)
    .where(SignIn.token_sha256 == bindparam("token_sha256"), SignIn.expires > bindparam("hour"))
)


class SignInFailed(Problem):
    """Which of the two is wrong is not said. Try again, or ask a supervisor whether you have joined."""

    type, status, title = "sign-in-failed", 401, "There is no such person with this password"


@dataclass(frozen=True)
class Candidate:
    """Who says who they are, and what their password must match. None where there is nobody of that name."""

    person_id: str | None
    password_hash: str | None


def candidate(session: Session, name: str, today: date) -> Candidate:
    """The person whose id or handle this is, unless they have left. Whose id it is goes before: others choose handles,
    and one who chose it would keep them out."""
    named = select(Person).where(or_(Person.id == name, Person.handle == name)).order_by(Person.id != name)
    person = session.scalar(named.limit(1))
    if person is None or staff.has_left(session, person.id, today):
        return Candidate(None, None)
    return Candidate(person.id, person.password_hash)


def was_signed_in(session: Session, person_id: str | None, token: str) -> bool:
    """Whether this is the token of a session of theirs, also of one that has expired."""
    row = session.get(SignIn, _digest(token))
    return row is not None and row.person_id == person_id


def open_(session: Session, person_id: str, *, hours: int, now: datetime) -> str:
    """Sign in somebody whose password matched, and return the token: 32 random bytes in base64url.

    It holds for `hours` and what remains of the present one.
    """
    token = b64(secrets.token_bytes(_TOKEN_SIZE))
    expires = hour_of(now) + timedelta(hours=hours + 1)
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.expires <= hour_of(now)))
    new = {"id": new_id("ses"), "begun_on": now.date(), "expires": expires}
    session.add(SignIn(token_sha256=_digest(token), person_id=person_id, **new))
    person = session.get_one(Person, person_id)
    person.last_use = now.date()
    audit.record(session, person_id, Action.SIGNED_IN, person_id, now=now)
    return token


def refuse(session: Session, person_id: str | None, day: date) -> None:
    """Count a refusal, of a name that is nobody's alike: it takes as long."""
    row = {"day": day, "person_id": person_id or NOBODY}
    insert_or_ignore(session, RefusedSignIns, [{**row, "number": 0}])
    session.execute(update(RefusedSignIns).filter_by(**row).values(number=RefusedSignIns.number + 1))


def record_refused(session: Session, now: datetime) -> None:
    """Write the refusals of the days that are over into the audit chain, an event a person and day."""
    over = select(RefusedSignIns).where(RefusedSignIns.day < now.date())
    for row in session.scalars(over.order_by(RefusedSignIns.day, RefusedSignIns.person_id)).all():
        object_ = f"{row.person_id} {row.day} {row.number}"
        audit.record(session, SERVICE, Action.SIGN_INS_REFUSED, object_, now=now)
        session.delete(row)


def close(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """End the session of this token; it is recorded."""
    session.execute(delete(SignIn).where(SignIn.token_sha256 == _digest(token)))
    audit.record(session, actor.id, Action.SIGNED_OUT, actor.id, now=now)


def of_person(session: Session, person_id: str, *, now: datetime) -> Sequence[SignIn]:
    """Their sessions that have not ended, the newest last."""
    theirs = select(SignIn).where(SignIn.person_id == person_id, SignIn.expires > hour_of(now))
    return session.scalars(theirs.order_by(SignIn.expires, SignIn.id)).all()


def end(session: Session, actor: Actor, session_id: str, *, now: datetime) -> None:
    """End a session of the actor's own, on whichever machine. Raises `NotFound`, for one of somebody else too."""
    row = session.scalar(select(SignIn).where(SignIn.id == session_id, SignIn.person_id == actor.id))
    if row is None:
        raise NotFound
    session.delete(row)
    audit.record(session, actor.id, Action.SESSIONS_ENDED, actor.id, now=now)


def end_all(session: Session, actor_id: str, person_id: str, *, now: datetime) -> None:
    """End every session of a person: their machine is in other hands, or they have a new password."""
    session.execute(delete(SignIn).where(SignIn.person_id == person_id))
    audit.record(session, actor_id, Action.SESSIONS_ENDED, person_id, now=now)


def curtail(session: Session, standing: Standing) -> None:
    """Who has left is signed in nowhere."""
    if not standing.roles:
        end_all(session, standing.by.id, standing.person_id, now=standing.now)


def is_of(token: str, row: SignIn) -> bool:
    """Whether this is the token of that session."""
    return row.token_sha256 == _digest(token)


def find_actor(session: Session, token_sha256: str, now: datetime) -> Actor | None:
    """Whose session this is. Roles count only under a certificate, or before there is a root to certify anybody."""
    values = {"token_sha256": token_sha256, "hour": hour_of(now), "today": now.date()}
    return staff.actor(session, session.execute(_ACTING, values).all(), now.date())


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
