"""Who asks, and whether their role may ask this at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app import actor
from app.http.state import now
from app.problems import Forbidden, Unauthenticated
from app.vocabulary import Role

if TYPE_CHECKING:
    from app.database import Database

# (session, SHA-256 of the token in hexadecimal, the time) to the person whose session it is, if any.
FindActor = Callable[[Session, str, datetime], actor.Actor | None]

_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})", re.IGNORECASE)


def bearer(request: Request) -> str:
    """The token of the Authorization header: 32 bytes in base64url. Raises `Unauthenticated`."""
    match = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise Unauthenticated
    return match[1]


async def read_bearer(request: Request) -> str:
    """`bearer` as a dependency: without a thread, which is not worth starting for it."""
    return bearer(request)


def authenticate(request: Request) -> actor.Actor:
    """The person whose session token the request carries, found once per request. Raises `Unauthenticated`."""
    known: actor.Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    database: Database = request.app.state.database
    find_actor: FindActor = request.app.state.find_actor
    token_sha256 = sha256(bearer(request).encode()).hexdigest()
    with database.read() as session:
        found = find_actor(session, token_sha256, now(request))
    if found is None:
        raise Unauthenticated
    request.state.actor = found
    return found


@dataclass(frozen=True)
class AnyOf:
    """Lets those pass who have one of the roles. Raises `Forbidden`."""

    roles: frozenset[Role]

    def __call__(self, request: Request) -> actor.Actor:
        found = authenticate(request)
        if not self.roles & found.roles:
            raise Forbidden
        return found


Actor = Annotated[actor.Actor, Depends(authenticate)]
Bearer = Annotated[str, Depends(read_bearer)]  # a token that is not a session's: of a mailbox, or of cards


def requires(*roles: Role) -> Any:  # FastAPI's own type of a dependency
    """`Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]`: an actor with one of the roles."""
    return Depends(AnyOf(frozenset(roles)))
