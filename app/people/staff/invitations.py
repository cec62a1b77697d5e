"""Invitations, and who joins by one."""

import secrets
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.people.staff import service
from app.people.staff.models import Invitation, Person, Team
from app.problems import NotFound, Problem
from app.protocol.encoding import b64, new_id
from app.vocabulary import Role

INVITATION_DAYS: Final = 14
_TOKEN_SIZE: Final = 32


class AlreadyInitialised(Problem):
    """There is one organisation in an installation. Its supervisors invite (`tern invite`), also anew."""

    type, status, title = "already-initialised", 409, "The organisation exists"


class InvitationInvalid(Problem):
    """An invitation is good for one person and for 14 days. Ask a supervisor for another."""

    type, status, title = "invitation-invalid", 403, "The invitation was used, is too old or never was"


class HandleTaken(Problem):
    """Handles are how colleagues tell each other apart. Choose another."""

    type, status, title = "handle-taken", 409, "Another person has this handle"


def initialise(session: Session, today: date) -> str:
    """Make the first team, and an invitation for the first supervisor, in the place of one that was made before.

    Raises `AlreadyInitialised` once there is a root: from then on supervisors invite.
    """
    if service.has_root(session):
        raise AlreadyInitialised
    team_id = session.scalar(select(Team.id).limit(1))
    if team_id is None:
        team_id = new_id("team")
        session.add(Team(id=team_id))
        session.flush()
    session.execute(delete(Invitation))
    token = b64(secrets.token_bytes(_TOKEN_SIZE))
    _invite(session, new_id("inv"), token, roles={Role.SUPERVISOR}, team_id=team_id, today=today)
    return token


def has_begun(session: Session) -> bool:
    """Whether anybody was ever invited here."""
    return session.scalar(select(Team.id).limit(1)) is not None


def invite(
    session: Session,
    actor: Actor,
    *,
    id_: str,
    token: str,
    roles: AbstractSet[Role],
    team_id: str | None,
    now: datetime,
) -> Invitation:
    """Invite somebody to the actor's team, or to another. Raises `TeamUnknown`."""
    team_id = team_id or actor.team_id
    if team_id is None or session.get(Team, team_id) is None:
        raise service.TeamUnknown
    invitation = _invite(session, id_, token, roles=roles, team_id=team_id, today=now.date())
    audit.record(session, actor.id, Action.PERSON_INVITED, id_, now=now)
    return invitation


def invitation(session: Session, id_: str) -> Invitation:
    """Raises `NotFound`."""
    row = session.get(Invitation, id_)
    if row is None:
        raise NotFound
    return row


def join(
    session: Session, *, invitation: str, handle: str, recipient: str, key: str, password_hash: str, now: datetime
) -> Person:
    """Use an invitation up. Who joins has no role until a supervisor certifies them.

    `recipient` and `key` are those of the person's own client. Raises `InvitationInvalid` or `HandleTaken`.
    """
    row = invited(session, invitation, now=now, for_use=True)
    new = {
        "id": new_id("per"),
        "handle": handle,
        "invited_as": row.roles,
        "team_id": row.team_id,
        "password_hash": password_hash,
        "recipient": recipient,
        "key": key,
    }
    if not insert_or_ignore(session, Person, [new]):  # another may be taking the same handle at this moment
        raise HandleTaken
    row.used = True
    person = session.get_one(Person, new["id"])
    audit.record(session, person.id, Action.PERSON_JOINED, person.id, now=now)
    return person


def invited(session: Session, invitation: str, *, now: datetime, for_use: bool = False) -> Invitation:
    """The invitation of this token, locked where it is to be used. Raises `InvitationInvalid`."""
    of_token = select(Invitation).where(Invitation.token_sha256 == sha256(invitation.encode()).hexdigest())
    row = session.scalar(of_token.with_for_update() if for_use else of_token)
    if row is None or row.used or row.expires_on < now.date():
        raise InvitationInvalid
    return row


def _invite(
    session: Session, id_: str, token: str, *, roles: AbstractSet[Role], team_id: str, today: date
) -> Invitation:
    new = Invitation(
        id=id_,
        token_sha256=sha256(token.encode()).hexdigest(),
        roles=frozenset(roles),
        team_id=team_id,
        expires_on=today + timedelta(days=INVITATION_DAYS),
    )
    session.add(new)
    return new
