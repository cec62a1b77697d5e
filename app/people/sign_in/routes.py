"""Signing in and out."""

from fastapi import Request, Response, status

from app.http import Actor, Config, Db, Hasher, Now, Router, bearer, problems
from app.people import passwords
from app.people.sign_in import service
from app.people.sign_in.schemas import SignInIn, SignInOut

router = Router("/sessions", tag="sign-in")


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(service.SignInFailed, passwords.SignInBusy))
def sign_in(database: Db, settings: Config, hasher: Hasher, request: SignInIn, now: Now) -> SignInOut:
    """Sign in: the answer has the token of a session. The password's check takes its time outside any transaction."""
    with database.read() as session:
        candidate = service.candidate(session, request.person)
    is_right = passwords.matches(hasher, request.password, candidate.password_hash)
    if candidate.person_id is None or not is_right:
        raise service.SignInFailed
    with database.write() as session:
        token = service.open_(session, candidate.person_id, hours=settings.session_hours, now=now)
    return SignInOut(token=token, person=candidate.person_id)


@router.delete("/current", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
def sign_out(database: Db, actor: Actor, request: Request, now: Now) -> None:
    """End the session whose token this request carries."""
    with database.write() as session:
        service.close(session, actor, bearer(request), now=now)
