"""How much noise a table has to have: the formula, what it costs, and what is too little to have been drawn."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app import vocabulary
from app.protocol.release.counts import NoisyCounts, NoisyTable
from app.protocol.release.errors import ReleaseError
from app.protocol.release.mechanism import check_noise, oddities, sigma_of
from tests.statistics.releases import folders

# Of 251 cells each, with a sigma of 14.143.
PLACES = "origin", "host"


def with_counts(counts: Sequence[int]) -> NoisyCounts:
    """The tables of a quarter, with these counts in those of places."""
    drawn = folders.noisy()
    return replace(
        drawn,
        tables=tuple(replace(table, counts=tuple(counts)) if table.name in PLACES else table for table in drawn.tables),
    )


def with_rho(workload: str, table: str, times: float) -> NoisyCounts:
    drawn = folders.noisy(workload)
    return replace(
        drawn,
        tables=tuple(replace(each, rho=each.rho * times) if each.name == table else each for each in drawn.tables),
    )


@pytest.mark.parametrize(
    ("workload", "sigmas"),
    [
        ("T", {"total": 10_000}),
        ("Q", {"total": 24_495, "origin": 14_143, "host": 14_143, "type": 17_321, "severity": 17_321}),
    ],
)
def test_sigma_is_the_formula_rounded_up(workload: str, sigmas: dict[str, int]) -> None:
    chosen = vocabulary.workload(workload)

    assert {table.name: sigma_of(chosen, table) for table in chosen.tables} == sigmas


def test_the_noise_of_each_year_is_what_partners_were_told() -> None:
    told = {  # RELEASES § 1
        "XS": [4.8, 4.8],
        "S": [10.9, 6.3, 6.3, 9.9, 10.9, 13.3, 13.3, 12.6, 7.7, 13.3, 15.4, 15.4],
        "M": [
            *(17.6, 8.8, 8.8, 17.6, 16.4, 17.6, 21.5, 20.3, 17.6, 10.1, 12.4, 22.7, 22.7, 24.8, 24.8, 22.7),
            *(15.2, 15.2, 13.6, 8.8),
        ],
        "L": [
            *(25.2, 11.3, 11.3, 29.2, 20.7, 25.2, 27.6, 25.2, 22.5, 9.7, 15.4, 30.8, 30.8, 33.8, 30.8, 25.2),
            *(20.7, 20.7, 16.9, 9.7, 27.6, 27.6, 33.8, 30.8, 19.5, 16.9, 23.9),
        ],
    }

    for name, sds in told.items():
        workload = vocabulary.workload(name)
        assert [round(sigma_of(workload, table) / 1000, 1) for table in workload.tables] == sds


@pytest.mark.parametrize("table", ["total", "origin", "host", "type", "severity"])
@pytest.mark.parametrize("less", [-1, 1])
def test_a_table_whose_sigma_is_not_its_workload_s_is_refused(table: str, less: int) -> None:
    drawn = folders.noisy()
    tables = (replace(each, sigma=each.sigma - less) if each.name == table else each for each in drawn.tables)

    with pytest.raises(ReleaseError, match=f"{table} has another sigma"):
        check_noise(replace(drawn, tables=tuple(tables)))


@pytest.mark.parametrize("table", ["total", "origin", "host", "type", "severity"])
def test_a_table_costs_what_its_noise_does_to_the_ninth_digit(table: str) -> None:
    for times in (1 - 0.95e-9, 1, 1 + 0.95e-9):
        check_noise(with_rho("Q", table, times))
    for times in (0, 1 - 1.05e-9, 1 + 1.05e-9, float("inf"), float("nan")):
        with pytest.raises(ReleaseError, match=f"{table} has another rho"):
            check_noise(with_rho("Q", table, times))


def test_the_tables_cost_no_more_than_the_release_was_charged() -> None:
    check_noise(with_rho("T", "total", 1))

    with pytest.raises(ReleaseError, match="cost more"):
        check_noise(with_rho("T", "total", 1 + 0.95e-9))


@pytest.mark.parametrize(
    ("count", "is_refused", "is_odd"),
    [
        (0, True, True),
        (7, True, True),
        (-7, True, True),
        (-8, False, True),
        (-9, False, True),
        (-10, False, False),
        (-21, False, False),
        (-22, False, True),
    ],
)
def test_noise_of_less_than_half_its_sigma_is_refused_and_what_is_unlikely_is_told_of(
    count: int, *, is_refused: bool, is_odd: bool
) -> None:
    counts = with_counts([count, *[5] * 250])

    assert oddities(counts) == ([*PLACES] if is_odd else [])
    if is_refused:
        with pytest.raises(ReleaseError, match="origin has too little noise"):
            check_noise(counts)
    else:
        check_noise(counts)


def test_only_what_is_below_zero_is_looked_at_and_each_of_it_by_its_square() -> None:
    assert oddities(with_counts([-4, -16, *[0] * 249])) == []  # 11.7 of 14.1, where 10 would be the mean
    assert oddities(with_counts([-1, -13, *[0] * 249])) == [*PLACES]  # 9.2


@pytest.mark.parametrize(
    ("sigma", "counts", "odd"),
    [
        (10_000, (0,) * 199, []),
        (10_000, (0,) * 200, ["table"]),
        (100_000, (-67,) * 200, []),
        (10_000, (-15,) * 200, []),
    ],
    ids=["too few cells to tell", "enough of them", "as little as is likely", "as much as is likely"],
)
def test_a_table_of_two_hundred_cells_tells_of_its_noise(sigma: int, counts: tuple[int, ...], odd: list[str]) -> None:
    table = NoisyTable("table", sigma, 0.005, counts)

    assert oddities(replace(folders.noisy("T"), tables=(table,))) == odd
