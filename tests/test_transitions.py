"""What every table of edges has in common."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import pytest

from app import transitions
from app.casework.approvals.machine import EDGES as APPROVALS
from app.casework.consents.machine import EDGES as CONSENTS
from app.statistics.releases.machine import EDGES as RELEASES
from app.transitions import Edge, GuardsFail, NoSuchStep, Step


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


def driver(facts: set[str]) -> bool:
    return "driver" in facts


def owner(facts: set[str]) -> bool:
    return "owner" in facts


def belt_on(facts: set[str]) -> bool:
    return "belt on" in facts


def way_free(facts: set[str]) -> bool:
    return "way free" in facts


EDGES: Mapping[tuple[Light, Light], Edge[set[str]]] = {
    (Light.RED, Light.GREEN): Edge((driver, owner), (belt_on, way_free)),
    (Light.GREEN, Light.RED): Edge((owner,)),
}


def test_a_step_is_for_any_of_those_who_may_take_it_and_names_what_fails() -> None:
    failing = ["belt_on"]

    for who in ("driver", "owner"):
        assert transitions.steps(EDGES, Light.RED, {who, "way free"}) == [Step(Light.GREEN, failing)]
    assert transitions.steps(EDGES, Light.RED, {"belt on", "way free"}) == []
    assert transitions.steps(EDGES, Light.GREEN, {"driver"}) == []


def test_what_may_be_done_and_what_is_refused_agree() -> None:
    transitions.check(EDGES, Light.RED, Light.GREEN, {"driver", "belt on", "way free"})

    with pytest.raises(GuardsFail) as refused:
        transitions.check(EDGES, Light.RED, Light.GREEN, {"driver"})
    assert refused.value.members == {"failing": ["belt_on", "way_free"]}
    for state, to, facts in (
        (Light.RED, Light.GREEN, {"belt on", "way free"}),
        (Light.GREEN, Light.GREEN, {"owner"}),
        (Light.GREEN, Light.RED, {"driver"}),
    ):
        with pytest.raises(NoSuchStep):
            transitions.check(EDGES, state, to, facts)


def told(edges: Iterable[tuple[StrEnum, StrEnum]]) -> set[tuple[str, str]]:
    return {(str(origin), str(to)) for origin, to in edges}


def test_the_edges_of_approvals_and_releases_are_those_of_the_contract() -> None:
    assert told(APPROVALS) == {
        ("requested", "approved"),
        ("requested", "rejected"),
        ("requested", "cancelled"),
        ("approved", "cancelled"),
    }
    assert told(RELEASES) == {
        ("requested", "approved"),
        ("requested", "rejected"),
        ("requested", "cancelled"),
        ("approved", "approved"),  # another takes over
        ("approved", "cancelled"),
        ("approved", "drawn"),
        ("drawn", "composed"),
        ("composed", "composed"),  # another stands in
        ("composed", "signed"),
        ("signed", "embargoed"),
        ("signed", "published"),
        *((each, "cancelled") for each in ("drawn", "composed", "signed")),  # of a correction alone
        ("embargoed", "published"),
    }


def test_the_edges_of_consents_are_those_of_the_contract() -> None:
    ended = ("declined", "withdrawn", "expired", "superseded")
    asked_or_unasked = {"asked", "given", "declined"}
    expected: dict[str | None, set[str]] = {
        "asked": {"given", "declined"},
        "given": {"withdrawn", "expired", "superseded"},
        None: asked_or_unasked,
        **dict.fromkeys(ended, asked_or_unasked),  # a changed mind
    }

    assert {origin: {str(to) for of, to in CONSENTS if of == origin} for origin, _ in CONSENTS} == expected
