"""The state of the work on cases, as the service tells it, and its steps from stage to stage."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from app.client.casework.cases.consents import Consents, list_consents
from app.client.casework.cases.reading import OpenCase
from app.client.machine.staff import Staff
from app.protocol.case import RuleBroken
from app.vocabulary import CaseStage, ConsentScope, ConsentStatus, Priority, TransitionReason


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
        )


def list_(staff: Staff, *, stage: CaseStage | None = None) -> list[CaseView]:
    """Every case that this person may know of."""
    items = staff.service.items("/cases", **({"stage": stage.value} if stage else {}))
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
    if view.stage is CaseStage.INTAKE or asked - {ConsentStatus.ASKED}:
        return None
    return "no-answer-about-service"


def move(
    staff: Staff,
    case: OpenCase,
    view: CaseView,
    to: CaseStage,
    *,
    reason: TransitionReason = TransitionReason.DECIDED,
) -> None:
    """Take the case from where the person saw it to a stage.

    That the answer before assessment is about *service* is checked here. Raises `RuleBroken` where it is not, and
    `Refused`: `guards-fail`, or `stale-version` where the work went on since.
    """
    if to is CaseStage.ASSESSMENT and not any(
        each.scope is ConsentScope.SERVICE and each.status in (ConsentStatus.GIVEN, ConsentStatus.DECLINED)
        for each in list_consents(staff, case)
    ):
        raise RuleBroken("no-answer-about-service")
    request = {"to": to.value, "reason": reason.value}
    staff.service.post(f"/cases/{case.id}/transitions", request, version=view.version)
