"""What is published of a noisy count."""

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.release.counts import NOISY, read_counts
from app.protocol.release.tables import data_files, grid, half_width, interval
from tests.statistics.releases import folders

FOLDER = folders.signed(folders.unsigned(folders.noisy()))


@given(st.integers(-(10**6), 10**6), st.integers(1, 200_000))
def test_bounds_lie_on_the_grid_hold_the_interval_and_are_never_negative(value: int, sigma: int) -> None:
    lower, upper = interval(value, sigma)

    assert 0 <= lower <= upper
    assert lower % grid(sigma) == upper % grid(sigma) == 0
    assert lower <= max(0, value - half_width(sigma))
    assert upper >= max(0, value + half_width(sigma))
    assert max(0, value - half_width(sigma)) - lower < grid(sigma)
    assert upper - max(0, value + half_width(sigma)) < grid(sigma)


@pytest.mark.parametrize(("sigma", "step"), [(1_999, 1), (2_000, 5), (19_999, 5), (20_000, 10)])
def test_the_grid_follows_the_noise(sigma: int, step: int) -> None:
    assert grid(sigma) == step


def test_all_cells_stand_in_the_long_file_and_in_the_file_of_their_table() -> None:
    files = data_files(folders.noisy())
    long = _rows(files["data/persons.csv"])

    assert len(long) == 1 + 251 + 251 + 9 + 4
    for table in ("origin", "host", "type", "severity"):
        own = _rows(files[f"data/{table}.csv"])
        assert [row.items() <= whole.items() for row, whole in zip(own, _of(long, table), strict=True)] == [True] * len(
            own
        )


def test_the_columns_and_tags_are_the_published_ones() -> None:
    files = data_files(folders.noisy())
    header, first = files["data/host.csv"].decode().splitlines()[:2]
    tagged = files["data/persons.hxl.csv"].decode().splitlines(keepends=True)

    assert header == "period,table,ref_area,ref_area_alpha3,value,lower,upper,sd,grade,status,value_adjusted,value_raw"
    assert first.startswith("2026-Q2,host,AD,AND,,")
    assert tagged[1] == (
        "#date+quarter,#meta+table,#country+code+iso2+origin,#country+code+iso3+origin,#country+code+iso2+host,"
        "#country+code+iso3+host,#event+type+code,#severity+code,#affected+persons+value+approx,"
        "#affected+persons+min+ci95,#affected+persons+max+ci95,#meta+stdev,#meta+quality,#meta+status,"
        "#affected+persons+num+adjusted,#affected+persons+num+noisy\n"
    )
    assert tagged[0] + "".join(tagged[2:]) == files["data/persons.csv"].decode()


def test_every_country_has_both_of_its_codes_and_a_deviation_three_places() -> None:
    files = data_files(folders.noisy())
    total = _rows(data_files(folders.noisy("T"))["data/persons.csv"])

    assert {len(row["ref_area_alpha3"]) for row in _rows(files["data/host.csv"])} == {3}
    assert [row["sd"] for row in total] == ["10.000"]


def test_the_tag_of_a_period_says_how_long_it_is() -> None:
    for period, tag in (("2026-Q2", "#date+quarter"), ("2026", "#date+year")):
        tagged = data_files(replace(folders.noisy("T"), period=period))["data/persons.hxl.csv"].decode()
        assert tagged.splitlines()[1].startswith(f"{tag},")


def test_half_of_an_interval_is_1_96_deviations_of_the_noise_and_the_rounding() -> None:
    assert half_width(10_000) == pytest.approx(19.608165, abs=1e-6)
    assert half_width(0) == pytest.approx(0.565803, abs=1e-6)


def test_grades_and_estimates_wait_for_a_later_version() -> None:
    rows = _rows(data_files(folders.noisy())["data/persons.csv"])

    assert {(row["value"], row["grade"], row["value_adjusted"], row["status"]) for row in rows} == {("", "", "", "E")}


def test_the_json_twin_says_the_same_as_the_csv() -> None:
    files = data_files(folders.noisy())
    twin = json.loads(files["data/persons.json"])

    assert twin["unit"] == "persons"
    for row, other in zip(_rows(files["data/persons.csv"]), twin["rows"], strict=True):
        assert row.keys() == other.keys()
        assert (row["origin"], float(row["sd"])) == (other["origin"], other["sd"])
        assert [int(row[name]) for name in ("lower", "upper", "value_raw")] == [
            other[name] for name in ("lower", "upper", "value_raw")
        ]
        assert (other["value"], other["grade"], other["value_adjusted"]) == (None, None, None)


def test_the_data_follow_from_the_noisy_file_alone() -> None:
    assert data_files(read_counts(FOLDER[NOISY])).items() <= FOLDER.items()


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _of(rows: list[dict[str, str]], table: str) -> list[dict[str, str]]:
    return [row for row in rows if row["table"] == table]
