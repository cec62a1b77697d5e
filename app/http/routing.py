"""The order of refusals (DESIGN, section 7): 401, 403, then the form, and only then what the endpoint finds."""

import asyncio
import inspect
import random
import re
from collections.abc import Callable, Container, Coroutine, Iterator, Mapping
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response, status
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from app.http.authentication import AnyOf, Authenticated, Token, authenticate, bearer
from app.http.bodies import OCTET_STREAM, SealedBody, StrictRequest, declared_length
from app.http.description import ETAG_HEADER, REFUSED
from app.http.idempotency import once
from app.http.paging import paging
from app.http.state import State, state_of
from app.http.versions import if_match, if_none_match, unless_seen
from app.problems import (
    Busy,
    Forbidden,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    InvalidCursor,
    InvalidRequest,
    LengthRequired,
    MalformedRequest,
    Problem,
    StaleVersion,
    TooLarge,
    TooMuchAtOnce,
    Unauthenticated,
    UnknownParameter,
    UnsupportedMediaType,
    VersionRequired,
)

JSON_LIMIT = 4 * 2**20

_Responses = dict[int | str, dict[str, Any]]

BYTES = {"type": "string", "format": "binary"}
_NOT_MODIFIED: _Responses = {304: {"description": "As the caller has it", "headers": {"ETag": ETAG_HEADER}}}
_SEALED_BODY = {"requestBody": {"required": True, "content": {OCTET_STREAM: {"schema": BYTES}}}}
_PUBLIC: dict[str, Any] = {"security": []}  # where most are for a session, which the description says once


