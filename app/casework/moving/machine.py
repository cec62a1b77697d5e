"""What may go from case to case, and what must hold (CASEWORK § 1)."""

from dataclasses import dataclass
from enum import StrEnum

from app.transitions import Edge


class Way(StrEnum):
    """What becomes of the two cases."""

    MERGED = "merged"  # all of the one goes to the other
    SPLIT = "split"  # some of it does
    UNDONE = "undone"  # to the one that was merged into it


@dataclass(frozen=True)
class Facts:
    """What the rules look at. `open_cases`: both are worked on, or the one to which it comes back was.

    `same_members`: of both, and all for good. `taken_back`: a reporter of either took a report back. `held`: by two,
    past its month. `all_reports`: none of the case stays. `accepted`: all that go are.
    """

    open_cases: bool
    same_members: bool
    taken_back: bool
    held: bool
    all_reports: bool
    accepted: bool


def member_of_both(_: Facts) -> bool:
    """To anybody else one of them is not there."""
    return True


def both_are_worked_on(facts: Facts) -> bool:
    return facts.open_cases


def members_are_the_same(facts: Facts) -> bool:
    """Nobody gains sight of anything by it, and nobody loses it."""
    return facts.same_members


def withdrawals_are_carried_out(facts: Facts) -> bool:
    """What waits to be destroyed goes nowhere else before."""
    return not facts.taken_back


def reports_are_accepted(facts: Facts) -> bool:
    return facts.accepted


def all_reports_go(facts: Facts) -> bool:
    return facts.all_reports


def case_is_not_held(facts: Facts) -> bool:
    """What is kept by two leaves the case no other way than by two who end that: elsewhere nobody holds it."""
    return not facts.held


_ALWAYS = (
    *(both_are_worked_on, members_are_the_same, withdrawals_are_carried_out, reports_are_accepted),
    case_is_not_held,
)

EDGES: dict[tuple[None, Way], Edge[Facts]] = {
    (None, Way.MERGED): Edge((member_of_both,), (*_ALWAYS, all_reports_go)),
    (None, Way.SPLIT): Edge((member_of_both,), _ALWAYS),
    (None, Way.UNDONE): Edge((member_of_both,), _ALWAYS),
}
