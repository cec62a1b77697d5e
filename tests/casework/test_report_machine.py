"""The machine of reports, as data: laws that hold of every walk through it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app import transitions
from app.casework.triage import machine
from app.casework.triage.machine import EDGES, REOPENABLE, Facts
from app.intake.posts.service import MOVES
from app.vocabulary import Priority, ReportState, Role

FACTS = st.builds(
    Facts,
    roles=st.frozensets(st.sampled_from(Role)),
    claimed_by_actor=st.booleans(),
    holds_epoch_key=st.booleans(),
    epoch_lives=st.booleans(),
    priority=st.none() | st.sampled_from(Priority),
    answered=st.booleans(),
    no_contact=st.booleans(),
    abuse_confirmed=st.booleans(),
    waiting_approved=st.booleans(),
    handed_on=st.booleans(),
    has_target=st.booleans(),
)

# What CASEWORK § 1 lists, written out once more.
EXPECTED = {
    "received": {"in_triage", "withdrawn"},
    "in_triage": {
        "received",
        "awaiting_reporter",
        "accepted",
        "referred_out",
        "out_of_mandate",
        "insufficient",
        "undecryptable",
        "abusive",
        "duplicate",
        "withdrawn",
    },
    "awaiting_reporter": {"in_triage", "withdrawn"},
    "accepted": {"withdrawn", "purged"},
    "referred_out": {"in_triage", "purged"},
    "out_of_mandate": {"in_triage", "purged"},
    "insufficient": {"in_triage", "purged"},
    "undecryptable": {"in_triage", "purged"},
    "abusive": {"in_triage", "purged"},
    "duplicate": {"in_triage", "purged"},
    "withdrawn": {"purged"},
    "purged": set(),
}


STATES = st.sampled_from(ReportState)


def possible(state: ReportState, facts: Facts) -> dict[ReportState, list[str]]:
    return {step.to: step.failing for step in transitions.steps(EDGES, state, facts)}


def test_the_edges_are_those_of_the_contract() -> None:
    edges = {str(state): {str(to) for origin, to in EDGES if origin is state} for state in ReportState}

    assert edges == EXPECTED


def test_what_a_reporters_post_moves_is_an_edge_for_reporters() -> None:
    for (_, origin), to in MOVES.items():
        assert machine.reporter in EDGES[origin, to].who


@given(STATES, FACTS)
def test_nobody_of_staff_withdraws_or_purges_a_report(state: ReportState, facts: Facts) -> None:
    assert not possible(state, facts).keys() & {ReportState.WITHDRAWN, ReportState.PURGED}


@given(STATES, FACTS)
def test_who_is_neither_triager_nor_supervisor_moves_nothing(state: ReportState, facts: Facts) -> None:
    neither = replace(facts, roles=facts.roles - {Role.TRIAGER, Role.SUPERVISOR})

    assert possible(state, neither) == {}


@given(FACTS)
def test_a_triager_decides_only_what_they_claimed(facts: Facts) -> None:
    anothers = replace(facts, roles=frozenset({Role.TRIAGER}), claimed_by_actor=False)

    assert possible(ReportState.IN_TRIAGE, anothers) == {}


@given(FACTS)
def test_without_a_priority_a_report_is_only_released_or_undecryptable(facts: Facts) -> None:
    claimed = replace(facts, priority=None, claimed_by_actor=True)

    free = {to for to, failing in possible(ReportState.IN_TRIAGE, claimed).items() if not failing}

    assert free <= {ReportState.RECEIVED, ReportState.UNDECRYPTABLE}


@given(FACTS)
def test_urgent_reports_wait_only_with_a_supervisors_word(facts: Facts) -> None:
    urgent = replace(facts, priority=Priority.P1, waiting_approved=False)

    assert possible(ReportState.IN_TRIAGE, urgent).get(ReportState.AWAITING_REPORTER) != []


@given(FACTS)
def test_only_a_supervisor_reopens_and_only_while_the_key_exists(facts: Facts) -> None:
    for state in REOPENABLE:
        failing = possible(state, facts).get(ReportState.IN_TRIAGE)

        assert (failing is not None) == (Role.SUPERVISOR in facts.roles)
        assert failing is None or (failing == []) == facts.epoch_lives


@given(FACTS)
def test_abusive_needs_a_second_triager(facts: Facts) -> None:
    alone = replace(facts, abuse_confirmed=False)

    assert possible(ReportState.IN_TRIAGE, alone).get(ReportState.ABUSIVE) != []