class Route(APIRoute):
    """FastAPI reads the body before it asks who sends it; this asks first. It also documents what it then refuses.

    Where the time must not tell what was found, an answer with one of `even_statuses` leaves at a moment drawn from
    `even_seconds` after the request came: a row that is there costs some microseconds more than none, whatever is asked
    of it, and a timer of the event loop is no finer than a millisecond. So are absent and forbidden.
    """

    even_statuses: Container[int] = (status.HTTP_404_NOT_FOUND,)
    even_seconds = (0.010, 0.012)

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.summary, self.description = _sentences(endpoint)
        self.responses = _join(problems(*self._refusals()), self.responses)
        calls = list(dependencies(self.dependant))
        if any(isinstance(call, SealedBody) for call in calls):
            self.openapi_extra = _SEALED_BODY | (self.openapi_extra or {})
        if not any(isinstance(call, SecurityBase) for call in calls):
            self.openapi_extra = _PUBLIC | (self.openapi_extra or {})
        if self.dependant.response_param_name or self._is_conditional():  # it is given the answer, to say its version
            success = {"description": "As it is now", "headers": {"ETag": ETAG_HEADER}}
            self.responses = {self.status_code or status.HTTP_200_OK: success, **self.responses}
        if self._is_conditional():
            self.responses = self.responses | _NOT_MODIFIED

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """HEAD is answered wherever GET is (RFC 9110, section 9.3.2)."""
        return super().matches({**scope, "method": "GET"} if self._is_head(scope) else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As FastAPI's. An empty header counts as none: many clients send those that they have no value for."""

        async def send_head(message: Message) -> None:
            await send_evenly({**message, "body": b""} if message["type"] == "http.response.body" else message)

        loop = asyncio.get_running_loop()
        due = loop.time() + random.uniform(*self.even_seconds)  # noqa: S311  it hides microseconds, and no secret hangs on it

        async def send_evenly(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in self.even_statuses:
                await asyncio.sleep(due - loop.time())
            await send(message)

        headers = [(name, value) for name, value in scope["headers"] if value]
        if self._is_head(scope):
            await super().handle({**scope, "headers": headers, "method": "GET"}, receive, send_head)
        else:
            await super().handle({**scope, "headers": headers}, receive, send_evenly)

    def _is_head(self, scope: Scope) -> bool:
        return scope["type"] == "http" and scope["method"] == "HEAD" and "GET" in (self.methods or ())

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, after the checks that need no body."""
        answer = super().get_route_handler()
        calls = list(dependencies(self.dependant))
        guards = [call for call in calls if isinstance(call, Authenticated | AnyOf)]
        takes_token = any(isinstance(call, Token) for call in calls)
        is_conditional = self._is_conditional()
        parameters = {field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, Query)}
        takes_json = self.body_field is not None
        lane = f"{self.tags[0]}, {'reading' if self.methods == {'GET'} else 'writing'}" if guards else ""

        async def in_order(request: Request) -> Response:
            lanes = state_of(request, State).lanes
            for guard in guards:
                await to_thread.run_sync(guard.let_pass, request, limiter=lanes.look_ups)
            if takes_token:
                bearer(request)
            if request.query_params.keys() - parameters:
                raise UnknownParameter
            if "\0" in request.url.path or any("\0" in value for value in request.query_params.values()):
                raise MalformedRequest
            if takes_json:
                declared_length(request, limit=JSON_LIMIT, media_type="application/json")
            strict = StrictRequest(request.scope, request.receive)
            if takes_json:
                await strict.check_values()
            if lane:
                async with lanes.lane(lane, authenticate(request).id):
                    response = await answer(strict)
            else:
                response = await answer(strict)
            return unless_seen(request, response) if is_conditional else response

        return in_order

    def _is_conditional(self) -> bool:
        return if_none_match in dependencies(self.dependant)

    def _refusals(self) -> Iterator[type[Problem]]:
        """What the route's parameters refuse before its endpoint runs."""
        yield from (MalformedRequest, UnknownParameter, InvalidRequest)
        calls = set(dependencies(self.dependant))
        if any(isinstance(call, AnyOf) for call in calls):
            yield from (Unauthenticated, Forbidden)
        if any(isinstance(call, AnyOf | Authenticated) for call in calls):
            yield TooMuchAtOnce
        if any(isinstance(call, Authenticated | Token) for call in calls):
            yield Unauthenticated
        if self.body_field is not None or any(isinstance(call, SealedBody) for call in calls):
            yield from (LengthRequired, TooLarge, UnsupportedMediaType, Busy)
        if if_match in calls:
            yield from (VersionRequired, StaleVersion)
        if once in calls:
            yield from (IdempotencyKeyRequired, IdempotencyKeyReused)
        if paging in calls:
            yield InvalidCursor


class EvenRoute(Route):
    """All answers leave so: the time of none may tell anything, not even of what is brought to a disk."""

    even_statuses = range(100, 600)
    even_seconds = (0.030, 0.034)


def Router(  # noqa: N802  it stands where FastAPI's class would
    prefix: str = "", *, tag: str, route_class: type[Route] = Route
) -> APIRouter:
    """The router of a package. `tag` is its heading in the API's description.

    An operation is called what its endpoint is called, and is described by the docstring: of all of the API, no two
    endpoints have one name.
    """
    return APIRouter(prefix=prefix, tags=[tag], route_class=route_class, generate_unique_id_function=_name)


def _name(route: APIRoute) -> str:
    return route.name


def problems(*kinds: type[Problem]) -> _Responses:
    """The `responses` of a route: what it may refuse, beyond what its parameters already say."""
    return {
        status: {"description": "Refused", REFUSED: sorted(kind.type for kind in kinds if kind.status == status)}
        for status in sorted({kind.status for kind in kinds})
    }


def answered(
    description: str, media_type: str = OCTET_STREAM, *, headers: Mapping[str, Any] | None = None
) -> _Responses:
    """The `responses` of a route whose answer is no JSON, with the headers that it always has."""
    content = {"description": description, "content": {media_type: {"schema": BYTES}}}
    return {200: content | ({"headers": dict(headers)} if headers else {})}


def answer_header(description: str, pattern: str = "") -> dict[str, Any]:
    """A header that an answer always has, as `responses` describes it."""
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return {"description": description, "required": True, "schema": schema}


def _join(first: _Responses, second: _Responses) -> _Responses:
    """Both, and where they refuse with one status, all that is refused with it."""
    both = first | second
    for code in first.keys() & second.keys():
        types = {*first[code][REFUSED], *second[code][REFUSED]}
        both[code] = first[code] | {REFUSED: sorted(types)}
    return both


def _sentences(endpoint: Callable[..., Any]) -> tuple[str, str]:
    """What an endpoint says of itself: the first sentence, and all that follows."""
    first, *rest = re.split(r"(?<=\.)\s+", inspect.getdoc(endpoint) or "", maxsplit=1)
    return first.replace("\n", " "), "".join(rest)


def dependencies(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Every function that the route depends on, each before those that depend on it."""
    for child in dependant.dependencies:
        yield from dependencies(child)
        if child.call is not None:
            yield child.call
