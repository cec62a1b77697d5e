"""The steps of a case from stage to stage."""

from datetime import date

from app.client.casework.case_views import CaseView
from app.client.casework.cases.consents import Consents, list_consents
from app.client.casework.cases.reading import OpenCase
from app.client.machine.staff import Staff
from app.protocol.case import RuleBroken
from app.vocabulary import CaseStage, ConsentScope, ConsentStatus, HoldReason, TransitionReason


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
