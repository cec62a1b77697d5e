import hashlib
import json
from fractions import Fraction
from importlib import resources

import pytest

from app import vocabulary
from app.vocabulary import ReleaseKind, UnknownCodeError, Workload, WorkloadError
from app.vocabulary import workloads as module

DIMENSIONS = {dim for workload in vocabulary.all_workloads().values() for dim in workload.dims()}
LISTS = {field.name: field.list_name or "" for field in vocabulary.vocabulary().card_fields}


def test_the_total_is_one_cell_from_the_reserve() -> None:
    total = vocabulary.workload("T")

    assert (total.kind, total.rho) == (ReleaseKind.RESERVE, 5_000)
    assert [(table.name, table.m, table.cells()) for table in total.tables] == [("total", 1, ((),))]


def test_the_quarter_has_its_five_tables() -> None:
    quarter = vocabulary.workload("Q")

    assert (quarter.kind, quarter.rho) == (ReleaseKind.QUARTER, 12_500)
    assert [(table.name, table.m, table.weight, len(table.cells())) for table in quarter.tables] == [
        ("total", 1, Fraction(1, 2), 1),
        ("origin", 1, Fraction(3, 2), 251),
        ("host", 1, Fraction(3, 2), 251),
        ("type", 3, Fraction(3), 9),
        ("severity", 1, Fraction(1), 4),
    ]
    assert [dim.column for dim in quarter.dims()] == ["origin", "ref_area", "type", "severity"]


@pytest.mark.parametrize(("workload", "tables", "cells"), [("XS", 2, 10), ("S", 12, 564), ("M", 20, 6405)])
def test_the_years_have_their_tables(workload: str, tables: int, cells: int) -> None:
    year = vocabulary.workload(workload)

    assert (year.kind, year.rho) == (ReleaseKind.YEAR, 110_000)
    assert (len(year.tables), sum(len(table.cells()) for table in year.tables)) == (tables, cells)


def test_the_largest_has_the_crosses_that_partners_ask_for() -> None:
    cells = {table.name: len(table.cells()) for table in vocabulary.workload("L").tables}

    crosses = ("road", "hoax_part", "host_region_response", "origin_host_region", "origin_type", "type_actor")
    assert [cells[name] for name in crosses] == [6, 12, 126, 5271, 2259, 117]


@pytest.mark.parametrize(
    ("workload", "sha256"),
    [
        ("T", "09834e7a1617662ebe735f4cb3efb1e5a6d6177c31ccf23387e9ccf521f9bb9b"),
        ("Q", "3aeec2022f33d137535c732fbea858b9524501ec55f53412836144d790a90e68"),
        ("XS", "75325fd25940491dd707ce4985d959d06b61d5eccd7d709932488e6031ed817c"),
        ("S", "f06e895aa32ee5274a91e901d9eda7c518cbc7c9d48f778ea9cb02beaaa1d1db"),
        ("M", "d2b94f52948ad24920bae048145d4395927bb42c3a0be65e251382e84b358f1d"),
        ("L", "e04f7bb863c872f561283a183fd8a7ad288bb2869088a5526bf4bba1033cb4f0"),
    ],
)
def test_a_workload_once_used_never_changes(workload: str, sha256: str) -> None:
    assert vocabulary.workload(workload).sha256 == sha256


@pytest.mark.parametrize("workload", vocabulary.all_workloads().values(), ids=lambda workload: workload.id)
def test_the_total_of_persons_is_the_first_table_of_every_workload(workload: Workload) -> None:
    assert [(table.name, table.m, table.dims) for table in workload.tables[:1]] == [("total", 1, ())]


def test_a_part_of_the_world_is_made_of_whole_regions() -> None:
    part = next(dim for dim in vocabulary.workload("L").dims() if dim.name == "host_part")

    assert {part.of_code(country) for country in vocabulary.codes("country")} == set(part.cells())
    assert [part.of_code(country) for country in ("DE", "CN", "NA", "AU", "US", "AQ", "ZZ")] == [
        *("europe", "asia", "africa", "oceania", "americas", "unknown", "unknown")
    ]


def test_own_cells_name_codes_that_there_are_in_four_languages() -> None:
    cells = [cell for dim in DIMENSIONS for cell in dim.own.values()]

    for cell in cells:
        assert set(cell.labels) == {"en", "zh-Hans", "fr", "es"}
        assert cell.regions <= set(vocabulary.codes("region"))
        for condition in cell.conditions:
            for field, among in condition.items():
                assert among <= set(vocabulary.codes(LISTS[field]))
    assert cells


def test_a_code_list_that_has_changed_is_refused() -> None:
    raw = json.loads(resources.files("app.vocabulary").joinpath("workloads.json").read_bytes())
    raw["dimensions"][0]["sha256"] = hashlib.sha256(b"another list").hexdigest()

    with pytest.raises(WorkloadError):
        module._dimension(raw["dimensions"][0], raw["lists"])


def test_a_cell_that_counts_something_else_is_refused_and_one_in_other_words_is_not() -> None:
    raw = json.loads(resources.files("app.vocabulary").joinpath("workloads.json").read_bytes())
    sign = next(dim for dim in raw["dimensions"] if dim["name"] == "sign")
    raw["lists"]["sign"][0]["label"]["en"] = "In other words"
    assert module._dimension(sign, raw["lists"]).label("pressed_to_return") == "In other words"

    raw["lists"]["sign"][0]["any"].append({"harm": ["death"]})

    with pytest.raises(WorkloadError):
        module._dimension(sign, raw["lists"])


def test_a_workload_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCodeError):
        vocabulary.workload("X")
