"""The machine of cases, as data. One edge is open so far; another is another row of `EDGES`."""

from collections.abc import Callable
from dataclasses import dataclass

from app.vocabulary import CaseStage


@dataclass(frozen=True)
class Facts:
    """What the guards look at."""

    stage: CaseStage
    has_owner: bool
    consent_settled: bool


def has_owner(facts: Facts) -> bool:
    return facts.has_owner


def reporter_consent_settled(facts: Facts) -> bool:
    """The reporter said yes or no. That it was about *service* is sealed, and the client's check."""
    return facts.consent_settled


EDGES: dict[tuple[CaseStage, CaseStage], tuple[Callable[[Facts], bool], ...]] = {
    (CaseStage.INTAKE, CaseStage.ASSESSMENT): (has_owner, reporter_consent_settled),
}


@dataclass(frozen=True)
class Step:
    """Where a case can go from here, and which guards fail now."""

    to: CaseStage
    failing: list[str]


def steps(facts: Facts) -> list[Step]:
    return [
        Step(to, [guard.__name__ for guard in guards if not guard(facts)])
        for (origin, to), guards in EDGES.items()
        if origin is facts.stage
    ]
