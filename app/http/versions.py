"""Strong ETags: the version that a writer has seen."""

import re
from typing import Annotated

from fastapi import Depends, Header

from app.problems import MalformedRequest, VersionRequired

_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')


def etag(version: int) -> str:
    """The ETag of a version, as in `response.headers["ETag"] = etag(case.version)`."""
    return f'"{version}"'


async def if_match(value: Annotated[str | None, Header(alias="If-Match")] = None) -> int:
    """The version in `If-Match: "3"`. Raises `VersionRequired` without it, `MalformedRequest` for anything else."""
    if value is None:
        raise VersionRequired
    match = _ETAG.fullmatch(value)
    if match is None:
        raise MalformedRequest
    return int(match[1])


IfMatch = Annotated[int, Depends(if_match)]
