"""The failures that a caller may see (RFC 9457). A package's own stand at the head of its `service.py`."""

import inspect
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema


class Problem(Exception):
    """A failure a caller may see.

    A subclass states three facts once, and in its docstring what it means and what to do about it: docs/problems.md,
    the pages at /problems and the API's description are made of them. What else its answer tells, `members`, are the
    arguments that it is raised with; one that is None is left out.
    """

    type: ClassVar[str]  # stable: clients switch on it
    status: ClassVar[int]
    title: ClassVar[str]  # never holds data of the case
    quota: ClassVar[str | None] = None  # what is spent, where something is: its policy, as in RateLimit-Policy

    def __init__(self) -> None:
        super().__init__(self.title)
        self.members: dict[str, object] = {}

    @classmethod
    def advice(cls) -> list[str]:
        """What it means and what to do: a paragraph or two."""
        return [" ".join(part.split()) for part in (inspect.getdoc(cls) or "").split("\n\n")]


def catalogue() -> list[type[Problem]]:
    """Every problem of the packages imported so far, by type."""
    kinds, waiting = [], [Problem]
    while waiting:
        children = waiting.pop().__subclasses__()
        kinds += children
        waiting += children
    return sorted(kinds, key=lambda problem: problem.type)


class Fault(BaseModel):
    """Where a request is wrong, and how: a JSON pointer into a part of it, and never what it said there."""

    in_: str = Field(serialization_alias="in")
    pointer: str
    code: str


class MalformedRequest(Problem):
    """The request breaks a rule of HTTP or JSON, or one of its headers is not in the one form. Mend the client."""

    type, status, title = "malformed-request", 400, "The request cannot be read"


class UnknownParameter(Problem):
    """A parameter that is not known might have been a filter, so it is not passed over.

    Leave it out, or correct its name.
    """

    type, status, title = "unknown-parameter", 400, "The request has a query parameter that this route does not know"


class InvalidCursor(Problem):
    """A cursor holds for the list, the filters and the person that it was made for. Begin at the first page."""

    type, status, title = "invalid-cursor", 400, "The cursor is not one of this list"


class IdempotencyKeyRequired(Problem):
    """This act must not happen twice because an answer was lost.

    Choose a new key for each act, and send the same key when you repeat it.
    """

    type, status, title = "idempotency-key-required", 400, "The request needs an Idempotency-Key"


class Unauthenticated(Problem):
    """There is no session with this token, or it has ended. Sign in again."""

    type, status, title = "unauthenticated", 401, "The request needs a valid session"


class Forbidden(Problem):
    """The route is for other roles than those of your certificate. A supervisor can certify you for them."""

    type, status, title = "forbidden", 403, "None of your roles may do this"


class NotFound(Problem):
    """It does not exist, or it is not for you: both look the same.

    Check the id, or ask whoever can grant you access.
    """

    type, status, title = "not-found", 404, "There is nothing here for you"


class MethodNotAllowed(Problem):
    """The address is known, but takes other methods. The header Allow names them."""

    type, status, title = "method-not-allowed", 405, "The route does not know this method"


class LengthRequired(Problem):
    """The service refuses what is too large before it reads it. Send the length of the body."""

    type, status, title = "length-required", 411, "The request needs a Content-Length"


class StaleVersion(Problem):
    """What you changed is not what is there now; `version` says which is. Read it anew, and decide again."""

    type, status, title = "stale-version", 412, "Somebody changed this since you read it"

    def __init__(self, *, version: int | SkipJsonSchema[None] = None) -> None:
        super().__init__()
        self.members["version"] = version


class TooLarge(Problem):
    """No body of this route is as large. Send less."""

    type, status, title = "too-large", 413, "The body is larger than this route accepts"


class UnsupportedMediaType(Problem):
    """The body is not of the type that the route takes, or does not say of which it is.

    Name the right one in Content-Type.
    """

    type, status, title = "unsupported-media-type", 415, "The body is not of the type that this route accepts"


class InvalidRequest(Problem):
    """Something is missing, too much or not in its form; `errors` says where.

    Mend the request: it will be refused as often as it is sent.
    """

    type, status, title = "invalid-request", 422, "The request does not have the form that this route accepts"

    def __init__(self, *, errors: Sequence[Fault] | SkipJsonSchema[None] = None) -> None:
        super().__init__()
        self.members["errors"] = errors


class NotAnEnvelope(Problem):
    """A sealed file here is an age file with one stanza of one type, in one of a few lengths.

    Seal it anew with a client of this version.
    """

    type, status, title = "not-an-envelope", 422, "The body is not a sealed file that this route accepts"


class IdempotencyKeyReused(Problem):
    """The key came before with another request. Choose a new key for a new act."""

    type, status, title = "idempotency-key-reused", 422, "This Idempotency-Key was used for another request"


class VersionRequired(Problem):
    """Two people might write at once, so `*` will not do. Read what you change, and send the ETag that came with it."""

    type, status, title = "version-required", 428, "The request needs an If-Match"


class HeaderTooLarge(Problem):
    """Address and header fields together are longer than any request needs, or there are too many of them.

    Leave out what the service does not ask for: it takes no cookies.
    """

    type, status, title = "header-too-large", 431, "The header of the request is too long"


class TooMuchAtOnce(Problem):
    """So many requests of one kind are worked on at once, of one person and of all of staff, and so many may wait.

    Nothing was done. Send the same again after `retry_after_seconds`, and fewer at a time.
    """

    type, status, title = "too-much-at-once", 503, "Too much of this kind is asked for at once"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


class StorageUnavailable(Problem):
    """The database or the disk fails just now, and what was asked may have been done or not.

    Send the same again after `retry_after_seconds`: what was stored before is not stored twice.
    """

    type, status, title = "storage-unavailable", 503, "The service cannot reach its database or its disk just now"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


class Busy(Problem):
    """More is being sent at once than the service holds in memory, so nothing of this was taken.

    Send the same again after `retry_after_seconds`.
    """

    type, status, title = "busy", 503, "More is sent than the service can hold; send it again in a moment"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


class InternalError(Problem):
    """A fault of the service, which is logged under the answer's X-Request-Id.

    Try again later, and tell the operator if it stays.
    """

    type, status, title = "internal-error", 500, "The service failed"
