"""The machine of cases: who may take which edge, and what must hold (CASEWORK § 1)."""

from collections.abc import Callable
from dataclasses import dataclass

from app.transitions import Edge
from app.vocabulary import CaseStage


@dataclass(frozen=True)
class Facts:
    """What the rules look at: the case as it stands, who asks, and what they send with the step.

    `is_supervisor` is true of one who may know of the case. `danger_judged`: an assessment holds today; `judged_here`:
    it was made at this stage. `plan_settled`: the person agreed to a safety plan, or wants none. `plan_approved`: the
    danger is not grave, or somebody else has approved the plan as it is. `held_from` is where a case on hold goes on.
    """

    is_member: bool
    is_supervisor: bool
    has_owner: bool
    consent_settled: bool
    danger_judged: bool
    judged_here: bool
    plan_settled: bool
    plan_approved: bool
    urgent_task_open: bool
    review_set: bool
    resumes: bool
    closing_told: bool
    closing_approved: bool
    held_from: CaseStage | None


# Who may take an edge.


def member(facts: Facts) -> bool:
    return facts.is_member


def supervisor(facts: Facts) -> bool:
    """Of the case's team: they hold no key of it, and bring nobody one by this."""
    return facts.is_supervisor


def member_goes_on(to: CaseStage) -> Callable[[Facts], bool]:
    """From on hold a case goes on where it was, and nowhere else."""
    return lambda facts: facts.is_member and facts.held_from is to


def mover(_: Facts) -> bool:
    """Nobody, by a step of its own: a case is merged, and is its own again, by what goes from it and comes back."""
    return False


# What must hold. A guard's name is what a caller reads where it fails.


def has_owner(facts: Facts) -> bool:
    return facts.has_owner


def reporter_consent_settled(facts: Facts) -> bool:
    """The reporter said yes or no. That it was about *service* is sealed, and the client's check."""
    return facts.consent_settled


def danger_judged(facts: Facts) -> bool:
    """What the assessment says is sealed; that it was told of truly is the client's check."""
    return facts.danger_judged


def danger_judged_here(facts: Facts) -> bool:
    """An assessment from before the case came here is none of how it is now."""
    return facts.danger_judged and facts.judged_here


def plan_settled(facts: Facts) -> bool:
    return facts.plan_settled


def plan_approved_where_grave(facts: Facts) -> bool:
    """By somebody else than who wrote it."""
    return facts.plan_approved


def no_urgent_task(facts: Facts) -> bool:
    return not facts.urgent_task_open


def review_set(facts: Facts) -> bool:
    """The week in which the case is looked at again is not over."""
    return facts.review_set


def resume_date_set(facts: Facts) -> bool:
    """Nothing waits without an end."""
    return facts.resumes


def closing_told(facts: Facts) -> bool:
    """Reason and outcome are sealed in a part of the case, and it is said how long it is kept."""
    return facts.closing_told


def closing_approved(facts: Facts) -> bool:
    """By somebody else than who leads the case; where nobody else is there, seven days after it was asked."""
    return facts.closing_approved


_S = CaseStage
# Where somebody works on it.
OPEN = (_S.INTAKE, _S.ASSESSMENT, _S.PLANNING, _S.ACTIVE, _S.MONITORING, _S.CLOSURE_REVIEW)

EDGES: dict[tuple[CaseStage, CaseStage], Edge[Facts]] = {
    (_S.INTAKE, _S.ASSESSMENT): Edge((member,), (has_owner, reporter_consent_settled)),
    # The service believes a row of consents, of which only members see whether it is an answer. Where it is none, a
    # colleague takes the case back.
    (_S.ASSESSMENT, _S.INTAKE): Edge((member,)),
    (_S.ASSESSMENT, _S.PLANNING): Edge((member,), (danger_judged,)),
    (_S.PLANNING, _S.ACTIVE): Edge((member,), (plan_settled, plan_approved_where_grave)),
    (_S.ACTIVE, _S.MONITORING): Edge((member,), (no_urgent_task, review_set)),
    (_S.MONITORING, _S.ACTIVE): Edge((member,), (danger_judged_here,)),
    **{
        (origin, _S.CLOSURE_REVIEW): Edge((member,), (danger_judged_here, closing_told))
        for origin in (_S.ACTIVE, _S.MONITORING)
    },
    # Whoever is asked says no, or something happens meanwhile: the work goes on.
    (_S.CLOSURE_REVIEW, _S.ACTIVE): Edge((member,)),
    (_S.CLOSURE_REVIEW, _S.CLOSED): Edge((member,), (closing_approved,)),
    (_S.CLOSED, _S.ASSESSMENT): Edge((member, supervisor)),
    **{(origin, _S.ON_HOLD): Edge((member,), (resume_date_set,)) for origin in OPEN},
    **{(_S.ON_HOLD, to): Edge((member_goes_on(to),)) for to in OPEN},
    **{(origin, _S.MERGED): Edge((mover,)) for origin in OPEN},
    **{(_S.MERGED, to): Edge((mover,)) for to in OPEN},
}
