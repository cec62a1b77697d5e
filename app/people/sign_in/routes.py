"""Signing in and out."""

from datetime import datetime
from typing import Annotated

from fastapi import Request, Response, status
from starlette.concurrency import run_in_threadpool

from app.database import Database
from app.http import Actor, Config, Db, Hasher, Now, Router, bearer, problems, shared
from app.people import passwords
from app.people.copies import service as copies
from app.people.sign_in import service
from app.people.sign_in.schemas import SignInIn, SignInOut
from app.people.sign_in.service import Candidate
from app.people.sign_in.state import SignIns
from app.problems import Unauthenticated

router = Router("/sessions", tag="sign-in")

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
    candidate, is_known = await run_in_threadpool(_candidate, database, sent, request.person)
    async with state.turns.turn(request.person, is_known=is_known):  # outside any transaction, and without a thread
        is_right = await run_in_threadpool(passwords.matches, hasher, request.password, candidate.password_hash)
    if candidate.person_id is None or not is_right:
        raise service.SignInFailed
    return await run_in_threadpool(_open, database, candidate.person_id, hours=settings.session_hours, now=now)


def _candidate(database: Database, sent: Request, name: str) -> tuple[Candidate, bool]:
    """Who it may be, and whether the request comes from a machine on which they were signed in."""
    try:
        token = bearer(sent)
    except Unauthenticated:
        token = ""
    with database.read() as session:
        candidate = service.candidate(session, name)
        return candidate, service.was_signed_in(session, candidate.person_id, token)


def _open(database: Database, person_id: str, *, hours: int, now: datetime) -> SignInOut:
    with database.write() as session:
        token = service.open_(session, person_id, hours=hours, now=now)
        return SignInOut(token=token, person=person_id, copy_sha256=copies.present(session, person_id))


@router.delete("/current", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
def sign_out(database: Db, actor: Actor, request: Request, now: Now) -> None:
    """End the session whose token this request carries."""
    with database.write() as session:
        service.close(session, actor, bearer(request), now=now)
