"""What every answer carries, and how failures are told."""

import logging
import secrets
import traceback
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.database import storage
from app.http.memory import RETRY_SECONDS, Memory
from app.http.versions import etag
from app.problems import (
    Busy,
    Fault,
    InternalError,
    InvalidRequest,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    StaleVersion,
    StorageUnavailable,
    TooLarge,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = logging.getLogger("tern")

_RETRY_SECONDS = 5  # until a database is asked again that has failed
_FAULTS = 20  # told of a request: more help nobody to mend it

# What a page may ask a device for: to copy its words, and nothing else.
_REFUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media"),
    *("fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial"),
    *("storage-access", "usb", "window-management", "xr-spatial-tracking"),
)
_PERMISSIONS = ", ".join([*(f"{feature}=()" for feature in _REFUSED_FEATURES), "clipboard-write=(self)"])
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# What the framework raises of itself.
_FRAMEWORK: dict[int, type[Problem]] = {
    HTTPStatus.BAD_REQUEST: MalformedRequest,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
}


def install(app: FastAPI) -> None:
    """Give the application its headers and its way of failing."""
    app.add_middleware(_Answers)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(StaleDataError, _stale)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)


class _Answers:
    """Sets the headers that a route does not set itself, and answers for what nobody foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._memory = Memory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
                # So that clients of staff notice a clock that is off; of what a reporter does, nothing tells when.
                if not _is_of_reporters(scope["path"]):
                    headers["Date"] = format_datetime(scope["app"].state.clock.now(), usegmt=True)
            try:
                await send(message)
            except Exception:  # the server's own: the framing of the request broke, and it cannot answer it any more
                raise ClientDisconnect from None

        try:
            with self._memory.of(scope, is_reporters=_is_of_reporters(scope["path"])):
                await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass  # nobody is there to answer
        except Exception as error:  # the outermost place: nothing above it would answer
            # Of a message, only the kind and the place: its words may be a person's.
            problem = _underneath(error)
            if problem is not None:
                _log.error("request %s: %s (%s)", request_id, problem.title, type(error).__qualname__)
            else:
                place = "".join(traceback.format_tb(error.__traceback__))
                _log.error("request %s failed with %s\n%s", request_id, type(error).__qualname__, place)
            if not has_begun:
                problem = problem or InternalError()
                await _answer(problem, _headers(problem))(scope, receive, send_with_headers)


def _underneath(error: Exception) -> Problem | None:
    """What to tell where it is the machine that failed, and not the service."""
    if storage.has_failed(error):
        return StorageUnavailable(retry_after_seconds=_RETRY_SECONDS)
    return Busy(retry_after_seconds=RETRY_SECONDS) if isinstance(error, MemoryError) else None


def whole_answer(problem: Problem) -> bytes:
    """All of an answer, with which its connection ends: to what is no request that a route could answer."""
    answer = _answer(problem, {**_HEADERS, "X-Request-Id": secrets.token_hex(8), "Connection": "close"})
    fields = b"".join(b"%b: %b\r\n" % field for field in answer.raw_headers)
    status = HTTPStatus(problem.status)
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, status.phrase.encode(), fields, bytes(answer.body))


def _is_of_reporters(path: str) -> bool:
    """Whether a reporter sends, reads or looks at something there."""
    _, version, *rest = path.split("/", 3)
    return version != "v1" or rest[:1] in (["report"], ["mailbox"], ["uploads"])


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"type": f"/problems/{problem.type}", "title": problem.title, "status": problem.status}
    return JSONResponse(
        {**jsonable_encoder(problem.members, exclude_none=True), **body},
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


async def _problem(_: Request, error: Exception) -> JSONResponse:
    problem = error if isinstance(error, Problem) else InternalError()
    return _answer(problem, _headers(problem))


def _headers(problem: Problem) -> dict[str, str]:
    headers: dict[str, str] = {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_seconds" in problem.members:
        headers["Retry-After"] = str(problem.members["retry_after_seconds"])
    if problem.quota:
        headers["RateLimit-Policy"] = problem.quota
    version = problem.members.get("version")
    if isinstance(problem, StaleVersion) and isinstance(version, int):
        headers["ETag"] = etag(version)
    return headers


async def _stale(_: Request, __: Exception) -> JSONResponse:
    return _answer(StaleVersion())


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    errors: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else []
    if any(fault["type"] == "json_invalid" for fault in errors):
        return _answer(MalformedRequest())
    return _answer(InvalidRequest(errors=[_where(fault) for fault in errors[:_FAULTS]]))


async def _framework(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return _answer(InternalError())
    return _answer(_FRAMEWORK.get(error.status_code, InternalError)(), dict(error.headers or {}))


def _where(error: dict[str, Any]) -> Fault:
    """Where the request is wrong and how, with nothing of what it said: not even a name that we do not know."""
    part, *path = error["loc"]
    if error["type"] == "extra_forbidden":
        path = path[:-1]
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return Fault(in_=str(part), pointer=pointer, code=error["type"])
