"""The machine of reports: who may take which edge, and what must hold (CASEWORK § 1)."""

from collections.abc import Callable
from dataclasses import dataclass

from app.intake.reports.service import CLOSED
from app.protocol.intake import UNDECIDED
from app.transitions import Edge
from app.vocabulary import ApprovalSubject, Priority, ReportState, Role

URGENT = frozenset({Priority.P1, Priority.P2})


@dataclass(frozen=True)
class Facts:
    """What the rules look at: the report as it stands, who asks, and what they send with the step.

    `approved` is what somebody else than who asks has agreed to. `danger_now` and `no_contact` are the client's word.
    `granted_on_opened`: if it was granted on to another epoch, somebody else has opened it by that key since.
    """

    roles: frozenset[Role]
    claimed_by_actor: bool
    holds_epoch_key: bool
    key_exists: bool
    priority: Priority | None
    answered: bool
    no_contact: bool
    danger_now: bool
    was_urgent: bool
    approved: frozenset[ApprovalSubject]
    granted_on_opened: bool
    handed_on: bool
    has_target: bool


# Who may take an edge.


def triager_of_the_epoch(facts: Facts) -> bool:
    """A triager to whom the key of the report's epoch was granted."""
    return Role.TRIAGER in facts.roles and facts.holds_epoch_key


def claimer(facts: Facts) -> bool:
    """The triager who has claimed it."""
    return Role.TRIAGER in facts.roles and facts.claimed_by_actor


def supervisor(facts: Facts) -> bool:
    return Role.SUPERVISOR in facts.roles


def reporter(_: Facts) -> bool:
    """Nobody of staff: the reporter's own post takes this edge."""
    return False


def retention(_: Facts) -> bool:
    """Nobody of staff: the end of a report's time takes this edge, decided or not."""
    return False


# What must hold. A guard's name is what a caller reads where it fails.


def priority_set(facts: Facts) -> bool:
    """It stands in this step, or has stood since an earlier one."""
    return facts.priority is not None


def answer_sent(facts: Facts) -> bool:
    """Somebody of staff has written to the reporter."""
    return facts.answered


def answer_sent_or_no_contact(facts: Facts) -> bool:
    """That contact was not consented to is the client's word: it stands in the sealed report."""
    return facts.answered or facts.no_contact


def waiting_approved_where_urgent(facts: Facts) -> bool:
    """A report of p1 or p2 waits only where a supervisor has agreed to it."""
    return ApprovalSubject.WAITING in facts.approved or facts.priority not in URGENT


def second_triager_agrees(facts: Facts) -> bool:
    """Somebody else has approved that this report, as it is, is abuse."""
    return ApprovalSubject.ABUSIVE in facts.approved


def second_holder_tried(facts: Facts) -> bool:
    """Another holder of the epoch's key could not open it either. Where there is none, the report stays."""
    return ApprovalSubject.UNDECRYPTABLE in facts.approved


def granted_on_opened(facts: Facts) -> bool:
    """The key by which one person granted it on is one. If not, that of its first epoch opens it still."""
    return facts.granted_on_opened


def supervisor_agrees(to: ApprovalSubject) -> Callable[[Facts], bool]:
    """Nobody alone puts away what is urgent, or was before somebody judged it anew."""

    def supervisor_agrees_where_urgent(facts: Facts) -> bool:
        urgent = facts.danger_now or facts.was_urgent or facts.priority in URGENT
        return not urgent or to in facts.approved

    return supervisor_agrees_where_urgent


def handed_on(facts: Facts) -> bool:
    """The report's key goes to a case of the triager's, or to a colleague who will attach it to theirs."""
    return facts.handed_on


def target_known(facts: Facts) -> bool:
    """What it is a duplicate of is another report that the actor may know of."""
    return facts.has_target


def key_still_exists(facts: Facts) -> bool:
    """Its key for the epoch is not destroyed, so that somebody can read it."""
    return facts.key_exists


_S = ReportState

# By which a report that opens leaves the queue without becoming a case.
DISPOSALS = (_S.REFERRED_OUT, _S.OUT_OF_MANDATE, _S.INSUFFICIENT)
# Decided for good, but for a supervisor who has a reason.
REOPENABLE = (
    _S.REFERRED_OUT,
    _S.OUT_OF_MANDATE,
    _S.DUPLICATE,
    _S.INSUFFICIENT,
    _S.ABUSIVE,
    _S.UNDECRYPTABLE,
)
TERMINAL = (*REOPENABLE, _S.ACCEPTED, _S.WITHDRAWN, _S.LAPSED)

EDGES: dict[tuple[ReportState, ReportState], Edge[Facts]] = {
    (_S.RECEIVED, _S.IN_TRIAGE): Edge((triager_of_the_epoch,)),
    (_S.IN_TRIAGE, _S.RECEIVED): Edge((claimer, supervisor)),
    (_S.IN_TRIAGE, _S.AWAITING_REPORTER): Edge((claimer,), (priority_set, answer_sent, waiting_approved_where_urgent)),
    (_S.AWAITING_REPORTER, _S.IN_TRIAGE): Edge((claimer, supervisor, reporter)),
    (_S.IN_TRIAGE, _S.ACCEPTED): Edge((claimer,), (priority_set, handed_on)),
    **{
        (_S.IN_TRIAGE, to): Edge(
            (claimer,), (priority_set, answer_sent_or_no_contact, supervisor_agrees(ApprovalSubject(to)))
        )
        for to in DISPOSALS
    },
    (_S.IN_TRIAGE, _S.UNDECRYPTABLE): Edge((claimer,), (second_holder_tried, granted_on_opened)),
    (_S.IN_TRIAGE, _S.ABUSIVE): Edge((claimer,), (priority_set, second_triager_agrees)),
    (_S.IN_TRIAGE, _S.DUPLICATE): Edge((claimer,), (priority_set, target_known)),
    **{
        # From wherever staff have taken it: no word of theirs keeps a report from its reporter.
        (origin, _S.WITHDRAWN): Edge((reporter,))
        for origin in _S
        if origin not in CLOSED
    },
    **{(origin, _S.LAPSED): Edge((retention,)) for origin in UNDECIDED},
    **{(origin, _S.IN_TRIAGE): Edge((supervisor,), (key_still_exists,)) for origin in REOPENABLE},
    **{(origin, _S.PURGED): Edge((retention,)) for origin in TERMINAL},
}
