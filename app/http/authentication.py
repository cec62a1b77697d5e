"""Who asks, and whether their role may ask this at all."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from app import actor
from app.http.state import State, state_of
from app.problems import Forbidden, Unauthenticated
from app.vocabulary import Role

_BEARER = re.compile(r"Bearer +([A-Za-z0-9_-]{43})", re.IGNORECASE)


def bearer(request: Request) -> str:
    """The token of the Authorization header: 32 bytes in base64url. Raises `Unauthenticated`."""
    match = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise Unauthenticated
    return match[1]


class Token(SecurityBase):
    """A token that is nobody's session, as a dependency. Raises `Unauthenticated`."""

    def __init__(self, name: str, description: str) -> None:
        self.scheme_name = name
        self.model = HTTPBearer(description=description)

    async def __call__(self, request: Request) -> str:  # without a thread, which is not worth starting for it
        return bearer(request)


class _OfSession(SecurityBase):
    """Its route asks `let_pass` first, in a thread, for it asks the database; it is called after that, and knows."""

    scheme_name = "session"
    model = HTTPBearer(description="The token that signing in gave a person of staff.")

    def let_pass(self, request: Request) -> actor.Actor:
        """Whoever asks. Raises what refuses them."""
        return authenticate(request)

    async def __call__(self, request: Request) -> actor.Actor:
        return self.let_pass(request)


class Authenticated(_OfSession):
    """Lets everybody pass who has a session. Raises `Unauthenticated`."""


def authenticate(request: Request) -> actor.Actor:
    """The person whose session token the request carries, found once per request. Raises `Unauthenticated`."""
    person: actor.Actor | None = getattr(request.state, "actor", None)
    if person is not None:
        return person
    state = state_of(request, State)
    token_sha256 = sha256(bearer(request).encode()).hexdigest()
    with state.database.read() as session:
        found = state.find_actor(session, token_sha256, state.clock.now())
    if found is None:
        raise Unauthenticated
    request.state.actor = found
    return found


@dataclass(frozen=True)
class AnyOf(_OfSession):
    """Lets those pass who have one of the roles. Raises `Forbidden`."""

    roles: frozenset[Role]

    def let_pass(self, request: Request) -> actor.Actor:
        person = authenticate(request)
        if not self.roles & person.roles:
            raise Forbidden
        return person


Actor = Annotated[actor.Actor, Depends(Authenticated())]
MailboxToken = Annotated[str, Depends(Token("mailbox_token", "What a reporter's client derived from the receipt."))]
CardToken = Annotated[str, Depends(Token("card_token", "What lets cards come, go and change, and names nobody."))]

PartnerToken = Annotated[str, Depends(Token("partner_token", "What a supervisor issued for a program of a partner."))]


def requires(*roles: Role) -> Any:  # FastAPI's own type of a dependency
    """`Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]`: an actor with one of the roles."""
    return Depends(AnyOf(frozenset(roles)))
