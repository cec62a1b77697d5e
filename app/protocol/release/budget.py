"""What releases may spend, and what rho means in words (RELEASES § 0). Rho is counted in whole millionths."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from app.protocol.periods import is_year, year_of
from app.vocabulary import ReleaseKind

# What the releases of one kind may spend: a quarter each, the others in a year.
KIND_CAP: Mapping[ReleaseKind, int] = {
    ReleaseKind.QUARTER: 12_500,
    ReleaseKind.YEAR: 110_000,
    ReleaseKind.RESERVE: 20_000,
}
YEAR_CAP = 180_000
LIFE_CAP = 500_000
DELTAS = (1e-5, 1e-6, 1e-9)

# What is published has four decimals, rounded up, of a conversion that is itself rounded up.
_NO_LESS, _NO_MORE = 1e-9, 2e-4
_STEPS = 200


@dataclass(frozen=True, slots=True)
class PrivacyLoss:
    """Rho in millionths, and the epsilon that it means, by delta."""

    rho: int
    epsilon: Mapping[str, float]


class Charge(Protocol):
    """A line of the ledger, as far as it concerns the budget."""

    @property
    def kind(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def rho_millionths(self) -> int: ...


def has_period(kind: ReleaseKind, period: str) -> bool:
    """Whether a kind of release is of such a period: a year, a quarter, or from the reserve either."""
    return kind is ReleaseKind.RESERVE or is_year(period) is (kind is ReleaseKind.YEAR)


def is_drawn(ledger: Iterable[Charge], *, kind: ReleaseKind, period: str) -> bool:
    """Whether this kind of release of this period has been drawn: it never is again."""
    return any(charge.kind == kind and charge.period == period for charge in ledger)


def budget_left(ledger: Iterable[Charge], *, kind: ReleaseKind, period: str) -> int:
    """What a release of this kind and period may still spend. It follows from public facts alone."""
    year = year_of(period)
    of_year = [charge for charge in ledger if year_of(charge.period) == year]
    of_kind = [charge for charge in of_year if charge.kind == kind]
    if kind is ReleaseKind.QUARTER:
        of_kind = [charge for charge in of_kind if charge.period == period]
    return max(0, min(KIND_CAP[kind] - _sum(of_kind), YEAR_CAP - _sum(of_year)))


def delta_name(delta: float) -> str:
    """As releases write it: `1e-5`."""
    return f"{delta:.0e}".replace("e-0", "e-")


def in_words(epsilon: float) -> str:
    """An epsilon with two decimals, rounded up: no text promises more than the noise keeps."""
    hundredths = math.ceil(Fraction(str(epsilon)) * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def is_meant(loss: PrivacyLoss) -> bool:
    """Whether these epsilons are what the rho means at each delta that is published: no less, and hardly more.

    It is worked out here by the formula, where the service has it from OpenDP.
    """
    if loss.epsilon.keys() != {delta_name(delta) for delta in DELTAS}:
        return False
    told = [(loss.epsilon[delta_name(delta)], delta) for delta in DELTAS]
    return all(
        _delta(loss.rho, epsilon + _NO_LESS) <= delta < _delta(loss.rho, epsilon - _NO_MORE) for epsilon, delta in told
    )


def _delta(rho: int, epsilon: float) -> float:
    """The least delta at which rho keeps this epsilon (Canonne, Kamath and Steinke 2020, corollary 13)."""
    concentrated = rho / 1_000_000

    def logarithm(order: float) -> float:
        return (order - 1) * (order * concentrated - epsilon) + order * math.log1p(-1 / order) - math.log(order - 1)

    low, high = 1 + 1e-9, 2 + (max(epsilon, 0) + 60) / concentrated
    for _ in range(_STEPS):  # it falls, and then rises
        third = (high - low) / 3
        if logarithm(low + third) < logarithm(high - third):
            high -= third
        else:
            low += third
    return math.exp(min(logarithm(low), 0.0))


def _sum(charges: Iterable[Charge]) -> int:
    return sum(charge.rho_millionths for charge in charges)
