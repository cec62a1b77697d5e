"""The small machines, whole: every state, everybody who could ask, everything that could hold, against the contract."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from app import transitions, vocabulary
from app.actor import Actor
from app.casework.approvals import machine as approvals
from app.casework.consents import machine as consents
from app.casework.moving import machine as moving
from app.casework.stages import machine as stages
from app.casework.triage import machine as triage
from app.statistics.releases import machine as releases
from app.statistics.releases.models import Release, ReleaseState
from app.vocabulary import ApprovalState, CaseStage, ConsentStatus, Imminence, Priority, Role, Severity

May = Callable[[Any], bool]
# From, to: who may, and the names of what must hold (CASEWORK § 1, RELEASES § 8).
Contract = Mapping[tuple[str | None, str], tuple[May, tuple[str, ...]]]


def anybody(_: object) -> bool:
    return True


def member(facts: Any) -> bool:
    return bool(facts.is_member)


def goes_on(at: str) -> May:
    return lambda facts: facts.is_member and facts.held_from == at


WORKED_ON = ("intake", "assessment", "planning", "active", "monitoring", "closure_review")
FINAL = (member, ("danger_judged_here", "closing_told"))
STAGES: Contract = {
    ("intake", "assessment"): (member, ("has_owner", "reporter_consent_settled")),
    ("assessment", "intake"): (member, ()),
    ("assessment", "planning"): (member, ("danger_judged",)),
    ("planning", "active"): (member, ("plan_settled", "plan_approved_where_grave")),
    ("active", "monitoring"): (member, ("no_urgent_task", "review_set")),
    ("monitoring", "active"): (member, ("danger_judged_here",)),
    ("active", "closure_review"): FINAL,
    ("monitoring", "closure_review"): FINAL,
    ("closure_review", "active"): (member, ()),
    ("closure_review", "closed"): (member, ("closing_approved",)),
    ("closed", "assessment"): (lambda facts: facts.is_member or facts.is_supervisor, ()),
    **{(stage, "on_hold"): (member, ("resume_date_set",)) for stage in WORKED_ON},
    **{("on_hold", stage): (goes_on(stage), ()) for stage in WORKED_ON},
}
ANSWER = (anybody, ("same_person",))
CONSENTS: Contract = {
    ("asked", "given"): ANSWER,
    ("asked", "declined"): ANSWER,
    ("given", "withdrawn"): ANSWER,
    ("given", "expired"): ANSWER,
    ("given", "superseded"): ANSWER,
    **{
        (before, after): ANSWER
        for before in (None, "declined", "withdrawn", "expired", "superseded")
        for after in ("asked", "given", "declined")
    },
}
APPROVALS: Contract = {
    ("requested", "approved"): (lambda facts: facts.is_approver, ("statement_signed",)),
    ("requested", "rejected"): (lambda facts: facts.is_approver, ()),
    ("requested", "cancelled"): (lambda facts: facts.is_requester or facts.is_owner, ()),
    ("approved", "cancelled"): (lambda facts: facts.waits_for_act and (facts.is_requester or facts.was_asked), ()),
}
BOTH = (
    *("both_are_worked_on", "members_are_the_same", "withdrawals_are_carried_out", "reports_are_accepted"),
    "case_is_not_held",
)
MOVES: Contract = {
    (None, "merged"): (anybody, (*BOTH, "all_reports_go")),
    (None, "split"): (anybody, BOTH),
    (None, "undone"): (anybody, BOTH),
}
RELEASES: Contract = {
    ("requested", "approved"): (lambda facts: facts.is_supervisor and not facts.is_requester, ()),
    ("requested", "rejected"): (lambda facts: facts.is_supervisor and not facts.is_requester, ()),
    ("requested", "cancelled"): (lambda facts: facts.is_requester, ()),
    ("approved", "approved"): (
        lambda facts: facts.is_supervisor and not facts.is_requester and not facts.is_approver,
        (),
    ),
    ("approved", "cancelled"): (lambda facts: facts.is_requester or facts.is_supervisor, ()),
    ("approved", "drawn"): (lambda facts: facts.is_approver, ()),
    ("drawn", "composed"): (lambda facts: facts.is_supervisor, ()),
    **{
        (state, "cancelled"): (lambda facts: facts.is_correction and (facts.is_requester or facts.is_supervisor), ())
        for state in ("drawn", "composed", "signed")
    },
    ("composed", "composed"): (lambda facts: not facts.is_signer, ()),
    ("composed", "signed"): (lambda facts: facts.is_signer, ()),
    ("signed", "embargoed"): (lambda facts: facts.is_supervisor, ()),
    ("signed", "published"): (lambda facts: facts.is_supervisor, ()),
    ("embargoed", "published"): (lambda facts: facts.is_supervisor, ()),
}
# Imminence (now, days, weeks, none, unknown) by severity (CASEWORK § 3).
PRIORITIES: Mapping[str, list[str]] = {
    "life_or_liberty": ["p1", "p1", "p2", "p3", "p1"],
    "serious": ["p1", "p2", "p3", "p4", "p2"],
    "limited": ["p2", "p3", "p3", "p4", "p3"],
    "unknown": ["p1", "p2", "p3", "p4", "p2"],
}
HOLDS: Mapping[str, May] = {
    "has_owner": lambda facts: facts.has_owner,
    "reporter_consent_settled": lambda facts: facts.consent_settled,
    "same_person": lambda facts: facts.same_person,
    "statement_signed": lambda facts: facts.has_statement,
    "danger_judged": lambda facts: facts.danger_judged,
    "danger_judged_here": lambda facts: facts.danger_judged and facts.judged_here,
    "plan_settled": lambda facts: facts.plan_settled,
    "plan_approved_where_grave": lambda facts: facts.plan_approved,
    "no_urgent_task": lambda facts: not facts.urgent_task_open,
    "review_set": lambda facts: facts.review_set,
    "resume_date_set": lambda facts: facts.resumes,
    "closing_told": lambda facts: facts.closing_told,
    "closing_approved": lambda facts: facts.closing_approved,
    "both_are_worked_on": lambda facts: facts.open_cases,
    "members_are_the_same": lambda facts: facts.same_members,
    "withdrawals_are_carried_out": lambda facts: not facts.taken_back,
    "reports_are_accepted": lambda facts: facts.accepted,
    "all_reports_go": lambda facts: facts.all_reports,
    "case_is_not_held": lambda facts: not facts.held,
}


@pytest.mark.parametrize(
    ("machine", "states", "contract"),
    [
        (consents, ConsentStatus, CONSENTS),
        (approvals, ApprovalState, APPROVALS),
        (releases, ReleaseState, RELEASES),
        (moving, moving.Way, MOVES),
    ],
    ids=["consents", "approvals", "releases", "moves"],
)
def test_every_step_is_that_of_the_contract(machine: Any, states: type[StrEnum], contract: Contract) -> None:
    for state in (None, *states):
        for facts in _all(machine.Facts):
            _hold_to(machine.EDGES, contract, state, facts)


@pytest.mark.parametrize("stage", CaseStage)
def test_every_step_of_a_case_is_that_of_the_contract(stage: CaseStage) -> None:
    """All that could hold would be half a million: of each step all that it could look at is tried."""
    asked = {need for (origin, _), (_, needs) in STAGES.items() if origin == stage for need in needs}
    looked_at = {name for name in ALL_FALSE if any(_differs(HOLDS[need], name) for need in asked)}
    for held_from in (None, *CaseStage):
        for names in _subsets({"is_member", "is_supervisor", *looked_at}):
            facts = stages.Facts(**ALL_FALSE | dict.fromkeys(names, True), held_from=held_from)
            _hold_to(stages.EDGES, STAGES, stage, facts)


def test_the_ways_that_nobody_takes_by_a_step_are_listed_with_those_of_the_contract() -> None:
    """A case is merged, and its own again, by what goes to another and comes back."""
    merged = {way for stage in WORKED_ON for way in ((stage, "merged"), ("merged", stage))}

    assert {(str(origin), str(to)) for origin, to in stages.EDGES} == set(STAGES) | merged


def test_no_machine_is_left_out() -> None:
    """That of reports is tried in tests/casework/test_report_machine.py, all others here."""
    tried = {each.__name__ for each in (approvals, consents, moving, releases, stages, triage)}

    assert tried == {".".join(path.with_suffix("").parts) for path in Path("app").rglob("machine.py")}


def test_no_case_is_closed_that_was_not_approved_to_be_and_none_waits_without_an_end() -> None:
    guards = {way: [guard.__name__ for guard in edge.guards] for way, edge in stages.EDGES.items()}

    assert {way[0]: of for way, of in guards.items() if way[1] is CaseStage.CLOSED} == {
        CaseStage.CLOSURE_REVIEW: ["closing_approved"]
    }
    assert all(of == ["resume_date_set"] for way, of in guards.items() if way[1] is CaseStage.ON_HOLD)


ALL_FALSE = {field.name: False for field in fields(stages.Facts) if field.name != "held_from"}


def _differs(holds: May, name: str) -> bool:
    """Whether it matters to this guard, whatever else is so."""
    return any(
        holds(stages.Facts(**dict.fromkeys(ALL_FALSE, other) | {name: True}, held_from=None))
        != holds(stages.Facts(**dict.fromkeys(ALL_FALSE, other) | {name: False}, held_from=None))
        for other in (False, True)
    )


def _subsets(names: set[str]) -> Iterator[tuple[str, ...]]:
    for number in range(len(names) + 1):
        yield from itertools.combinations(sorted(names), number)


def _hold_to(edges: Any, contract: Contract, state: StrEnum | None, facts: Any) -> None:
    told = {str(step.to): step.failing for step in transitions.steps(edges, state, facts)}

    assert told == {
        to: [need for need in needs if not HOLDS[need](facts)]
        for (origin, to), (may, needs) in contract.items()
        if origin == state and may(facts)
    }, (state, facts)


def _to_a_release(*is_: str) -> releases.Facts:
    every = ("requester", "approver", "signer", "supervisor", "correction")
    return releases.Facts(**{f"is_{each}": each in is_ for each in every})


@pytest.mark.parametrize(
    ("actor", "roles", "facts"),
    [
        ("per_requester", {Role.ANALYST}, _to_a_release("requester", "signer")),
        ("per_approver", {Role.SUPERVISOR}, _to_a_release("approver", "signer", "supervisor")),
        ("per_third", {Role.ANALYST}, _to_a_release()),
    ],
)
def test_who_somebody_is_to_a_release(actor: str, roles: set[Role], facts: releases.Facts) -> None:
    release = Release(requested_by="per_requester", approved_by="per_approver")

    assert releases.Facts.of(Actor(actor, frozenset(roles), None, date(2026, 7, 1)), release) == facts


def test_the_priority_of_every_incident_is_that_of_the_table() -> None:
    table = {
        str(severity): [str(vocabulary.priority_of([(severity, imminence)])) for imminence in Imminence]
        for severity in Severity
    }

    assert [str(imminence) for imminence in Imminence] == ["now", "days", "weeks", "none", "unknown"]
    assert table == PRIORITIES


def test_a_case_has_the_priority_of_its_worst_incident_and_the_lowest_without_one() -> None:
    pairs = list(itertools.product(Severity, Imminence))

    assert vocabulary.priority_of([]) is Priority.P4
    for one, other in itertools.combinations_with_replacement(pairs, 2):
        worst = min(vocabulary.priority_of([one]), vocabulary.priority_of([other]))
        assert vocabulary.priority_of([one, other]) is worst


def _all(facts: type[Any]) -> Iterator[Any]:
    names = [field.name for field in fields(facts)]
    for values in itertools.product((False, True), repeat=len(names)):
        yield facts(**dict(zip(names, values, strict=True)))
