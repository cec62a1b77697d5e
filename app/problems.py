"""The failures that a caller may see (RFC 9457). A package's own stand at the head of its `service.py`."""

from typing import ClassVar


class Problem(Exception):
    """A failure a caller may see. A subclass states three facts once; docs/problems.md is made of them."""

    type: ClassVar[str]  # stable: clients switch on it
    status: ClassVar[int]
    title: ClassVar[str]  # never holds data of the case

    def __init__(self, **extensions: object) -> None:
        super().__init__(self.title)
        self.extensions = extensions


def catalogue() -> list[type[Problem]]:
    """Every problem of the packages imported so far, by type."""
    found, waiting = [], [Problem]
    while waiting:
        children = waiting.pop().__subclasses__()
        found += children
        waiting += children
    return sorted(found, key=lambda problem: problem.type)


class MalformedRequest(Problem):
    type, status, title = "malformed-request", 400, "The request cannot be read"


class UnknownParameter(Problem):
    type, status, title = "unknown-parameter", 400, "The request has a query parameter that this route does not know"


class InvalidCursor(Problem):
    type, status, title = "invalid-cursor", 400, "The cursor is not one of this list"


class IdempotencyKeyRequired(Problem):
    type, status, title = "idempotency-key-required", 400, "The request needs an Idempotency-Key"


class Unauthenticated(Problem):
    type, status, title = "unauthenticated", 401, "The request needs a valid session"


class Forbidden(Problem):
    type, status, title = "forbidden", 403, "None of your roles may do this"


class NotFound(Problem):
    type, status, title = "not-found", 404, "There is nothing here for you"


class MethodNotAllowed(Problem):
    type, status, title = "method-not-allowed", 405, "The route does not know this method"


class LengthRequired(Problem):
    type, status, title = "length-required", 411, "The request needs a Content-Length"


class StaleVersion(Problem):
    """`version` is the present one, where it is known; it becomes the answer's ETag."""

    type, status, title = "stale-version", 412, "Somebody changed this since you read it"


class TooLarge(Problem):
    type, status, title = "too-large", 413, "The body is larger than this route accepts"


class UnsupportedMediaType(Problem):
    type, status, title = "unsupported-media-type", 415, "The body is not of the type that this route accepts"


class InvalidRequest(Problem):
    type, status, title = "invalid-request", 422, "The request does not have the form that this route accepts"


class NotAnEnvelope(Problem):
    type, status, title = "not-an-envelope", 422, "The body is not a sealed file that this route accepts"


class IdempotencyKeyReused(Problem):
    type, status, title = "idempotency-key-reused", 422, "This Idempotency-Key was used for another request"


class VersionRequired(Problem):
    type, status, title = "version-required", 428, "The request needs an If-Match"


class InternalError(Problem):
    type, status, title = "internal-error", 500, "The service failed"
