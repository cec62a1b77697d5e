"""Within a release the tables agree, without bias, and with deviations that are exact."""

import math
import statistics
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from app import vocabulary
from app.protocol.release import family
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import Estimate, covariances_with_total, estimates
from app.protocol.release.grades import Grade, half_width, shown
from app.statistics.releases.noise import draw
from app.vocabulary import Margin, Table, Workload, coarsened
from tests.statistics.releases.measurements import Seeded

FAMILIES = ("Q", "S", "M", "L")


@cache
def of_nobody(name: str, seed: int) -> NoisyCounts:
    workload = vocabulary.workload(name)
    zeros = {table.name: (0,) * len(table.cells()) for table in workload.tables}
    return NoisyCounts(period="2026", workload=workload, tables=draw(workload, zeros, Seeded(seed)))


@pytest.mark.parametrize("name", FAMILIES)
def test_adjusted_tables_agree_on_every_margin(name: str) -> None:
    counts = of_nobody(name, 1)
    own = dict(zip((table.name for table in counts.tables), estimates(counts), strict=True))

    for margin in counts.workload.margins:
        first, second = (_sums(own[table.name], table, margin) for table in margin.tables)
        assert max(abs(first[cell] - second[cell]) for cell in second) < 1e-6
    assert counts.workload.margins


@pytest.mark.parametrize("name", FAMILIES)
def test_no_margin_says_what_others_say_already(name: str) -> None:
    """Twice the same equation would make the pivot that is left of it nothing, and its share of the noise a guess."""
    built = family._family(vocabulary.workload(name), tuple(table.sigma for table in of_nobody(name, 1).tables))

    assert min(built.pivots) > 1


def test_numbers_are_the_nearest_to_the_noisy_ones_and_their_deviations_exact() -> None:
    """A total and two lists of it, by hand: three ways to count the same persons, weighed by their noise."""
    counts = of_nobody("Q", 3)
    total, origin, host, kinds, severity = counts.tables
    ways = {each.name: (sum(each.counts), len(each.counts) * (each.sigma / 1000) ** 2) for each in counts.tables}
    of_total = [ways[name] for name in ("total", "origin", "host", "severity")]
    precision = math.fsum(1 / variance for _, variance in of_total)
    best = math.fsum(value / variance for value, variance in of_total) / precision

    adjusted = dict(zip(ways, estimates(counts), strict=True))

    assert adjusted["total"][0].value == pytest.approx(best)
    assert adjusted["total"][0].sd == pytest.approx(math.sqrt(1 / precision))
    missing = best - sum(severity.counts)
    assert [each.value for each in adjusted["severity"]] == pytest.approx(
        [count + missing / 4 for count in severity.counts]
    )
    assert [each.value for each in adjusted["type"]] == list(kinds.counts)
    assert {each.sd for each in adjusted["type"]} == {kinds.sigma / 1000}
    assert (len(origin.counts), len(host.counts), len(total.counts)) == (251, 251, 1)


def test_deviations_are_those_that_the_noise_shows() -> None:
    names = ("total", "origin", "severity", "verification", "hoax")
    drawn: dict[str, list[float]] = {name: [] for name in names}
    exact: dict[str, list[float]] = {name: [] for name in names}
    with_total: list[tuple[float, float]] = []
    for seed in range(150):
        counts = of_nobody("S", seed)
        for table, own in zip(counts.tables, estimates(counts), strict=True):
            if table.name in names:
                drawn[table.name] += [each.value for each in own]
                exact[table.name] += [each.sd for each in own]
        with_total.append((drawn["total"][-1], drawn["severity"][-4]))

    for name in names:
        sd = math.sqrt(statistics.fmean(each**2 for each in exact[name]))
        assert statistics.pstdev(drawn[name], 0) == pytest.approx(sd, rel=4 / math.sqrt(2 * len(drawn[name])))
    expected = covariances_with_total(of_nobody("S", 0))[4][0]
    assert statistics.fmean(a * b for a, b in with_total) == pytest.approx(expected, abs=4 * 10 * 9.2 / math.sqrt(150))
    assert covariances_with_total(of_nobody("S", 0))[0][0] == pytest.approx(exact["total"][0] ** 2)


