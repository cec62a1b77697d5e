"""What comes to an end at the service, as it last told this machine: asked for once a day, and said at each command.

What is kept is sealed to the person and under a MAC of theirs. It is the service's word all the same: of its codes each
leads to one line, and to nothing else.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.client.machine.kept import Kept
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused, Unreachable
from app.protocol.encoding import canonical
from app.protocol.ends import End, Ending
from app.protocol.sign_in import Unfit, check_handle

_ALL: Final = "all"
_MOST: Final = 100  # that are kept, whatever a service sends


@dataclass(frozen=True)
class Heard:
    """What the service said on a day, the next end first."""

    on: date
    ends: tuple[End, ...]


def heard(staff: Staff) -> Heard | None:
    """What it said last; None where it said nothing yet."""
    kept = _kept(staff).find(_ALL)
    if kept is None:
        return None
    told = json.loads(kept)
    return Heard(date.fromisoformat(told["on"]), _ends(told["items"]))


def hear(staff: Staff) -> None:
    """Ask, and keep the answer. Nothing that was asked for beside it fails because of this."""
    with suppress(Refused, Unreachable, OSError):
        items = [
            {"what": str(end.what), "day": end.day.isoformat(), "of": end.of}
            for end in _ends(staff.service.get("/ends").json()["items"][:_MOST])
        ]
        _kept(staff).keep(_ALL, canonical({"on": staff.today.isoformat(), "items": items}))


def hear_daily(staff: Staff) -> None:
    """The same, unless it was done today."""
    before = heard(staff)
    if before is None or before.on != staff.today:
        hear(staff)


def _ends(items: list[dict[str, Any]]) -> tuple[End, ...]:
    """Those that this client knows of and can say in a line."""
    found = []
    for item in items:
        with suppress(ValueError, TypeError, KeyError, Unfit, Refused):
            of = item["of"]
            if of is not None:
                check_handle(of)
            found.append(End(Ending(item["what"]), date.fromisoformat(item["day"]), of))
    return tuple(found)


def _kept(staff: Staff) -> Kept:
    return Kept(staff.machine.ends, staff.keys.identity, use="ends")
