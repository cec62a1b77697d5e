"""State machines as data: which steps there are, who may take each, and what must hold (CASEWORK § 1).

A package has one table of edges, which is asked by `steps` (what may I do?) and by `check` (do it), so that the two
cannot disagree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from app.problems import Problem

From = TypeVar("From")
To = TypeVar("To")
Facts = TypeVar("Facts")


class NoSuchStep(Problem):
    """Its state leads elsewhere, or the step is for another person. Ask for the steps that you can take now."""

    type, status, title = "no-such-step", 409, "There is no such step from here, or not for you"


class GuardsFail(Problem):
    """The step exists, but something must hold first; `failing` names what does not.

    See to that, and take the step then.
    """

    type, status, title = "guards-fail", 409, "It may not take this step yet"

    def __init__(self, *, failing: Sequence[str]) -> None:
        super().__init__()
        self.members["failing"] = list(failing)


@dataclass(frozen=True)
class Edge(Generic[Facts]):
    """One row: any of `who` may take it, once all `guards` hold. A guard's name is what a caller reads where it fails.

    An edge that nobody of staff takes has a `who` that is never true, and is listed because the contract lists it.
    """

    who: tuple[Callable[[Facts], bool], ...]
    guards: tuple[Callable[[Facts], bool], ...] = ()


@dataclass(frozen=True)
class Step(Generic[To]):
    """Where something can go from here, and which guards fail now."""

    to: To
    failing: list[str]


Edges: TypeAlias = Mapping[tuple[From, To], Edge[Facts]]


def steps(edges: Edges[From, To, Facts], state: From, facts: Facts) -> list[Step[To]]:
    """The edges that may be taken from this state by whom the facts are about."""
    return [
        Step(to, [guard.__name__ for guard in edge.guards if not guard(facts)])
        for (origin, to), edge in edges.items()
        if origin == state and any(may(facts) for may in edge.who)
    ]


def check(edges: Edges[From, To, Facts], state: From, to: To, facts: Facts) -> None:
    """Raises `NoSuchStep` or `GuardsFail` where this step may not be taken."""
    step = next((step for step in steps(edges, state, facts) if step.to == to), None)
    if step is None:
        raise NoSuchStep
    if step.failing:
        raise GuardsFail(failing=step.failing)
