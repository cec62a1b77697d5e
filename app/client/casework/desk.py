"""What waits for this person and until when, as the service tells it: where to look first, and nothing to believe."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from app.client.machine.staff import Staff


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


def waiting(staff: Staff) -> tuple[list[Wait], bool]:
    """The earliest day first, and whether there is more than is told. Raises `Refused`."""
    found = staff.service.get("/me").json()
    return [Wait.read(each) for each in found["items"]], found["more"]
