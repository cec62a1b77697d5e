"""A page of a log whose lines are chained, as whoever follows it asks for it."""

from collections.abc import Sequence
from typing import Final

from fastapi import Response

from app.http.routing import answer_header, answered
from app.protocol.key_log import ENDS

_LINES: Final = "application/x-ndjson"
# The `responses` of its route.
LOG_PAGE: Final = answered(
    "A line of JSON for each entry",
    _LINES,
    headers={ENDS: answer_header("Whether the last of these lines is the log's last", pattern="^(yes|no)$")},
)


def log_page(lines: Sequence[str], *, most: int) -> Response:
    """These lines, of which an answer has so many at `most`: with fewer it is the last page."""
    headers = {ENDS: "yes" if len(lines) < most else "no"}
    return Response("".join(f"{line}\n" for line in lines), media_type=_LINES, headers=headers)
