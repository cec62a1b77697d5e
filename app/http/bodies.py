"""Bodies: how long they may be, and those that are sealed files rather than JSON."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import Depends, Request

from app.http.memory import held_of
from app.problems import LengthRequired, MalformedRequest, TooLarge, UnsupportedMediaType

OCTET_STREAM = "application/octet-stream"
VALUES_LIMIT = 10_000  # values of a JSON body: no list of ours is as long
DEPTH_LIMIT = 16  # arrays and objects inside one another: no body of ours has half as many

# Strings are passed over whole, for a bracket in them nests nothing; an open one ends with the body, and is read once.
_NESTING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def declared_length(request: Request, *, limit: int, media_type: str = OCTET_STREAM) -> int:
    """The body's Content-Length, which the server holds the sender to.

    Raises `UnsupportedMediaType`, `LengthRequired` or `TooLarge` before a byte is read.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise UnsupportedMediaType
    text = request.headers.get("content-length", "")
    if not text.isascii() or not text.isdigit():
        raise LengthRequired
    if len(text) > len(str(limit)) or int(text) > limit:
        raise TooLarge
    return int(text)


async def stream(request: Request, length: int) -> AsyncIterator[bytes]:
    """The body in the pieces in which it comes. Raises `MalformedRequest` where it is not `length` bytes long."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > length:
            raise MalformedRequest
        yield piece
    if size != length:
        raise MalformedRequest


def sealed_body(limit: int) -> Any:  # FastAPI's own type of a dependency
    """`Body = Annotated[bytes, sealed_body(limit)]`: an octet-stream of at most `limit` bytes, in memory."""

    return Depends(SealedBody(limit))


@dataclass(frozen=True)
class SealedBody:
    """Reads an octet-stream of at most `limit` bytes."""

    limit: int

    async def __call__(self, request: Request) -> bytes:
        length = declared_length(request, limit=self.limit)
        held, pieces = held_of(request), list[bytes]()
        with held.reading():
            async for piece in stream(request, length):
                held.add(len(piece))
                pieces.append(piece)
        return b"".join(pieces)


class StrictRequest(Request):
    """A request whose JSON has one meaning, in UTF-8: no repeated names, no NaN, no half of a surrogate pair.

    Nor NUL, which PostgreSQL's text has not.
    """

    async def body(self) -> bytes:
        """As Starlette's. Raises `Busy`."""
        if not hasattr(self, "_body"):
            held, pieces = held_of(self), list[bytes]()
            with held.reading():
                async for piece in self.stream():
                    held.add(len(piece))
                    pieces.append(piece)
            self._body = b"".join(pieces)
        return self._body

    async def check_values(self) -> None:
        """Raises `TooLarge` for more values than a route takes, and `MalformedRequest` where they nest deeper.

        Before they are parsed: each takes many times its bytes in memory, and a moment of all who share the process;
        and what nests deeply ends whatever follows it down by calling itself.
        """
        body = await self.body()
        opened = body.count(b"[") + body.count(b"{")
        if opened + body.count(b",") > VALUES_LIMIT:
            raise TooLarge
        if opened > DEPTH_LIMIT and _depth(body) > DEPTH_LIMIT:  # few bodies open so many at all
            raise MalformedRequest

    async def json(self) -> Any:  # as Starlette declares it
        """Raises `JSONDecodeError` for a second meaning, as for no JSON."""
        try:
            # Of bytes, `loads` would guess UTF-16 and 32, which no check above reads.
            text = (await self.body()).decode()
            value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
            if r"\u" in text:  # nothing else writes what UTF-8 cannot
                json.dumps(value, ensure_ascii=False).encode()
        except UnicodeError:
            raise json.JSONDecodeError("not UTF-8", "", 0) from None
        if r"\u0000" in text:
            raise json.JSONDecodeError("NUL", "", 0)
        return value


def _depth(body: bytes) -> int:
    """How many arrays and objects stand inside one another where there are most."""
    deepest = depth = 0
    for token in _NESTING.finditer(body):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                deepest = max(deepest, depth)
            case b"]" | b"}":
                depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise json.JSONDecodeError("a name is repeated", "", 0)
    return members


def _refuse(_: str) -> NoReturn:
    raise json.JSONDecodeError("not a number of JSON", "", 0)
