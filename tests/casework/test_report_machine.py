"""The machine of reports: every state, with everybody who could ask, under everything that could hold."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from app import transitions
from app.casework.triage import machine
from app.casework.triage.machine import EDGES, Facts
from app.intake.posts.service import MOVES
from app.vocabulary import ApprovalSubject, Priority, ReportState, Role

S = ReportState
URGENT = (Priority.P1, Priority.P2)
REOPENED = {
    S.REFERRED_OUT,
    S.OUT_OF_MANDATE,
    S.DUPLICATE,
    S.INSUFFICIENT,
    S.ABUSIVE,
    S.UNDECRYPTABLE,
}

GONE = (S.WITHDRAWN, S.LAPSED, S.PURGED)

# What CASEWORK § 1 lists, written out once more: who may, and what must hold.
TRIAGER = frozenset({"triager"})
CLAIMER = frozenset({"claimer"})
CLAIMER_OR_SUPERVISOR = frozenset({"claimer", "supervisor"})
SUPERVISOR = frozenset({"supervisor"})
NOBODY = frozenset[str]()
PUT_AWAY = ("priority_set", "answer_sent_or_no_contact", "supervisor_agrees_where_urgent")
CONTRACT: dict[tuple[ReportState, ReportState], tuple[frozenset[str], tuple[str, ...]]] = {
    (S.RECEIVED, S.IN_TRIAGE): (TRIAGER, ()),
    (S.IN_TRIAGE, S.RECEIVED): (CLAIMER_OR_SUPERVISOR, ()),
    (S.IN_TRIAGE, S.AWAITING_REPORTER): (CLAIMER, ("priority_set", "answer_sent", "waiting_approved_where_urgent")),
    (S.AWAITING_REPORTER, S.IN_TRIAGE): (CLAIMER_OR_SUPERVISOR, ()),
    (S.IN_TRIAGE, S.ACCEPTED): (CLAIMER, ("priority_set", "handed_on")),
    (S.IN_TRIAGE, S.REFERRED_OUT): (CLAIMER, PUT_AWAY),
    (S.IN_TRIAGE, S.OUT_OF_MANDATE): (CLAIMER, PUT_AWAY),
    (S.IN_TRIAGE, S.INSUFFICIENT): (CLAIMER, PUT_AWAY),
    (S.IN_TRIAGE, S.UNDECRYPTABLE): (CLAIMER, ("second_holder_tried", "granted_on_opened")),
    (S.IN_TRIAGE, S.ABUSIVE): (CLAIMER, ("priority_set", "second_triager_agrees")),
    (S.IN_TRIAGE, S.DUPLICATE): (CLAIMER, ("priority_set", "target_known")),
    **{(state, S.IN_TRIAGE): (SUPERVISOR, ("key_still_exists",)) for state in REOPENED},
    # From wherever staff have taken it: no word of theirs keeps a report from its reporter.
    **{(state, S.WITHDRAWN): (NOBODY, ()) for state in S if state not in GONE},
    **{(state, S.LAPSED): (NOBODY, ()) for state in (S.RECEIVED, S.IN_TRIAGE, S.AWAITING_REPORTER)},
    **{(state, S.PURGED): (NOBODY, ()) for state in (*REOPENED, S.ACCEPTED, S.WITHDRAWN, S.LAPSED)},
}
MAY: dict[str, Callable[[Facts], bool]] = {
    "triager": lambda facts: Role.TRIAGER in facts.roles and facts.holds_epoch_key,
    "claimer": lambda facts: Role.TRIAGER in facts.roles and facts.claimed_by_actor,
    "supervisor": lambda facts: Role.SUPERVISOR in facts.roles,
}
# Of each step, what somebody else must have approved.
HOLDS: dict[str, Callable[[Facts, ReportState], bool]] = {
    "priority_set": lambda facts, _: facts.priority is not None,
    "answer_sent": lambda facts, _: facts.answered,
    "answer_sent_or_no_contact": lambda facts, _: facts.answered or facts.no_contact,
    "waiting_approved_where_urgent": lambda facts, _: "waiting" in facts.approved or facts.priority not in URGENT,
    "second_triager_agrees": lambda facts, _: "abusive" in facts.approved,
    "second_holder_tried": lambda facts, _: "undecryptable" in facts.approved,
    "granted_on_opened": lambda facts, _: facts.granted_on_opened,
    "supervisor_agrees_where_urgent": lambda facts, to: (
        ApprovalSubject(to) in facts.approved or not (facts.danger_now or facts.was_urgent or facts.priority in URGENT)
    ),
    "handed_on": lambda facts, _: facts.handed_on,
    "target_known": lambda facts, _: facts.has_target,
    "key_still_exists": lambda facts, _: facts.key_exists,
}
ABOUT_REPORTS = [each for each in ApprovalSubject if each in {"waiting", *ReportState}]
WHAT_HOLDS = (
    "key_exists",
    "answered",
    "no_contact",
    "danger_now",
    "was_urgent",
    "granted_on_opened",
    "handed_on",
    "has_target",
)


def everybody() -> Iterator[Facts]:
    """Every set of roles, with and without the claim and the key of the epoch. All that must hold does."""
    for length in range(len(Role) + 1):
        for roles in itertools.combinations(Role, length):
            for claimed, key in itertools.product((False, True), repeat=2):
                yield Facts(
                    roles=frozenset(roles),
                    claimed_by_actor=claimed,
                    holds_epoch_key=key,
                    priority=Priority.P1,
                    approved=frozenset(ApprovalSubject),
                    **dict.fromkeys(WHAT_HOLDS, True),
                )


def everything() -> Iterator[Facts]:
    """All that can hold or not, and every priority, for somebody who may take every step that people take."""
    words = [frozenset[ApprovalSubject](), *(frozenset({each}) for each in ABOUT_REPORTS), frozenset(ABOUT_REPORTS)]
    for priority, approved in itertools.product((None, *Priority), words):
        for values in itertools.product((False, True), repeat=len(WHAT_HOLDS)):
            yield Facts(
                roles=frozenset({Role.TRIAGER, Role.SUPERVISOR}),
                claimed_by_actor=True,
                holds_epoch_key=True,
                priority=priority,
                approved=approved,
                **dict(zip(WHAT_HOLDS, values, strict=True)),
            )


def possible(state: ReportState, facts: Facts) -> dict[ReportState, list[str]]:
    return {step.to: step.failing for step in transitions.steps(EDGES, state, facts)}


def by_contract(state: ReportState, facts: Facts) -> dict[ReportState, list[str]]:
    return {
        to: [need for need in needs if not HOLDS[need](facts, to)]
        for (origin, to), (who, needs) in CONTRACT.items()
        if origin is state and any(MAY[each](facts) for each in who)
    }


def test_the_edges_are_those_of_the_contract() -> None:
    assert set(EDGES) == set(CONTRACT)


@pytest.mark.parametrize("state", ReportState)
def test_who_may_take_a_step_is_who_the_contract_names(state: ReportState) -> None:
    for facts in everybody():
        assert possible(state, facts) == by_contract(state, facts), facts


@pytest.mark.parametrize("state", ReportState)
def test_a_step_waits_for_what_the_contract_names_and_for_nothing_else(state: ReportState) -> None:
    for facts in everything():
        assert possible(state, facts) == by_contract(state, facts), facts


def test_what_a_reporters_post_moves_is_an_edge_for_reporters() -> None:
    for (_, origin), to in MOVES.items():
        assert machine.reporter in EDGES[origin, to].who


def test_nobody_of_staff_withdraws_or_purges_a_report() -> None:
    for facts in everybody():
        for state in ReportState:
            assert not possible(state, facts).keys() & {S.WITHDRAWN, S.PURGED}
