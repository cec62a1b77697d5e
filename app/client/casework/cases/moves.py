"""The state of the work on cases, as the service tells it, and its steps from stage to stage."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Self

from app.client.casework.cases.consents import Consents, list_consents
from app.client.casework.cases.reading import OpenCase
from app.client.machine.staff import Staff
from app.protocol.case import Label, RuleBroken
from app.vocabulary import CaseStage, ConsentScope, ConsentStatus, HoldReason, Priority, TransitionReason

_OR_NONE: Final = (
    *("label", "risk_level", "next_review", "due", "held_from", "resume_on", "retention_class", "purge_month"),
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


def list_(
    staff: Staff, *, stage: CaseStage | None = None, priority: Priority | None = None, label: Label | None = None
) -> list[CaseView]:
    """Every case that this person may know of, or those at a stage, of a priority, and with a label."""
    asked = {"stage": stage, "priority": priority, "label": label}
    items = staff.service.items("/cases", **{name: each.value for name, each in asked.items() if each})
    return [CaseView.read(item) for item in items]


def view(staff: Staff, id_: str) -> CaseView:
    """The state of the work as the service has it now; no key is needed. Raises `Refused`."""
    return replace(CaseView.read(staff.service.get(f"/cases/{id_}").json()), id=id_)


def unfounded(view: CaseView, answers: Consents) -> str | None:
    """The rule that the case's stage breaks by what members find in it; None where it breaks none.

    A member who speaks to the service past their client can store junk as an answer, which satisfies its guard. Whoever
    opens the case sees it, and takes it back to *intake*.
    """
    asked = {each.status for each in answers.newest if each.scope is ConsentScope.SERVICE}
    stands_in = view.held_from or view.stage
    if view.stage is CaseStage.MERGED:  # the answers went with it
        return None
    if stands_in in (CaseStage.INTAKE, CaseStage.CLOSED) or asked - {ConsentStatus.ASKED}:
        return None
    return "no-answer-about-service"


def reopen(
    staff: Staff, view: CaseView, to: CaseStage, *, reason: TransitionReason = TransitionReason.NEW_INFORMATION
) -> None:
    """Take a closed case up again; a supervisor of its team can too, who opens nothing by it. Raises `Refused`."""
    step(staff, view, to, reason)


def move(
    staff: Staff,
    case: OpenCase,
    view: CaseView,
    to: CaseStage,
    *,
    reason: TransitionReason = TransitionReason.DECIDED,
    held_for: HoldReason | None = None,
    resume_on: date | None = None,
) -> None:
    """Take the case from where the person saw it to a stage. On hold it waits for somebody until a day.

    That the answer before assessment is about *service* is checked here. Raises `RuleBroken` where it is not, and
    `Refused`: `guards-fail`, or `stale-version` where the work went on since.
    """
    if (view.stage, to) == (CaseStage.INTAKE, CaseStage.ASSESSMENT) and not any(
        each.scope is ConsentScope.SERVICE and each.status in (ConsentStatus.GIVEN, ConsentStatus.DECLINED)
        for each in list_consents(staff, case)
    ):
        raise RuleBroken("no-answer-about-service")
    held = {"held_for": held_for.value, "resume_on": resume_on.isoformat()} if held_for and resume_on else {}
    step(staff, view, to, reason, **held)


def step(staff: Staff, view: CaseView, to: CaseStage, reason: TransitionReason, **more: str) -> None:
    """Ask for a step from where the person saw the case, with what it needs `more`. Raises `Refused`."""
    request = {"to": to.value, "reason": reason.value, **more}
    staff.service.post(f"/cases/{view.id}/transitions", request, version=view.version)