@pytest.mark.parametrize(("name", "seeds"), [("Q", 200), ("S", 100), ("M", 10), ("L", 5)])
def test_where_nobody_is_one_release_of_twenty_names_a_place_at_most(name: str, seeds: int) -> None:
    named = sum(_names_anybody(of_nobody.__wrapped__(name, seed), lowest_of=_by_the_rule) for seed in range(seeds))

    assert named <= 0.05 * seeds + 3 * math.sqrt(0.05 * 0.95 * seeds)


def test_a_lower_bound_of_1_96_deviations_would_name_places_where_nobody_is() -> None:
    named = sum(_names_anybody(of_nobody("Q", seed), lowest_of=_careless) for seed in range(20))

    assert named >= 18


def test_a_broken_margin_is_caught() -> None:
    """Types of acts are no sum of persons: taken for one, they would pull the numbers of persons away."""
    workload = vocabulary.workload("S")
    tables = {table.name: table for table in workload.tables}
    wrong = Margin((tables["type"], tables["total"]), ())
    true = {name: _spread(table) for name, table in tables.items()}
    honest = draw(workload, true, Seeded(4))

    def off(broken: Workload) -> float:
        own = estimates(NoisyCounts(period="2026", workload=broken, tables=honest))
        return abs(own[0][0].value - 1_000) / own[0][0].sd

    assert off(workload) < 4
    assert off(_with_margins(workload, (*workload.margins, wrong))) > 8


def test_intervals_cover_95_of_100_cells_in_every_grade_on_sparse_lists_too() -> None:
    """A list of 251 in which twelve places have anybody, and tables in which all have."""
    workload = vocabulary.workload("S")
    true = {table.name: _spread(table) for table in workload.tables}
    exact = cells = 0
    by_grade: dict[Grade, list[bool]] = {grade: [] for grade in Grade}
    for seed in range(120):
        counts = NoisyCounts(period="2026", workload=workload, tables=draw(workload, true, Seeded(seed)))
        for table, own in zip(counts.tables, estimates(counts), strict=True):
            for persons, each in zip(true[table.name], own, strict=True):
                told = shown(each, tables=len(counts.tables), cells=len(own))
                exact += abs(each.value - persons) <= half_width(each.sd)
                by_grade[told.grade].append(told.lower <= persons <= told.upper)
                cells += 1

    assert 0.94 <= exact / cells <= 0.97
    for covered_of in by_grade.values():
        assert len(covered_of) < 200 or statistics.fmean(covered_of) >= 0.93


def _spread(table: Table) -> tuple[int, ...]:
    """A thousand persons of which a long list has few cells, and each cell of a short one about as many."""
    cells = len(table.cells())
    shares = [1 / rank for rank in range(1, min(cells, 12) + 1)]
    whole = 2_300 if table.of_acts() else 1_000
    if table.name in ("hoax", "kinds"):
        whole = 400
    persons = [int(whole * each / math.fsum(shares)) for each in shares]
    persons[0] += whole - sum(persons)
    return (*persons, *[0] * (cells - len(persons)))


def _sums(own: Sequence[Estimate], table: Table, margin: Margin) -> dict[tuple[str, ...], float]:
    sums: dict[tuple[str, ...], float] = {}
    for cell, each in zip(coarsened(table, margin.to), own, strict=True):
        sums[cell] = sums.get(cell, 0.0) + each.value
    return sums


def _names_anybody(counts: NoisyCounts, *, lowest_of: Callable[[Estimate, int, int], int]) -> bool:
    return any(
        lowest_of(each, len(counts.tables), len(of_table)) > 0 for of_table in estimates(counts) for each in of_table
    )


def _by_the_rule(each: Estimate, tables: int, cells: int) -> int:
    return shown(each, tables=tables, cells=cells).lower


def _careless(each: Estimate, tables: int, cells: int) -> int:
    return math.floor(each.value - half_width(each.sd))


def _with_margins(workload: Workload, margins: tuple[Margin, ...]) -> Workload:
    return Workload(
        id=workload.id,
        version=workload.version,
        kind=workload.kind,
        rho=workload.rho,
        tables=workload.tables,
        margins=margins,
        sha256=workload.sha256,
    )
