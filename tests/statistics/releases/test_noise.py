import math
import statistics
import subprocess
import sys
from collections.abc import Sequence

import pytest

from app import vocabulary
from app.statistics.releases.noise import (
    DiscreteGaussian,
    OverspentError,
    budget,
    draw,
    l2_sensitivity,
    opendp_version,
)
from tests.statistics.releases.measurements import NoNoise

QUARTER = vocabulary.workload("Q")
EMPTY = {table.name: (0,) * len(table.cells()) for table in QUARTER.tables}


class Dear(NoNoise):
    """Costs a thousandth more than it may, and fails the test if it is asked to draw all the same."""

    def rho(self, *, sigma: float, m: int) -> float:
        return super().rho(sigma=sigma, m=m) * 1.001

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:  # noqa: ARG002 - the interface has them
        pytest.fail("drawn before the budget was checked")


@pytest.mark.parametrize("workload", vocabulary.all_workloads())
def test_the_library_s_own_maps_stay_within_the_budget(workload: str) -> None:
    chosen = vocabulary.workload(workload)
    planned = budget(chosen, DiscreteGaussian())

    assert math.fsum(each.rho for each in planned) <= chosen.rho / 1_000_000
    for each in planned:
        assert each.rho == pytest.approx(each.table.m / (2 * (each.sigma / 1000) ** 2), rel=1e-12)


def test_nothing_is_drawn_when_the_maps_exceed_the_budget() -> None:
    with pytest.raises(OverspentError):
        draw(QUARTER, EMPTY, Dear())


def test_what_costs_just_what_a_release_may_spend_is_drawn_and_nothing_that_costs_more() -> None:
    class Barely(NoNoise):
        def rho(self, *, sigma: float, m: int) -> float:
            return super().rho(sigma=sigma, m=m) * 1.000_000_5

    total = vocabulary.workload("T")
    assert [each.rho for each in budget(total, NoNoise())] == [total.rho / 10**6]
    with pytest.raises(OverspentError):
        budget(total, Barely())


def test_each_table_gets_the_noise_that_was_budgeted() -> None:
    class Scales(NoNoise):
        def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:
            return [round(sigma * 1000)] * len(counts)

    for table in draw(QUARTER, EMPTY, Scales()):
        assert set(table.counts) == {table.sigma}


def test_every_cell_gets_noise_also_the_empty_ones() -> None:
    drawn = draw(QUARTER, EMPTY, DiscreteGaussian())

    assert [len(table.counts) for table in drawn] == [1, 251, 251, 9, 4]
    for table in drawn[1:3]:
        assert statistics.pstdev(table.counts) == pytest.approx(14.1, rel=0.35)  # 7 standard errors of 251 cells


def test_two_draws_differ() -> None:
    first, second = (draw(QUARTER, EMPTY, DiscreteGaussian()) for _ in range(2))

    assert [table.counts for table in first] != [table.counts for table in second]


def test_a_whole_number_of_persons_goes_in_and_comes_out() -> None:
    (drawn,) = draw(vocabulary.workload("T"), {"total": (10**9,)}, DiscreteGaussian())

    assert isinstance(drawn.counts[0], int)
    assert abs(drawn.counts[0] - 10**9) < 100


@pytest.mark.parametrize("m", range(1, 50))
def test_the_sensitivity_is_never_below_the_root_of_m(m: int) -> None:
    numerator, denominator = l2_sensitivity(m).as_integer_ratio()

    assert numerator**2 >= m * denominator**2
    assert l2_sensitivity(m) == pytest.approx(math.sqrt(m), rel=1e-15)


def test_a_service_that_makes_no_release_does_not_load_the_library() -> None:
    program = (
        "import app.protocol.release.composition, app.statistics.releases.noise, sys; print('opendp' in sys.modules)"
    )

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout == "False\n"


def test_the_version_that_draws_is_known() -> None:
    assert opendp_version().startswith("0.16.")
