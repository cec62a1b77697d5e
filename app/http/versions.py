"""Strong ETags: the version that a writer has seen."""

import re
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request, Response, status
from pydantic import WithJsonSchema

from app.http.description import NEEDED
from app.problems import MalformedRequest, VersionRequired

_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')
_ANY_ETAG = r'(?:W/)?("[!#-~]*")'  # compared as if it were strong, for whoever only reads
_ETAGS = re.compile(rf"\*|{_ANY_ETAG}(?:[ \t]*,[ \t]*{_ANY_ETAG})*")


def etag(version: int) -> str:
    """The ETag of a version, as in `response.headers["ETag"] = etag(case.version)`."""
    return f'"{version}"'


_Condition = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag that the caller has seen. 428 without it."),
    WithJsonSchema({"type": "string", "pattern": f"^{_ETAG.pattern}$", NEEDED: True}),
]
_Had = Annotated[
    str | None,
    Header(alias="If-None-Match", description="The ETags of what the caller has. For one of these the answer is 304."),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_ETAGS.pattern})$"}),
]


async def if_match(value: _Condition = None) -> int:
    """The version in `If-Match: "3"`. Raises `VersionRequired` without it, `MalformedRequest` for anything else."""
    if value is None:
        raise VersionRequired
    match = _ETAG.fullmatch(value)
    if match is None:
        raise MalformedRequest
    return int(match[1])


async def if_none_match(value: _Had = None) -> None:
    """For a GET of one thing: its route then answers 304 where the caller has it. Raises `MalformedRequest`."""
    if value is not None and _ETAGS.fullmatch(value) is None:
        raise MalformedRequest


def unless_seen(request: Request, response: Response) -> Response:
    """The response with its ETag, or 304 in its place where the If-None-Match names it.

    What has no version of its own is told by its bytes.
    """
    tag = response.headers.get("ETag") or f'"{sha256(response.body).hexdigest()}"'
    response.headers["ETag"] = tag
    tags = request.headers.get("If-None-Match", "")
    if tags != "*" and tag not in re.findall(_ANY_ETAG, tags):
        return response
    return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})


IfMatch = Annotated[int, Depends(if_match)]
IfNoneMatch = Annotated[None, Depends(if_none_match)]
