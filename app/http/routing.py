"""The order of refusals (DESIGN, section 7): 401, 403, then the form, and only then what the endpoint finds."""

import inspect
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.http.authentication import AnyOf, Authenticated, Token, bearer
from app.http.bodies import OCTET_STREAM, SealedBody, StrictRequest, declared_length
from app.http.idempotency import once
from app.http.paging import paging
from app.http.versions import if_match, if_none_match, unless_seen
from app.problems import (
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
    Unauthenticated,
    UnknownParameter,
    UnsupportedMediaType,
    VersionRequired,
    catalogue,
)

JSON_LIMIT = 4 * 2**20
PROBLEM_JSON = "application/problem+json"

_Responses = dict[int | str, dict[str, Any]]


_ETAG = {"ETag": {"description": "The version", "schema": {"type": "string"}}}
_WITH_ETAG: dict[str, Any] = {"description": "As it is now", "headers": _ETAG}
_NOT_MODIFIED: dict[str, Any] = {"description": "As the caller has it", "headers": _ETAG}
_SEALED_BODY = {"requestBody": {"required": True, "content": {OCTET_STREAM: {"schema": {"type": "string"}}}}}


class Route(APIRoute):
    """FastAPI reads the body before it asks who sends it; this asks first. It also documents what it then refuses."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.summary, self.description = _sentences(endpoint)
        self.responses = _joined(problems(*self._refusals()), self.responses)
        if any(isinstance(call, SealedBody) for call in dependencies(self.dependant)):
            self.openapi_extra = _SEALED_BODY | (self.openapi_extra or {})
        if self._is_conditional():
            self.responses = {**self.responses, 200: _WITH_ETAG, 304: _NOT_MODIFIED}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, after the checks that need no body."""
        answer = super().get_route_handler()
        calls = list(dependencies(self.dependant))
        guards = [call for call in calls if isinstance(call, Authenticated | AnyOf)]
        takes_token = any(isinstance(call, Token) for call in calls)
        is_conditional = self._is_conditional()
        parameters = {field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, Query)}
        takes_json = self.body_field is not None

        async def in_order(request: Request) -> Response:
            for guard in guards:
                await run_in_threadpool(guard, request)
            if takes_token:
                bearer(request)
            if request.query_params.keys() - parameters:
                raise UnknownParameter
            if "\0" in request.url.path or any("\0" in value for value in request.query_params.values()):
                raise MalformedRequest
            if takes_json:
                declared_length(request, limit=JSON_LIMIT, media_type="application/json")
            answered = await answer(StrictRequest(request.scope, request.receive))
            return unless_seen(request, answered) if is_conditional else answered

        return in_order

    def _is_conditional(self) -> bool:
        return if_none_match in dependencies(self.dependant)

    def _refusals(self) -> Iterator[type[Problem]]:
        """What the route's parameters refuse before its endpoint runs."""
        yield from (MalformedRequest, UnknownParameter, InvalidRequest)
        calls = set(dependencies(self.dependant))
        if any(isinstance(call, AnyOf) for call in calls):
            yield from (Unauthenticated, Forbidden)
        if any(isinstance(call, Authenticated | Token) for call in calls):
            yield Unauthenticated
        if self.body_field is not None or any(isinstance(call, SealedBody) for call in calls):
            yield from (LengthRequired, TooLarge, UnsupportedMediaType)
        if if_match in calls:
            yield from (VersionRequired, StaleVersion)
        if once in calls:
            yield from (IdempotencyKeyRequired, IdempotencyKeyReused)
        if paging in calls:
            yield InvalidCursor


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
        status: _documented({kind.type: kind.title for kind in kinds if kind.status == status}, status)
        for status in sorted({kind.status for kind in kinds})
    }


def _sentences(endpoint: Callable[..., Any]) -> tuple[str, str]:
    """What an endpoint says of itself: the first sentence, and all that follows."""
    first, *rest = re.split(r"(?<=\.)\s+", inspect.getdoc(endpoint) or "", maxsplit=1)
    return first.replace("\n", " "), "".join(rest)


def _documented(titles: dict[str, str], status: int) -> dict[str, Any]:
    """An answer that is one of some problems, told apart by their types."""
    types = [f"/problems/{type_}" for type_ in sorted(titles)]
    schema = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {"type": {"enum": types}, "title": {"type": "string"}, "status": {"const": status}},
    }
    description = ". ".join(titles[type_] for type_ in sorted(titles)) + "."
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}


def _joined(first: _Responses, second: _Responses) -> _Responses:
    """Both, and where they document problems of one status, all of those."""
    joined = dict(first)
    for status, response in second.items():
        joined[status] = response
        if status in first and PROBLEM_JSON in response.get("content", {}):
            kinds = {kind.type: kind.title for kind in catalogue()}
            types = {type_.removeprefix("/problems/") for part in (first[status], response) for type_ in _types(part)}
            joined[status] = _documented({type_: kinds[type_] for type_ in types}, int(status))
    return joined


def _types(response: dict[str, Any]) -> list[str]:
    types: list[str] = response["content"][PROBLEM_JSON]["schema"]["properties"]["type"]["enum"]
    return types


def dependencies(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Every function that the route depends on, each before those that depend on it."""
    for child in dependant.dependencies:
        yield from dependencies(child)
        if child.call is not None:
            yield child.call
