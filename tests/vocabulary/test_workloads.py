import hashlib
import json
from fractions import Fraction
from importlib import resources

import pytest

from app import vocabulary
from app.vocabulary import ReleaseKind, UnknownCodeError, WorkloadError
from app.vocabulary import workloads as module


def test_the_total_is_one_cell_from_the_reserve() -> None:
    total = vocabulary.workload("T")

    assert (total.kind, total.rho) == (ReleaseKind.RESERVE, 5_000)
    assert [(table.name, table.m, table.cells()) for table in total.tables] == [("total", 1, ((),))]


def test_the_quarter_has_its_four_tables() -> None:
    quarter = vocabulary.workload("Q")

    assert (quarter.kind, quarter.rho) == (ReleaseKind.QUARTER, 20_000)
    assert [(table.name, table.m, table.weight, len(table.cells())) for table in quarter.tables] == [
        ("origin", 1, Fraction(3, 2), 251),
        ("host", 1, Fraction(3, 2), 251),
        ("type", 3, Fraction(3), 9),
        ("severity", 1, Fraction(1), 4),
    ]
    assert [dim.column for dim in quarter.dims()] == ["origin", "ref_area", "type", "severity"]


@pytest.mark.parametrize(
    ("workload", "sha256"),
    [
        ("T", "09834e7a1617662ebe735f4cb3efb1e5a6d6177c31ccf23387e9ccf521f9bb9b"),
        ("Q", "b05a9adfda2aefd4bda930a058e4ce15b13b58b4899cd68aa8d95ca03fbee3cf"),
    ],
)
def test_a_workload_once_used_never_changes(workload: str, sha256: str) -> None:
    assert vocabulary.workload(workload).sha256 == sha256


def test_a_code_list_that_has_changed_is_refused() -> None:
    raw = json.loads(resources.files("app.vocabulary").joinpath("workloads.json").read_bytes())
    raw["dimensions"][0]["sha256"] = hashlib.sha256(b"another list").hexdigest()

    with pytest.raises(WorkloadError):
        module._dimension(raw["dimensions"][0])


def test_a_workload_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCodeError):
        vocabulary.workload("X")
