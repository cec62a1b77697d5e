from datetime import date, timedelta

import pytest

from app.protocol.periods import (
    PeriodError,
    day_after,
    first_day,
    is_year,
    last_day,
    number_of,
    numbered,
    quarter_of,
    quarters,
    year_of,
)


@pytest.mark.parametrize(
    ("period", "day"), [("2026-Q1", date(2026, 3, 31)), ("2026-Q2", date(2026, 6, 30)), ("2026", date(2026, 12, 31))]
)
def test_a_period_ends_with_its_last_day(period: str, day: date) -> None:
    assert last_day(period) == day
    assert day_after(period) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("period", "day"), [("2026-Q1", date(2026, 1, 1)), ("2026-Q2", date(2026, 4, 1)), ("2026", date(2026, 1, 1))]
)
def test_a_period_begins_with_its_first_day(period: str, day: date) -> None:
    assert first_day(period) == day


@pytest.mark.parametrize("quarter", quarters("2026"))
def test_a_day_is_of_the_quarter_that_it_lies_in(quarter: str) -> None:
    assert (quarter_of(first_day(quarter)), quarter_of(last_day(quarter))) == (quarter, quarter)


def test_quarters_are_numbered_one_behind_the_other() -> None:
    every = [quarter for year in ("2025", "2026") for quarter in quarters(year)]

    assert [number_of(quarter) - number_of("2025-Q1") for quarter in every] == list(range(8))
    assert [numbered(number_of(quarter)) for quarter in every] == every


def test_a_year_counts_the_cards_of_its_quarters() -> None:
    assert quarters("2026") == ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
    assert quarters("2026-Q2") == ("2026-Q2",)
    assert [year_of(each) for each in ("2026", "2026-Q2")] == ["2026", "2026"]
    assert [is_year(each) for each in ("2026", "2026-Q2")] == [True, False]


@pytest.mark.parametrize("period", ["", "2026-Q5", "2026-Q0", "26-Q1", "2026-06", "2026 ", "2026-Q2\n"])
def test_what_is_neither_quarter_nor_year_is_refused(period: str) -> None:
    with pytest.raises(PeriodError):
        last_day(period)
