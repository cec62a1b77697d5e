"""The small machines, whole: every state, everybody who could ask, everything that could hold, against the contract."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any

import pytest

from app import transitions, vocabulary
from app.actor import Actor
from app.casework.approvals import machine as approvals
from app.casework.consents import machine as consents
from app.casework.stages import machine as stages
from app.statistics.releases import machine as releases
from app.statistics.releases.models import Release, ReleaseState
from app.vocabulary import ApprovalState, CaseStage, ConsentStatus, Imminence, Priority, Role, Severity

May = Callable[[Any], bool]
# From, to: who may, and the names of what must hold (CASEWORK § 1, RELEASES § 8).
Contract = Mapping[tuple[str | None, str], tuple[May, tuple[str, ...]]]


def anybody(_: object) -> bool:
    return True


STAGES: Contract = {
    ("intake", "assessment"): (lambda facts: facts.is_member, ("has_owner", "reporter_consent_settled")),
    ("assessment", "intake"): (lambda facts: facts.is_member, ()),
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
    ("composed", "composed"): (lambda facts: not facts.is_signer, ()),
    ("composed", "signed"): (lambda facts: facts.is_signer, ()),
    ("signed", "published"): (lambda facts: facts.is_supervisor, ()),
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
}


@pytest.mark.parametrize(
    ("machine", "states", "contract"),
    [
        (stages, CaseStage, STAGES),
        (consents, ConsentStatus, CONSENTS),
        (approvals, ApprovalState, APPROVALS),
        (releases, ReleaseState, RELEASES),
    ],
    ids=["stages", "consents", "approvals", "releases"],
)
def test_every_step_is_that_of_the_contract(machine: Any, states: type[StrEnum], contract: Contract) -> None:
    for state in (None, *states):
        for facts in _all(machine.Facts):
            told = {str(step.to): step.failing for step in transitions.steps(machine.EDGES, state, facts)}

            assert told == {
                to: [need for need in needs if not HOLDS[need](facts)]
                for (origin, to), (may, needs) in contract.items()
                if origin == state and may(facts)
            }, (state, facts)


def _to_a_release(*is_: str) -> releases.Facts:
    return releases.Facts(**{f"is_{each}": each in is_ for each in ("requester", "approver", "signer", "supervisor")})


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
