"""One consistent family of numbers within a release: linear least squares with exact variances (RELEASES § 0).

Tables that count the same persons got noise apart, so their sums differ. Of all numbers that agree on the workload's
margins these are the nearest to the noisy ones, each table weighed by its noise. They stay unbiased, and their standard
deviations follow from the mechanism alone. Plain arithmetic of doubles in a fixed order: the same bytes everywhere.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from app.protocol.release.counts import NoisyCounts
from app.protocol.release.mechanism import sigma_of
from app.vocabulary import Margin, Workload, coarsened

# Coefficients by the number of the equation.
_Row: TypeAlias = dict[int, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A cell's number of persons, unbiased and maybe negative, and the standard deviation of its noise."""

    value: float
    sd: float


def estimates(counts: NoisyCounts) -> tuple[tuple[Estimate, ...], ...]:
    """For every table the estimates of its cells, in their order."""
    family = _family(counts.workload, tuple(table.sigma for table in counts.tables))
    weights = family.solved(_broken(family, counts))
    return tuple(
        tuple(
            Estimate(float(count) - variance * math.fsum(sign * weights[equation] for equation, sign in terms), sd)
            for count, terms, sd in zip(table.counts, of_cells, sds, strict=True)
        )
        for table, of_cells, sds, variance in zip(
            counts.tables, family.terms, family.sds, family.variances, strict=True
        )
    )


def deviations(workload: Workload) -> tuple[tuple[float, ...], ...]:
    """Of every cell of every table, before anything is drawn: they follow from the workload alone."""
    return _family(workload, tuple(sigma_of(workload, table) for table in workload.tables)).sds


def covariances_with_total(counts: NoisyCounts) -> tuple[tuple[float, ...], ...]:
    """Of every cell's estimate with that of the first table's one cell, the total of persons."""
    family = _family(counts.workload, tuple(table.sigma for table in counts.tables))
    total = family.variances[0]
    weights = family.solved(_dense(family, family.terms[0][0]))
    shared = [
        [-variance * total * math.fsum(sign * weights[equation] for equation, sign in terms) for terms in of_cells]
        for of_cells, variance in zip(family.terms, family.variances, strict=True)
    ]
    shared[0][0] += total
    return tuple(map(tuple, shared))


@dataclass(frozen=True, slots=True, eq=False)
class _Family:
    """The equations of a workload under its noise, eliminated once: they do not depend on what was counted.

    `terms` are for every cell of every table the equations in which it stands, and its sign there; `rows` and `pivots`
    the factors L and D of the equations' covariance; `variances` those of the tables' noise.
    """

    terms: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
    variances: tuple[float, ...]
    rows: tuple[_Row, ...]
    pivots: tuple[float, ...]
    sds: tuple[tuple[float, ...], ...]

    def solved(self, right: list[float]) -> list[float]:
        """What the covariance of the equations takes to `right`."""
        result = list(right)
        for equation, row in enumerate(self.rows):
            for other, factor in row.items():
                result[other] -= factor * result[equation]
        for equation in reversed(range(len(result))):
            known = math.fsum(factor * result[other] for other, factor in self.rows[equation].items())
            result[equation] = result[equation] / self.pivots[equation] - known
        return result


@cache  # of the few workloads there are
def _family(workload: Workload, sigmas: tuple[int, ...]) -> _Family:
    terms = _terms(workload)
    variances = tuple((sigma / 1000) ** 2 for sigma in sigmas)
    rows, pivots = _eliminated(_covariance(terms, variances))
    sds = tuple(
        tuple(math.sqrt(_variance(variance, of_cell, rows, pivots)) for of_cell in of_cells)
        for of_cells, variance in zip(terms, variances, strict=True)
    )
    return _Family(terms, variances, rows, pivots, sds)


def _terms(workload: Workload) -> tuple[tuple[tuple[tuple[int, int], ...], ...], ...]:
    """An equation for each cell of each margin: what one table sums up to there, less what the other does."""
    terms: dict[str, list[list[tuple[int, int]]]] = {
        table.name: [[] for _ in table.cells()] for table in workload.tables
    }
    first = 0
    for margin in workload.margins:
        number = {cell: first + place for place, cell in enumerate(_cells(margin))}
        for table, sign in zip(margin.tables, (1, -1), strict=True):
            for own, cell in zip(terms[table.name], coarsened(table, margin.to), strict=True):
                own.append((number[cell], sign))
        first += len(number)
    return tuple(tuple(map(tuple, of_cells)) for of_cells in terms.values())


def _cells(margin: Margin) -> Iterator[tuple[str, ...]]:
    return iter(dict.fromkeys(coarsened(margin.tables[1], margin.to)))


def _covariance(terms: Sequence[Sequence[Sequence[tuple[int, int]]]], variances: Sequence[float]) -> list[_Row]:
    """Of each two equations, the later by the earlier: how much of their noise they share."""
    size = 1 + max((number for of_cells in terms for of_cell in of_cells for number, _ in of_cell), default=-1)
    rows: list[_Row] = [{} for _ in range(size)]
    for of_cells, variance in zip(terms, variances, strict=True):
        for of_cell in of_cells:
            for place, (number, sign) in enumerate(of_cell):
                for other, other_sign in of_cell[place:]:
                    low, high = min(number, other), max(number, other)
                    rows[low][high] = rows[low].get(high, 0.0) + sign * other_sign * variance
    return rows


def _eliminated(rows: list[_Row]) -> tuple[tuple[_Row, ...], tuple[float, ...]]:
    """The factors of a sparse symmetric matrix, given by its rows from the diagonal on."""
    factors: list[_Row] = []
    pivots: list[float] = []
    for number, row in enumerate(rows):
        pivot = row[number]
        later = {other: row[other] for other in sorted(row) if other != number}
        for other, value in later.items():
            share = value / pivot
            target = rows[other]
            for third, of_third in later.items():
                if third >= other:
                    target[third] = target.get(third, 0.0) - share * of_third
        factors.append({other: value / pivot for other, value in later.items()})
        pivots.append(pivot)
    return tuple(factors), tuple(pivots)


def _variance(
    variance: float, of_cell: Sequence[tuple[int, int]], rows: Sequence[_Row], pivots: Sequence[float]
) -> float:
    """That of one cell once it agrees: its noise less what the equations take of it."""
    waiting: _Row = {number: float(sign) for number, sign in of_cell}
    taken: list[float] = []
    while waiting:
        number = min(waiting)
        value = waiting.pop(number)
        taken.append(value * value / pivots[number])
        for other, factor in rows[number].items():
            waiting[other] = waiting.get(other, 0.0) - factor * value
    return variance - variance * variance * math.fsum(taken)


def _broken(family: _Family, counts: NoisyCounts) -> list[float]:
    """By how much the noisy counts break each equation: whole persons."""
    broken = [0] * len(family.pivots)
    for table, of_cells in zip(counts.tables, family.terms, strict=True):
        for count, of_cell in zip(table.counts, of_cells, strict=True):
            for number, sign in of_cell:
                broken[number] += sign * count
    return [float(each) for each in broken]


def _dense(family: _Family, of_cell: Sequence[tuple[int, int]]) -> list[float]:
    column = [0.0] * len(family.pivots)
    for number, sign in of_cell:
        column[number] += sign
    return column
