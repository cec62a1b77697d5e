"""Joining, and what everybody who works here may know of one another."""

from collections.abc import Set as AbstractSet
from datetime import date
from typing import Annotated

from fastapi import Query, Response, status
from sqlalchemy.orm import Session

from app.audit import reading
from app.audit.actions import Action
from app.http import (
    LOG_PAGE,
    Actor,
    Db,
    Hasher,
    IfNoneMatch,
    Now,
    Once,
    Page,
    Paging,
    Router,
    ServiceKeyring,
    log_page,
    problems,
    requires,
    shared,
)
from app.people import passwords
from app.people.staff import invitations, service
from app.people.staff.models import Invitation, Person
from app.people.staff.schemas import CertificateIn, InvitationIn, InvitationOut, PersonIn, PersonOut, StaffLogHeadOut
from app.people.staff.state import People
from app.problems import NotFound, StaleVersion
from app.protocol import key_log, staff_log
from app.protocol.encoding import new_id
from app.vocabulary import Role

router = Router(tag="people")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
Colleague = Annotated[Actor, requires(*Role)]

SharedState = Annotated[People, shared(People)]


@router.post("/invitations", status_code=status.HTTP_201_CREATED, responses=problems(service.TeamUnknown))
def invite(
    database: Db, actor: Supervisor, keyring: ServiceKeyring, once: Once, request: InvitationIn, now: Now
) -> InvitationOut:
    """An invitation for one person. Its token is in this answer alone, and holds for 14 days."""

    def act() -> Invitation:
        id_ = new_id("inv")
        roles = frozenset(request.roles)
        token = keyring.token(f"invitation/{id_}")
        return invitations.invite(session, actor, id_=id_, token=token, roles=roles, team_id=request.team, now=now)

    with database.write() as session:
        invitation = once(session, actor.id, request, act=act, again=lambda id_: invitations.invitation(session, id_))
        return InvitationOut(
            id=invitation.id, invitation=keyring.token(f"invitation/{invitation.id}"), expires_on=invitation.expires_on
        )


@router.post(
    "/people",
    status_code=status.HTTP_201_CREATED,
    responses=problems(invitations.InvitationInvalid, invitations.HandleTaken, passwords.SignInBusy),
)
def join(database: Db, hasher: Hasher, request: PersonIn, now: Now) -> PersonOut:
    """Join with an invitation; that it is used up is what keeps a repeated request from joining twice."""
    with database.read() as session:  # before the password's hash, which is not for strangers
        invitations.invited(session, request.invitation, now=now)
    password_hash = passwords.hash_(hasher, request.password)
    with database.write() as session:
        person = invitations.join(
            session,
            invitation=request.invitation,
            handle=request.handle,
            recipient=request.recipient,
            key=request.key,
            password_hash=password_hash,
            now=now,
        )
        return shown(session, person, now.date())


@router.get("/people")
def list_people(database: Db, actor: Colleague, paging: Paging, now: Now) -> Page[PersonOut]:
    """Everybody who has joined. Who is certified, the staff log says."""
    today = now.date()
    reading.record(database, actor.id, Action.PEOPLE_READ, "people", now=now)
    with database.read() as session:
        rows = paging.page(session, service.everybody(), by=[Person.id], show=lambda person: person)
        roles = service.roles_among(session, rows.items, today)
        items = [_shown(person, roles[person.id], to=actor) for person in rows.items]
        return Page(items=items, next=rows.next, prev=rows.prev)


@router.get("/people/{person_id}", responses=problems(NotFound))
def get_person(database: Db, actor: Actor, person_id: str, now: Now, _: IfNoneMatch) -> PersonOut:
    """Somebody who has joined."""
    with database.read() as session:
        person = shown(session, service.get(session, person_id), now.date(), to=actor)
    reading.record(database, actor.id, Action.PEOPLE_READ, person.id, now=now)
    return person


@router.get("/staff-log", response_class=Response, responses=LOG_PAGE)
def read_staff_log(
    database: Db, _: Colleague, first: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)] = 1
) -> Response:
    """Lines of the staff log from a number on, at most a thousand: every certificate that was ever kept."""
    with database.read() as session:
        lines = service.log_lines(session, first=first)
    return log_page(lines, most=service.PAGE)


@router.get("/staff-log/head", responses=problems(NotFound))
def get_staff_log_head(database: Db, keyring: ServiceKeyring) -> StaffLogHeadOut:
    """The signed head of the staff log, for anyone: how many certificates there are, and that none is taken out."""
    with database.read() as session:
        head = service.log_head(session)
    return StaffLogHeadOut.model_validate(key_log.write_head(head, staff_log.sign_head(head, keyring.signer)))


@router.post(
    "/certificates",
    status_code=status.HTTP_201_CREATED,
    responses=problems(service.NoRootYet, service.NotCertifying, StaleVersion),
)
def certify(
    state: SharedState, database: Db, actor: Supervisor, once: Once, request: CertificateIn, now: Now
) -> PersonOut:
    """Keep a certificate that a supervisor signed after comparing fingerprints by voice.

    What somebody has for roles that it does not give, ends with it: all that they have, where it gives none.
    """

    def act() -> Person:
        person = service.certify(session, actor, request.document, now=now)
        roles = service.roles_of(session, person, now.date())
        for curtail in state.curtailed:
            curtail(session, service.Standing(actor, person.id, roles, now))
        return person

    with database.write() as session:
        person = once(
            session,
            actor.id,
            request,
            act=act,
            again=lambda id_: service.get(session, id_),
        )
        return shown(session, person, now.date(), to=actor)


def shown(session: Session, person: Person, today: date, *, to: Actor | None = None) -> PersonOut:
    """The person as their colleagues see them."""
    return _shown(person, service.roles_of(session, person, today), to=to)


def _shown(person: Person, roles: AbstractSet[Role], *, to: Actor | None) -> PersonOut:
    """When they were last here is for supervisors, who end unused accounts."""
    is_supervisor = to is not None and Role.SUPERVISOR in to.roles
    return PersonOut(
        id=person.id,
        handle=person.handle,
        roles=sorted(roles),
        team=person.team_id,
        recipient=person.recipient,
        key=person.key,
        last_use=person.last_use if is_supervisor else None,
    )
