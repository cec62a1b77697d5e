"""What waits for this person and until when, as the service tells it: where to look first, and nothing to believe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

from app.client.casework.reports import news
from app.client.casework.reports.news import News
from app.client.machine.staff import Staff
from app.vocabulary import Role

# Who may be told what reporters post.
READERS: Final = frozenset({Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR})


@dataclass(frozen=True)
class Wait:
    """A claimed `report`, one that was `handed` over, a `case` or an `approval`; `due` is the last day in time."""

    kind: str
    id: str
    state: str
    due: date | None

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        due = None if item["due"] is None else date.fromisoformat(str(item["due"]))
        return cls(str(item["kind"]), str(item["id"]), str(item["state"]), due)


@dataclass(frozen=True)
class Desk:
    """What waits, the earliest day first, and whether there is `more` than is told; what reporters have posted since,
    whatever became of their reports."""

    items: Sequence[Wait]
    news: Sequence[News]
    more: bool


def waiting(staff: Staff) -> Desk:
    """All of it. Raises `Refused`."""
    found = staff.service.get("/me").json()
    told = news.unread(staff) if READERS & set(found["roles"]) else []
    return Desk([Wait.read(each) for each in found["items"]], told, found["more"])
