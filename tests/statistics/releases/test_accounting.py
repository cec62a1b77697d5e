import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.protocol.release.budget import (
    PrivacyLoss,
    in_words,
    is_meant,
)
from app.statistics.releases import accounting
from app.statistics.releases.accounting import epsilon


@pytest.mark.parametrize(
    ("rho", "expected"), [(12_500, 0.71), (110_000, 2.26), (160_000, 2.77), (180_000, 2.96), (500_000, 5.23)]
)
def test_rho_means_the_published_epsilons(rho: int, expected: float) -> None:
    exact = epsilon(rho, 1e-6)

    assert exact <= expected < exact + 0.01
    assert in_words(exact) == f"{expected:.2f}"


@given(st.integers(1, 500_000))
@example(20_000)
@example(500_000)
def test_a_distance_is_the_least_that_costs_no_less(rho: int) -> None:
    square, distance = Fraction(2 * rho, 1_000_000), accounting.distance(rho)

    assert Fraction(distance) ** 2 >= square
    assert Fraction(math.nextafter(distance, 0)) ** 2 < square


def test_a_smaller_delta_means_a_larger_epsilon() -> None:
    spent = accounting.privacy_loss(20_000).epsilon

    assert spent["1e-5"] < spent["1e-6"] < spent["1e-9"]


@pytest.mark.parametrize("rho", [5_000, 12_500, 110_000, 180_000, 500_000])
def test_who_verifies_works_out_the_same_epsilons_as_the_library(rho: int) -> None:
    told = accounting.privacy_loss(rho).epsilon

    assert is_meant(PrivacyLoss(rho, told))
    for delta in told:
        assert not is_meant(PrivacyLoss(rho, {**told, delta: told[delta] - 0.001}))
        assert not is_meant(PrivacyLoss(rho, {**told, delta: told[delta] + 0.001}))
    assert not is_meant(PrivacyLoss(rho, {"1e-6": told["1e-6"]}))
