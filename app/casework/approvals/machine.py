"""The machine of approvals: decided once, by the person who was asked, or taken back by who asked or
leads the work (CASEWORK § 1). Where it is for one act, either of the two takes it back until that is done."""

from dataclasses import dataclass

from app.transitions import Edge
from app.vocabulary import ApprovalState


@dataclass(frozen=True)
class Facts:
    """What the rules look at: who decides, and what they send with it.

    `is_approver` is true of the person who was asked, as long as they have a role that may decide it and what they were
    lent for it opens. `was_asked` is true of them whatever they may do today. `is_owner` is true of whoever leads the
    work on what it is about. `waits_for_act`: it is for something that is done once, and was not done yet.
    """

    is_requester: bool
    is_owner: bool
    is_approver: bool
    was_asked: bool
    waits_for_act: bool
    has_statement: bool


def requester(facts: Facts) -> bool:
    return facts.is_requester


def owner(facts: Facts) -> bool:
    return facts.is_owner


def approver(facts: Facts) -> bool:
    return facts.is_approver


def either_before_it_is_done(facts: Facts) -> bool:
    """What holds by the approval alone is ended by another one."""
    return facts.waits_for_act and (facts.is_requester or facts.was_asked)


def statement_signed(facts: Facts) -> bool:
    """Who approves says so in a signed statement."""
    return facts.has_statement


EDGES: dict[tuple[ApprovalState, ApprovalState], Edge[Facts]] = {
    (ApprovalState.REQUESTED, ApprovalState.APPROVED): Edge((approver,), (statement_signed,)),
    (ApprovalState.REQUESTED, ApprovalState.REJECTED): Edge((approver,)),
    (ApprovalState.REQUESTED, ApprovalState.CANCELLED): Edge((requester, owner)),
    (ApprovalState.APPROVED, ApprovalState.CANCELLED): Edge((either_before_it_is_done,)),
}
