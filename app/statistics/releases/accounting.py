"""What a release costs (RELEASES § 1, "Accounting"). Rho is counted in whole millionths."""

import math
from fractions import Fraction
from typing import Any

from app.protocol.release.budget import DELTAS, PrivacyLoss, delta_name
from app.statistics.releases.noise import gaussian


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
