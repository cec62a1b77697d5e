"""How long the clocks of reports may run, as the organisation has set it: told by the service, and set anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from app.client.machine.staff import Staff
from app.vocabulary import Priority


@dataclass(frozen=True)
class ClockPolicy:
    """One version, in hours as the service tells them; `agreed_at` is none where somebody else is still to agree."""

    version: int
    rules: Mapping[str, Any]
    closed_on: Sequence[str]
    author: str
    set_at: str
    agreed_by: str | None
    agreed_at: str | None

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        names = "version", "rules", "closed_on", "author", "set_at", "agreed_by", "agreed_at"
        return cls(**{name: item[name] for name in names})


def policies(staff: Staff) -> list[ClockPolicy]:
    """Every version that was ever set, the newest first. Raises `Refused`."""
    return [ClockPolicy.read(item) for item in staff.service.items("/clock-policies")]


def in_force(staff: Staff) -> tuple[int, Mapping[str, Any]]:
    """The version that counts for what is claimed now, 0 where none was ever set, and its rules. Raises `Refused`."""
    found = staff.service.get("/clock-policies/in-force").json()
    return found["version"], found["rules"]


def review_days(staff: Staff, priority: Priority) -> int:
    """For how many days a judgement of the danger may hold. Raises `Refused`."""
    return int(in_force(staff)[1]["review_days"][priority.value])


def set_(staff: Staff, rules: Mapping[str, Any], *, after: int) -> ClockPolicy:
    """Set the version that follows the newest, `after`. Raises `Refused`."""
    return ClockPolicy.read(staff.service.post("/clock-policies", {"after": after, "rules": rules}).json())


def agree(staff: Staff, version: int) -> ClockPolicy:
    """Let what somebody else set count. Raises `Refused`."""
    return ClockPolicy.read(staff.service.post(f"/clock-policies/{version}/agreements", {}).json())
