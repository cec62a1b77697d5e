"""What may be said of an estimate: intervals, grades, words, shares and changes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.release.family import Estimate
from app.protocol.release.grades import (
    Grade,
    Share,
    Shown,
    grid,
    half_width,
    is_clear_change,
    least_change,
    least_shown_change,
    share,
    shown,
    threshold,
)

estimate = st.builds(Estimate, st.floats(-1e6, 1e6), st.floats(2, 200))


@given(estimate, st.integers(1, 30), st.integers(1, 6_000))
def test_bounds_lie_on_the_grid_and_hold_the_interval_and_the_value(own: Estimate, tables: int, cells: int) -> None:
    told, step = shown(own, tables=tables, cells=cells), grid(own.sd)

    assert 0 <= told.lower <= told.upper
    assert told.lower % step == told.upper % step == told.below % step == 0
    assert told.lower <= max(0, own.value - half_width(own.sd))
    assert told.upper >= own.value + half_width(own.sd)
    if told.value is not None:
        assert told.lower <= told.value <= told.upper
        assert abs(told.value - own.value) <= step / 2


@given(estimate, st.integers(2, 30), st.integers(1, 6_000))
def test_the_grade_follows_the_signal_and_the_threshold_of_the_release(own: Estimate, tables: int, cells: int) -> None:
    told, signal, least = shown(own, tables=tables, cells=cells), own.value / own.sd, threshold(tables, cells)

    expected = "D" if signal < least else "A" if signal >= 10 else "B" if signal >= 5 else "C"
    assert told.grade == expected
    assert (told.value is not None) == (told.grade in "AB") == (told.status == "E")
    assert told.grade == "D" or told.lower > 0
    assert told.grade != "D" or (told.lower, told.below > own.value + 1.645 * own.sd) == (0, True)


@pytest.mark.parametrize(
    ("tables", "cells", "deviations"),
    [(1, 1, 1.6449), (5, 4, 2.8071), (5, 251, 3.9454), (20, 9, 3.4525), (20, 251, 4.2658), (20, 5271, 4.9021)],
)
def test_a_release_of_many_cells_asks_more_of_each(tables: int, cells: int, deviations: float) -> None:
    assert threshold(tables, cells) == deviations
    assert (1 - 0.5 * math.erfc(-threshold(tables, cells) / math.sqrt(2))) * tables * cells <= 0.05


@pytest.mark.parametrize(("sd", "step"), [(1.999, 1), (2, 5), (19.999, 5), (20, 10)])
def test_the_grid_follows_the_noise(sd: float, step: int) -> None:
    assert grid(sd) == step


@pytest.mark.parametrize(
    ("value", "grade", "words"),
    [
        (138.6, "A", "about 140, between 120 and 155"),
        (1_402.2, "A", "about 1,400, between 1,385 and 1,420"),
        (60.0, "B", "about 60, between 45 and 75, rough"),
        (30.0, "C", "between 15 and 45"),
        (9.0, "D", "not clear; fewer than 25"),
        (-40.0, "D", "not clear; fewer than 15"),
    ],
)
def test_the_words_are_those_that_may_be_quoted(value: float, grade: str, words: str) -> None:
    told = shown(Estimate(value, 7.0), tables=12, cells=9)

    assert (told.grade, told.words()) == (Grade(grade), words)


@pytest.mark.parametrize(
    ("value", "told", "status"),
    [
        (100, Shown(Grade.A, 100, 80, 120, 120), "E"),
        (50, Shown(Grade.B, 50, 30, 70, 70), "E"),
        (30, Shown(Grade.C, None, 10, 50, 50), "U"),
        (17, Shown(Grade.C, None, 0, 40, 40), "U"),
        (9, Shown(Grade.D, None, 0, 30, 30), "U"),
        (-40, Shown(Grade.D, None, 0, 20, 20), "U"),
    ],
)
def test_a_cell_is_published_on_the_grid_of_its_noise_and_never_below_nobody(
    value: float, told: Shown, status: str
) -> None:
    published = shown(Estimate(value, 10), tables=1, cells=1)

    assert (published, published.status) == (told, status)


@pytest.mark.parametrize(("deviations", "below", "from_it_on"), [(1.6449, "D", "C"), (5, "C", "B"), (10, "B", "A")])
def test_a_grade_begins_with_its_deviations(deviations: float, below: str, from_it_on: str) -> None:
    grades = [shown(Estimate(value, 1), tables=1, cells=1).grade for value in (deviations - 1e-9, deviations)]

    assert grades == [below, from_it_on]


def test_half_of_an_interval_is_1_96_deviations_of_the_noise_and_the_rounding() -> None:
    assert half_width(10) == pytest.approx(19.608165, abs=1e-6)
    assert half_width(0) == pytest.approx(0.565803, abs=1e-6)


def test_a_change_is_clear_where_no_cell_of_the_table_would_show_it_by_chance() -> None:
    before, after = Estimate(100, 8), Estimate(140, 8)

    assert is_clear_change(before, after, cells=9)
    assert not is_clear_change(before, after, cells=251)
    assert least_change(before, after, cells=1) == pytest.approx(1.96 * math.sqrt(128), rel=1e-4)


def test_a_change_is_clear_above_the_least_of_four_decimals_and_not_at_it() -> None:
    before, least = Estimate(0, 1), least_change(Estimate(0, 1), Estimate(0, 0), cells=9)

    assert least == 2.7730
    assert [is_clear_change(before, Estimate(sign * least, 0), cells=9) for sign in (1, -1)] == [False, False]
    assert is_clear_change(before, Estimate(-least - 1e-9, 0), cells=9)


@given(estimate, st.floats(-500, 500), st.integers(1, 6_000))
def test_a_change_between_numbers_as_they_are_shown_is_clear_whatever_they_were_rounded_from(
    before: Estimate, change: float, cells: int
) -> None:
    after, step = Estimate(before.value + change, before.sd), grid(before.sd)
    shown_before, shown_after = (math.floor(each.value / step + 0.5) * step for each in (before, after))
    least = least_shown_change(before.sd, cells=cells)

    assert least % step == 0
    assert least <= least_change(before, after, cells=cells) + 2 * step
    if abs(shown_after - shown_before) >= least:
        assert is_clear_change(before, after, cells=cells)


def test_a_share_is_told_outward_and_narrower_where_both_numbers_share_their_noise() -> None:
    part, whole = Estimate(300, 10), Estimate(1_000, 20)

    apart, together = share(part, whole, covariance=0), share(part, whole, covariance=180)

    assert (apart.lower, apart.upper) == (27, 33)
    assert (together.lower, together.upper) == (28, 32)
    assert share(Estimate(3_000, 10), Estimate(10_000, 20), covariance=0) == Share(29, 31)
    assert share(Estimate(3_060, 10), Estimate(10_000, 20), covariance=0) == Share(30, 31)
    assert (share(whole, part, covariance=0).upper, share(Estimate(1, 9), whole, covariance=0).lower) == (100, 0)
