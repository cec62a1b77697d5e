"""What releases spend, and what refuses them (RELEASES § 1, "Accounting"). Rho is counted in whole millionths."""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Protocol

from app.protocol.periods import year_of
from app.protocol.release.budget import DELTAS, KIND_CAP, LIFE_CAP, YEAR_CAP, PrivacyLoss, delta_name
from app.statistics.releases.noise import gaussian
from app.vocabulary import ReleaseKind


class Charge(Protocol):
    """A line of the ledger, as far as it concerns the budget."""

    @property
    def kind(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def rho_millionths(self) -> int: ...


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


def token_hash(key: bytes, token: bytes) -> str:
    """The name of a contribution token's account: HMAC-SHA256 under a key of the service, lower-case hex."""
    return hmac.new(key, token, hashlib.sha256).hexdigest()


def admit(accounts: Mapping[str, int], tokens: Iterable[str], *, rho: int) -> frozenset[str]:
    """The accounts that can bear this release. The others are dropped, and how many nobody learns."""
    return frozenset(token for token in tokens if accounts.get(token, 0) + rho <= LIFE_CAP)


def privacy_loss(rho: int) -> PrivacyLoss:
    """What this rho means at every delta that is published."""
    return PrivacyLoss(rho, {delta_name(delta): epsilon(rho, delta) for delta in DELTAS})


def epsilon(rho: int, delta: float) -> float:
    """The epsilon of rho at this delta, by OpenDP's conversion, rounded up to four decimals."""
    import opendp.prelude as dp

    unit: Any = dp.c.make_zCDP_to_approxDP(gaussian(1.0))
    exact = Fraction(float(unit.map(distance(rho)).epsilon(delta)))
    return math.ceil(exact * 10_000) / 10_000


def distance(rho: int) -> float:
    """The distance at which noise of scale 1 costs rho: sqrt(2 rho), rounded up."""
    square = 2 * Fraction(rho, 1_000_000)
    root = math.sqrt(square)
    return root if Fraction(root) ** 2 >= square else math.nextafter(root, math.inf)


def _sum(charges: Iterable[Charge]) -> int:
    return sum(charge.rho_millionths for charge in charges)
