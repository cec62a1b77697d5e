"""What releases spend, and what refuses them (RELEASES § 1, "Accounting"). Rho is counted in whole millionths."""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from app.protocol.release.budget import DELTAS, LIFE_CAP, PrivacyLoss, delta_name
from app.statistics.releases.noise import gaussian


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
