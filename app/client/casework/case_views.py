"""The state of the work on cases, as the service tells it. No case is opened, nor anything imported that opens one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from app.client.casework.views import View
from app.client.machine.staff import Staff
from app.vocabulary import CaseStage, Priority

ALL: Final = View()
_OR_NONE: Final = (
    *("label", "risk_level", "next_review", "due", "due_for", "held_from", "resume_on"),
    *("retention_class", "purge_month"),
)


@dataclass(frozen=True)
class CaseView:
    """The work on a case as the service shows it, in this version: no step is taken on another."""

    id: str
    ref: str
    team: str
    owner: str | None
    stage: CaseStage
    stage_entered: str
    priority: Priority
    members: tuple[str, ...]
    version: int
    handling: str
    label: str | None
    risk_level: str | None
    next_review: str | None
    due: str | None
    due_for: str | None
    held_from: str | None
    resume_on: str | None
    retention_class: str | None
    purge_month: str | None

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            id=str(item["id"]),
            ref=str(item["ref"]),
            team=str(item["team"]),
            owner=item["owner"],
            stage=CaseStage(item["stage"]),
            stage_entered=str(item["stage_entered"]),
            priority=Priority(item["priority"]),
            members=tuple(map(str, item["members"])),
            version=int(item["version"]),
            handling=str(item["handling"]),
            **{name: item[name] for name in _OR_NONE},
        )


@dataclass(frozen=True)
class Counted:
    """How many cases there are, or that there are more than so many."""

    number: int
    is_more: bool


def list_(staff: Staff, asked: View = ALL) -> list[CaseView]:
    """Every case that this person may know of and that is asked for. Raises `Refused`."""
    return [CaseView.read(item) for item in staff.service.items("/cases", **asked.asked)]


def count(staff: Staff, asked: View = ALL) -> Counted:
    """How many those are, as far as the service counts. Raises `Refused`."""
    counted = staff.service.get("/cases", limit=1, count="capped", **asked.asked).json()["count"]
    return Counted(int(counted["number"]), bool(counted["capped"]))


def view(staff: Staff, id_: str) -> CaseView:
    """The state of the work as the service has it now; no key is needed. Raises `Refused`."""
    return replace(CaseView.read(staff.service.get(f"/cases/{id_}").json()), id=id_)
