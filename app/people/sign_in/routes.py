"""Signing in and out."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Request, Response, status
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.database import Database
from app.http import Actor, Config, Db, Hasher, Now, Router, ServiceKeyring, bearer, problems, requires, shared
from app.people import passwords
from app.people.copies import service as copies
from app.people.sign_in import challenges, service
from app.people.sign_in.schemas import (
    ChallengeIn,
    ChallengeOut,
    PasswordIn,
    SessionOut,
    SessionsOut,
    SignInIn,
    SignInOut,
)
from app.people.sign_in.service import Candidate
from app.people.sign_in.state import SignIns
from app.people.staff import service as staff
from app.people.staff.models import Person
from app.problems import NotFound, Unauthenticated
from app.vocabulary import Role

router = Router("/sessions", tag="sign-in")
password_router = Router("/password", tag="sign-in")
people_router = Router(tag="sign-in")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]

SharedState = Annotated[SignIns, shared(SignIns)]


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(service.SignInFailed, passwords.SignInBusy))
async def sign_in(
    state: SharedState,
    database: Db,
    settings: Config,
    hasher: Hasher,
    sent: Request,
    request: SignInIn,
    now: Now,
) -> SignInOut:
    """Sign in: the answer has the token of a session. A machine that sends the token of its last one, also where that
    has expired, goes before strangers where many passwords wait for their check."""
    candidate, is_known = await run_in_threadpool(_candidate, database, sent, request.person, now.date())
    async with state.turns.turn(request.person, is_known=is_known):  # outside any transaction, and without a thread
        is_right = await run_in_threadpool(passwords.matches, hasher, request.password, candidate.password_hash)
    if candidate.person_id is None or not is_right:
        await run_in_threadpool(_refuse, database, candidate.person_id, now)
        raise service.SignInFailed
    return await run_in_threadpool(_open, database, candidate.person_id, hours=settings.session_hours, now=now)


def _candidate(database: Database, sent: Request, name: str, today: date) -> tuple[Candidate, bool]:
    """Who it may be, and whether the request comes from a machine on which they were signed in."""
    try:
        token = bearer(sent)
    except Unauthenticated:
        token = ""
    with database.read() as session:
        candidate = service.candidate(session, name, today)
        return candidate, service.was_signed_in(session, candidate.person_id, token)


def _open(database: Database, person_id: str, *, hours: int, now: datetime) -> SignInOut:
    with database.write() as session:
        token = service.open_(session, person_id, hours=hours, now=now)
        return SignInOut(token=token, person=person_id, copy_sha256=copies.present(session, person_id))


@router.get("")
def list_sessions(database: Db, actor: Actor, request: Request, now: Now) -> SessionsOut:
    """One's own sessions, on whichever machines, that have not ended."""
    token = bearer(request)
    with database.read() as session:
        return SessionsOut(
            items=[
                SessionOut(
                    id=each.id, begun_on=each.begun_on, expires=each.expires, is_current=service.is_of(token, each)
                )
                for each in service.of_person(session, actor.id, now=now)
            ]
        )


def _refuse(database: Database, person_id: str | None, now: datetime) -> None:
    with database.write() as session:
        service.refuse(session, person_id, now.date())


@router.delete("/current", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
def sign_out(database: Db, actor: Actor, request: Request, now: Now) -> None:
    """End the session whose token this request carries."""
    with database.write() as session:
        service.close(session, actor, bearer(request), now=now)


@router.delete(
    "/{session_id}", status_code=status.HTTP_204_NO_CONTENT, response_class=Response, responses=problems(NotFound)
)
def end_session(database: Db, actor: Actor, session_id: str, now: Now) -> None:
    """End a session of one's own, on whichever machine."""
    with database.write() as session:
        service.end(session, actor, session_id, now=now)


@people_router.delete(
    "/people/{person_id}/sessions",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(NotFound),
)
def end_sessions_of_person(database: Db, actor: Supervisor, person_id: str, now: Now) -> None:
    """End every session of a person, whose machine may be in other hands."""
    with database.write() as session:
        service.end_all(session, actor.id, staff.get(session, person_id).id, now=now)


@password_router.post("/challenges", status_code=status.HTTP_201_CREATED)
def challenge_person(database: Db, keyring: ServiceKeyring, request: ChallengeIn, now: Now) -> ChallengeOut:
    """What a person signs to set a new password. Whether there is such a person is not said."""
    with database.read() as session:
        person = service.candidate(session, request.person, now.date())
    return ChallengeOut(challenge=challenges.challenge(keyring, person, now=now))


@password_router.put(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(challenges.PasswordNotSet, passwords.SignInBusy),
)
def set_password(database: Db, keyring: ServiceKeyring, hasher: Hasher, request: PasswordIn, now: Now) -> None:
    """Set a new password under a signature of the person's own key, and end all of their sessions."""

    def checked(session: Session, *, for_use: bool) -> Person:
        candidate = service.candidate(session, request.person, now.date())
        person = session.get(Person, candidate.person_id, with_for_update=for_use) if candidate.person_id else None
        if person is None:
            raise challenges.PasswordNotSet
        challenges.check(keyring, person, request.challenge, request.signature, now=now)
        return person

    with database.read() as session:  # before the password's hash, which is not for strangers
        checked(session, for_use=False)
    password_hash = passwords.hash_(hasher, request.password)
    with database.write() as session:
        challenges.set_password(session, checked(session, for_use=True), password_hash, now=now)
