"""Strong ETags: the version that a writer has seen (RFC 9110, section 13)."""

import re
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request, Response, status
from pydantic import WithJsonSchema

from app.http.description import NEEDED
from app.problems import MalformedRequest, VersionRequired

_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')
_OPAQUE = r'(?:W/)?"[!#-~\x80-\xff]*"'
# A list may have gaps, which count for nothing (RFC 9110, section 5.6.1).
_ETAGS = re.compile(rf"[ \t,]*{_OPAQUE}(?:[ \t]*,[ \t,]*{_OPAQUE})*[ \t,]*")
# What a description says that one should send.
_WRITTEN = r'"[1-9][0-9]{0,8}"'


def etag(version: int) -> str:
    """The ETag of a version, as in `response.headers["ETag"] = etag(case.version)`."""
    return f'"{version}"'


_Condition = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag that the caller has seen, or several. 428 without it, and for `*`, which names none.",
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{_WRITTEN}(?:, {_WRITTEN})*$", NEEDED: True}),
]
_Had = Annotated[
    str | None,
    Header(alias="If-None-Match", description="The ETags of what the caller has. For one of these the answer is 304."),
    WithJsonSchema({"type": "string", "pattern": r'^(?:\*|(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*)$'}),
]


_OF_BOTH = ("ETag", "Cache-Control", "Content-Security-Policy")


async def if_match(request: Request, _: _Condition = None) -> frozenset[int]:
    """The versions in `If-Match: "3"`. A weak ETag, or one that is none of ours, is of no version (strong comparison).

    Raises `VersionRequired` without it, and for `*`: whoever changes whatever is there has not seen what they undo.
    Raises `MalformedRequest` for what is no list of ETags.
    """
    value = _joined(request, "If-Match")
    if value in ("", "*"):
        raise VersionRequired
    return frozenset(int(match[1]) for match in map(_ETAG.fullmatch, _tags(value)) if match)


async def if_none_match(request: Request, _: _Had = None) -> None:
    """For a GET of one thing: its route then answers 304 where the caller has it. Raises `MalformedRequest`."""
    value = _joined(request, "If-None-Match")
    if value not in ("", "*"):
        _tags(value)


def unless_seen(request: Request, response: Response) -> Response:
    """The response with its ETag, or 304 in its place where the If-None-Match names it, weakly or not.

    What has no version of its own is told by its bytes.
    """
    tag = response.headers.get("ETag") or f'"{sha256(response.body).hexdigest()}"'
    response.headers["ETag"] = tag
    had = _joined(request, "If-None-Match")
    if had != "*" and (not had or tag not in {each.removeprefix("W/") for each in _tags(had)}):
        return response
    # Whoever keeps it goes by these again (RFC 9110, section 15.4.5).
    kept = {name: response.headers[name] for name in _OF_BOTH if name in response.headers}
    return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=kept)


def _joined(request: Request, name: str) -> str:
    """A header that came in several lines is one list (RFC 9110, section 5.2)."""
    return ", ".join(request.headers.getlist(name))


def _tags(value: str) -> list[str]:
    if not _ETAGS.fullmatch(value):
        raise MalformedRequest
    return re.findall(_OPAQUE, value)


IfMatch = Annotated[frozenset[int], Depends(if_match)]
IfNoneMatch = Annotated[None, Depends(if_none_match)]
