"""What is done to several by few requests, of which each is done or refused by itself."""

from collections.abc import Sequence
from typing import Any, Final

from app.client.machine.staff import Staff

_MOST: Final = 100  # in one request


def put(staff: Staff, path: str, items: Sequence[dict[str, Any]], *, named: str) -> dict[str, str | None]:
    """Of each why it was refused, as a code, or none, by the id that it is `named` by. Raises `Refused`."""
    found: dict[str, str | None] = {str(each[named]): "no-result" for each in items}
    for begin in range(0, len(items), _MOST):
        told = staff.service.put(path, {"items": items[begin : begin + _MOST]}).json()["items"]
        found |= {str(each[named]): each["problem"] and str(each["problem"]).rpartition("/")[2] for each in told}
    return found
