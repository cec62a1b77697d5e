"""The noise: discrete Gaussian by OpenDP, once per table, budgeted before anything is drawn (RELEASES §§ 1 and 5)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from typing import Any, Protocol

from app.protocol.release.counts import NoisyTable
from app.protocol.release.mechanism import sigma_of
from app.vocabulary import Table, Workload


class OverspentError(Exception):
    """The maps of the tables add up to more than the release may spend. Nothing was drawn."""


class Measurement(Protocol):
    """Integer noise on a table of persons. A test puts its own in this place; a release never does."""

    def rho(self, *, sigma: float, m: int) -> float:
        """What a draw costs in zero-concentrated privacy, where one person is in at most `m` cells."""

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:
        """The counts with fresh noise of scale `sigma`, in persons, each in its place."""


class DiscreteGaussian:
    """OpenDP's measurement. Its library is large, so it is loaded by the first release and not by the service."""

    def rho(self, *, sigma: float, m: int) -> float:
        return float(gaussian(sigma).map(l2_sensitivity(m)))

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:
        return [int(count) for count in gaussian(sigma)(list(counts))]


@dataclass(frozen=True, slots=True)
class BudgetedTable:
    """A table with the noise it will get: `sigma` in thousandths, `rho` as the measurement maps it."""

    table: Table
    sigma: int
    rho: float


def budget(workload: Workload, measurement: Measurement) -> tuple[BudgetedTable, ...]:
    """The noise of every table. Raises `OverspentError` where it would cost more than the workload's rho."""
    plan = tuple(_with_budget(workload, table, measurement) for table in workload.tables)
    if math.fsum(each.rho for each in plan) > workload.rho / 1_000_000:
        raise OverspentError(f"the tables of {workload.id} cost more than the release may spend")
    return plan


def draw(workload: Workload, counts: Mapping[str, Sequence[int]], measurement: Measurement) -> tuple[NoisyTable, ...]:
    """Every cell of every table with its noise, in the order of the cells. Call it once a release, ever."""
    plan = budget(workload, measurement)
    return tuple(
        NoisyTable(
            name=each.table.name,
            sigma=each.sigma,
            rho=each.rho,
            counts=tuple(measurement.draw(counts[each.table.name], sigma=each.sigma / 1000)),
        )
        for each in plan
    )


def gaussian(sigma: float) -> Any:
    """OpenDP's discrete Gaussian over a vector of counts, which maps an L2 distance to rho."""
    import opendp.prelude as dp

    dp.enable_features("contrib")  # this one measurement, whose proof is written, waits there with others
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    return space >> dp.m.then_gaussian(scale=sigma)


def opendp_version() -> str:
    """Of the library that draws, without loading it."""
    return version("opendp")


def l2_sensitivity(m: int) -> float:
    """sqrt(m), rounded up: a person moves at most m cells of a table by one each."""
    root = math.sqrt(m)
    return root if Fraction(root) ** 2 >= m else math.nextafter(root, math.inf)


def _with_budget(workload: Workload, table: Table, measurement: Measurement) -> BudgetedTable:
    sigma = sigma_of(workload, table)
    return BudgetedTable(table=table, sigma=sigma, rho=measurement.rho(sigma=sigma / 1000, m=table.m))
