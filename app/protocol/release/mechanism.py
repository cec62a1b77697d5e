"""How much noise a table must have, and whether a folder has it (RELEASES §§ 1 and 8.9)."""

import math
from fractions import Fraction
from typing import Final

from app.protocol.release.counts import NoisyCounts, NoisyTable
from app.protocol.release.errors import ReleaseError
from app.vocabulary import Table, Workload

# Of a table of so many cells most are of nobody, and half of those are below zero.
TESTABLE: Final = 200
# The root mean square of what is below zero, in sigmas: refused, and told of.
_TOO_LITTLE: Final = 0.5
_ODD: Final = (0.67, 1.5)
# What a map in doubles may differ from the exact one.
_OF_DOUBLES: Final = Fraction(1, 10**9)


def sigma_of(workload: Workload, table: Table) -> int:
    """sqrt(m * sum(w) / (2 rho w)) in thousandths, rounded up, in exact arithmetic."""
    weights = sum(each.weight for each in workload.tables)
    square = Fraction(table.m) * weights / (2 * Fraction(workload.rho, 1_000_000) * table.weight)
    thousandths = math.isqrt(math.floor(square * 1_000_000))
    return thousandths if thousandths**2 >= square * 1_000_000 else thousandths + 1


def check_noise(counts: NoisyCounts) -> None:
    """Raises `ReleaseError` where the noise is not the workload's, costs another rho, or is too little to be it.

    In a table of fewer than `TESTABLE` cells nobody can tell noise that was never drawn.
    """
    for table, noisy in zip(counts.workload.tables, counts.tables, strict=True):
        if noisy.sigma != sigma_of(counts.workload, table):
            raise ReleaseError(f"{table.name} has another sigma than its workload")
        if not is_cost(noisy.rho, table, noisy.sigma):
            raise ReleaseError(f"{table.name} has another rho than its noise")
        below = _below_zero(noisy)
        if below is not None and below < _TOO_LITTLE:
            raise ReleaseError(f"{table.name} has too little noise for its sigma, or was cut off at zero")
    if math.fsum(noisy.rho for noisy in counts.tables) > counts.workload.rho / 1_000_000:
        raise ReleaseError("the tables cost more than the release was charged")


def is_cost(rho: float, table: Table, sigma: int) -> bool:
    """Whether noise of so many thousandths costs this rho in a table."""
    cost = Fraction(table.m) / (2 * Fraction(sigma, 1000) ** 2)
    return math.isfinite(rho) and abs(Fraction(rho) - cost) <= cost * _OF_DOUBLES


def oddities(counts: NoisyCounts) -> list[str]:
    """The tables whose noise is unlikely for its sigma, though it may have been drawn so."""
    least, most = _ODD
    return [
        noisy.name
        for noisy in counts.tables
        if (below := _below_zero(noisy)) is not None and not least <= below <= most
    ]


def _below_zero(noisy: NoisyTable) -> float | None:
    """How large what is below zero is, in sigmas; None where the table is too small to tell."""
    if len(noisy.counts) < TESTABLE:
        return None
    squares = [count * count for count in noisy.counts if count < 0]
    if not squares:
        return 0.0
    return math.sqrt(sum(squares) / len(squares)) / (noisy.sigma / 1000)
