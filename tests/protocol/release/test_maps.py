"""Maps of a release: areas are true, what is not clear is hatched, and every country has its place."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from app import vocabulary
from app.protocol.release import maps
from app.protocol.release.family import Estimate
from app.protocol.release.grades import Shown, shown
from app.vocabulary import Level

# In millions of square kilometres, of countries that the coarse shapes have nearly whole.
AREAS = {"AU": 7.69, "BR": 8.52, "CD": 2.34, "DZ": 2.38, "IN": 3.29, "KZ": 2.72, "MN": 1.56, "SE": 0.45}


def own(value: float) -> Shown:
    return shown(Estimate(value, 7), tables=12, cells=251)


def area(path: str) -> float:
    """Of whole rings, in the units of the picture."""
    total = 0.0
    for ring in re.findall(r"M([^z]+)z", path):
        numbers = [int(each) for each in re.findall(r"-?\d+", ring)]
        (x, y), corners = numbers[:2], [tuple(numbers[:2])]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            corners.append((x, y))
        total += abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]])) / 2)
    return total


def test_a_country_is_as_large_on_the_map_as_it_is_wherever_it_lies() -> None:
    drawn = {code: area(maps._shapes()["country"][code]) / size for code, size in AREAS.items()}

    middle = sorted(drawn.values())[len(drawn) // 2]
    assert {code for code, ratio in drawn.items() if not 0.9 < ratio / middle < 1.1} == set()


def test_a_part_of_the_world_is_its_countries_without_their_borders() -> None:
    shapes = maps._shapes()
    codes = {code for code in shapes["country"] if vocabulary.lists.region_of(code).endswith("africa")}

    whole = sum(area(shapes["country"][code]) for code in codes)

    assert area(shapes["part"]["africa"]) == pytest.approx(whole, rel=0.02)
    assert len(shapes["part"]["africa"]) < sum(len(shapes["country"][code]) for code in codes) / 3


def test_nearly_every_country_is_on_the_map_and_the_rest_are_named_beside_it() -> None:
    missing = {code for code in vocabulary.codes("country") if not maps.is_drawn("country", code)}

    assert len(missing) < 20
    assert not missing & {"CN", "HK", "TW", "SG", "MT", "BH", "XK", "LI", "NA", "US"}


def test_what_is_not_clear_is_hatched_and_what_is_an_interval_alone_has_a_colour_of_its_own() -> None:
    cells = {"DE": own(400), "FR": own(90), "LT": own(3), "PL": own(33), "SG": own(100), "MT": own(0)}

    drawn = maps.world("country", cells).decode()

    shapes = maps._shapes()["country"]
    colours = {code: _colour_of(drawn, shapes[code]) for code in ("DE", "FR", "LT", "PL", "JP")}
    assert colours == {
        "DE": maps.SHADES[2],
        "FR": maps.SHADES[0],
        "LT": "url(#unclear)",
        "PL": maps.INTERVAL,
        "JP": "url(#unclear)",
    }
    assert drawn.count("<circle") == 1  # a point that is not clear would be a speck, and look like a number


@pytest.mark.parametrize(("most", "bounds"), [(4_990, [1_200, 2_400]), (400, [100, 200]), (90, [22, 45]), (3, [1, 1])])
def test_shades_begin_at_a_quarter_and_at_half_of_the_largest_number_in_two_digits(
    most: int, bounds: list[int]
) -> None:
    largest = replace(own(400), value=most)
    first, second = bounds

    assert maps.shades([own(3), largest]) == [
        maps.Shade(maps.SHADES[0], 0, first),
        maps.Shade(maps.SHADES[1], first, second),
        maps.Shade(maps.SHADES[2], second, None),
    ]


def test_a_number_at_which_a_shade_begins_has_it() -> None:
    cells = {
        code: replace(own(400), value=value) for code, value in {"DE": 400, "FR": 200, "PL": 199, "SE": 99}.items()
    }

    drawn = maps.world("country", cells).decode()

    shapes = maps._shapes()["country"]
    assert [maps.SHADES.index(_colour_of(drawn, shapes[code])) for code in cells] == [2, 2, 1, 0]


def test_tables_of_one_column_of_countries_or_parts_of_the_world_have_a_map() -> None:
    tables = [table for workload in vocabulary.all_workloads().values() for table in workload.tables]

    places = {table.name: maps.place_of(table) for table in tables if maps.place_of(table)}

    assert places == {"origin": "country", "host": "country"}
    parts = [dim for table in tables for dim in table.dims if dim.level is Level.PART]
    assert {maps.place_of(replace(tables[0], dims=(dim,))) for dim in parts} == {"part"}  # which none has alone today


def test_a_country_has_no_point_on_a_map_of_parts_of_the_world() -> None:
    assert [maps.is_drawn("country", code) for code in ("SG", "DE", "africa")] == [True, True, False]
    assert [maps.is_drawn("part", code) for code in ("SG", "DE", "africa")] == [False, False, True]


def test_where_no_number_is_clear_the_map_has_no_shades() -> None:
    cells = {"DE": own(3), "FR": own(0)}

    assert maps.shades(list(cells.values())) == []
    assert set(re.findall(r'fill="([^"]+)" stroke="#fff"', maps.world("country", cells).decode())) == {"url(#unclear)"}


def _colour_of(drawn: str, path: str) -> str:
    return drawn.split(f'd="{path}" fill="', 1)[1].partition('"')[0]
