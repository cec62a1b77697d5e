"""What releases may spend, what is left of it, and which epsilons a rho means to whoever works it out."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import vocabulary
from app.protocol.release.budget import (
    DELTAS,
    KIND_CAP,
    LIFE_CAP,
    YEAR_CAP,
    PrivacyLoss,
    budget_left,
    delta_name,
    has_period,
    in_words,
    is_drawn,
    is_meant,
)
from app.vocabulary import ReleaseKind

QUARTER, YEAR, RESERVE = ReleaseKind.QUARTER, ReleaseKind.YEAR, ReleaseKind.RESERVE
quarters = st.builds(lambda year, number: f"{year}-Q{number}", st.integers(2026, 2028), st.integers(1, 4))
wanted = st.one_of(
    st.tuples(st.just(QUARTER), quarters),
    st.tuples(st.just(RESERVE), quarters),
    st.tuples(st.just(YEAR), st.integers(2026, 2028).map(str)),
)


@dataclass(frozen=True)
class Charge:
    kind: str
    period: str
    rho_millionths: int


@given(st.lists(st.tuples(wanted, st.integers(1, 150_000)), max_size=40))
def test_no_sequence_of_requests_overspends_a_kind_or_a_year(
    requests: list[tuple[tuple[ReleaseKind, str], int]],
) -> None:
    ledger: list[Charge] = []
    for (kind, period), rho in requests:
        if not is_drawn(ledger, kind=kind, period=period) and rho <= budget_left(ledger, kind=kind, period=period):
            ledger.append(Charge(kind, period, rho))

    assert len({(charge.kind, charge.period) for charge in ledger}) == len(ledger)
    for year in ("2026", "2027", "2028"):
        of_year = [charge for charge in ledger if charge.period.startswith(year)]
        assert sum(charge.rho_millionths for charge in of_year) <= YEAR_CAP
        for kind in (YEAR, RESERVE):
            assert sum(each.rho_millionths for each in of_year if each.kind == kind) <= KIND_CAP[kind]
    assert all(each.rho_millionths <= KIND_CAP[QUARTER] for each in ledger if each.kind == QUARTER)


def test_a_year_of_ordinary_releases_fits_its_budget_exactly() -> None:
    total = vocabulary.workload("T").rho
    ledger: list[Charge] = []
    for number in range(1, 5):
        for kind, rho in ((RESERVE, total), (QUARTER, vocabulary.workload("Q").rho)):
            assert budget_left(ledger, kind=kind, period=f"2026-Q{number}") >= rho
            ledger.append(Charge(kind, f"2026-Q{number}", rho))
    assert budget_left(ledger, kind=YEAR, period="2026") == vocabulary.workload("M").rho
    ledger.append(Charge(YEAR, "2026", 110_000))

    assert sum(charge.rho_millionths for charge in ledger) == YEAR_CAP
    assert {
        budget_left(ledger, kind=kind, period=period) for kind, period in ((YEAR, "2026"), (RESERVE, "2026-Q4"))
    } == {0}
    assert budget_left(ledger, kind=RESERVE, period="2027-Q1") == 20_000


def test_three_full_years_and_one_reserve_fit_into_a_life() -> None:
    of_a_year = 4 * vocabulary.workload("Q").rho + vocabulary.workload("M").rho

    assert (of_a_year, 3 * of_a_year + KIND_CAP[RESERVE]) == (160_000, LIFE_CAP)


@pytest.mark.parametrize(
    ("spent", "kind", "period", "left"),
    [
        (("reserve", "2026-Q1", 5_000), RESERVE, "2026-Q2", 15_000),
        (("reserve", "2026-Q1", 5_000), RESERVE, "2027-Q1", 20_000),
        (("reserve", "2026", 5_000), RESERVE, "2026-Q2", 15_000),
        (("reserve", "2026-Q1", 5_000), QUARTER, "2026-Q1", 12_500),
        (("quarter", "2026-Q1", 5_000), QUARTER, "2026-Q1", 7_500),
        (("quarter", "2026-Q1", 5_000), QUARTER, "2026-Q2", 12_500),
        (("year", "2026", 50_000), YEAR, "2026", 60_000),
        # More than any release may spend: the cap of the year holds beside those of the kinds.
        (("year", "2026", 175_000), QUARTER, "2026-Q1", 5_000),
        (("year", "2026", 190_000), QUARTER, "2026-Q1", 0),
    ],
)
def test_what_was_spent_is_no_longer_left(
    spent: tuple[str, str, int], kind: ReleaseKind, period: str, left: int
) -> None:
    assert budget_left([Charge(*spent)], kind=kind, period=period) == left


def test_a_year_is_released_by_years_a_quarter_by_quarters_and_the_total_by_either() -> None:
    of = {kind: [has_period(kind, "2026"), has_period(kind, "2026-Q2")] for kind in ReleaseKind}

    assert of == {YEAR: [True, False], QUARTER: [False, True], RESERVE: [True, True]}


def test_a_kind_of_a_period_is_drawn_once() -> None:
    ledger = [Charge("quarter", "2026-Q2", 12_500), Charge("reserve", "2026-Q1", 5_000)]

    assert is_drawn(ledger, kind=QUARTER, period="2026-Q2")
    assert not is_drawn(ledger, kind=RESERVE, period="2026-Q2")
    assert not is_drawn(ledger, kind=QUARTER, period="2026-Q3")


def test_an_epsilon_in_words_is_never_below_the_one_that_is_meant() -> None:
    said = {0.9: "0.90", 0.9001: "0.91", 2.2561: "2.26", 5.2216: "5.23", 0.07: "0.07", 10.0: "10.00"}

    assert {exact: in_words(exact) for exact in said} == said


def test_releases_may_spend_so_much_and_no_more() -> None:
    assert KIND_CAP == {QUARTER: 12_500, YEAR: 110_000, RESERVE: 20_000}
    assert (YEAR_CAP, LIFE_CAP, DELTAS) == (180_000, 500_000, (1e-5, 1e-6, 1e-9))
    assert list(map(delta_name, DELTAS)) == ["1e-5", "1e-6", "1e-9"]


# What the formula gives to ten decimals, of the least and of the most that is spent.
MEANT = {
    5_000: {"1e-5": 0.3752612357, "1e-6": 0.4299414688, "1e-9": 0.5648932843},
    500_000: {"1e-5": 4.7283869849, "1e-6": 5.2215344445, "1e-9": 6.4740700207},
}


@pytest.mark.parametrize("rho", MEANT)
def test_an_epsilon_is_meant_where_it_is_no_less_than_the_formulas_and_hardly_more(rho: int) -> None:
    def all_by(more: float) -> PrivacyLoss:
        return PrivacyLoss(rho, {delta: epsilon + more for delta, epsilon in MEANT[rho].items()})

    assert [is_meant(all_by(more)) for more in (-1.2e-9, 2e-10, 1.9e-4, 2.1e-4)] == [False, True, True, False]
    for delta in MEANT[rho]:
        for more in (-1.2e-9, 2.1e-4):
            assert not is_meant(PrivacyLoss(rho, {**all_by(1e-5).epsilon, delta: MEANT[rho][delta] + more}))
    assert not is_meant(PrivacyLoss(rho, {**all_by(0).epsilon, "1e-7": 1.0}))
    assert not is_meant(PrivacyLoss(rho, {}))
