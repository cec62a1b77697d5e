"""The tables under `data/`: what is published of a count, and its CSV and JSON (RELEASES § 4)."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Final

from app.protocol.release.counts import NoisyCounts, NoisyTable
from app.protocol.release.rows import TOTAL, write_csv
from app.vocabulary import Dimension, Table

ESTIMATED: Final = "E"

# One cell as it is published; None is an empty field.
_Row = dict[str, str | int | float | None]

_MEASURES: Final = ("value", "lower", "upper", "sd", "grade", "status", "value_adjusted", "value_raw")
_HXL: Final = {
    "table": "#meta+table",
    "value": "#affected+persons+value+approx",
    "lower": "#affected+persons+min+ci95",
    "upper": "#affected+persons+max+ci95",
    "sd": "#meta+stdev",
    "grade": "#meta+quality",
    "status": "#meta+status",
    "value_adjusted": "#affected+persons+num+adjusted",
    "value_raw": "#affected+persons+num+noisy",
}


def data_files(counts: NoisyCounts) -> dict[str, bytes]:
    """Everything under `data/`: one file a table, and all tables in one long CSV, its JSON twin, and with HXL's tags.

    Tags are in a file of their own: as the second row of a table they would make words of all of its numbers.
    """
    every = _columns(counts.workload.dims())
    files = {}
    long: list[_Row] = []
    for table, noisy in zip(counts.workload.tables, counts.tables, strict=True):
        rows = [
            _row(counts, table, noisy, cell, count) for cell, count in zip(table.cells(), noisy.counts, strict=True)
        ]
        files[f"data/{table.name}.csv"] = _table_csv(_columns(table.dims), rows)
        long.extend(rows)
    files["data/persons.csv"] = _table_csv(every, long)
    files["data/persons.hxl.csv"] = _table_csv(every, long, tags=_tags(counts))
    files["data/persons.json"] = _json(counts, every, long)
    return files


def interval(value: int, sigma: int) -> tuple[int, int]:
    """The 95 % bounds of a count with this noise: rounded outward to the grid, never below 0 (RELEASES § 4)."""
    half = half_width(sigma)
    step = grid(sigma)
    lower = math.floor((value - half) / step) * step
    upper = math.ceil((value + half) / step) * step
    return max(0, lower), max(0, upper)


def half_width(sigma: int) -> float:
    """1.96 sd, where a twelfth is added to the variance for the rounding to whole persons."""
    return 1.96 * math.sqrt((sigma / 1000) ** 2 + 1 / 12)


def grid(sigma: int) -> int:
    """The step of displayed numbers: nothing finer than the noise is worth a digit."""
    if sigma < 2_000:
        return 1
    return 5 if sigma < 20_000 else 10


def _row(counts: NoisyCounts, table: Table, noisy: NoisyTable, cell: tuple[str, ...], count: int) -> _Row:
    lower, upper = interval(count, noisy.sigma)
    return {
        "period": counts.period,
        "table": table.name,
        **_places(table, cell),
        "value": None,
        "lower": lower,
        "upper": upper,
        "sd": noisy.sigma / 1000,
        "grade": None,
        "status": ESTIMATED,
        "value_adjusted": None,
        "value_raw": count,
    }


def _columns(dims: Iterable[Dimension]) -> list[str]:
    return [column for dim in dims for column in (dim.column, dim.alpha3_column) if column]


def _places(table: Table, cell: tuple[str, ...]) -> dict[str, str]:
    places = {}
    for dim, code in zip(table.dims, cell, strict=True):
        places[dim.column] = code
        if dim.alpha3_column:
            places[dim.alpha3_column] = dim.alpha3(code) or code
    return places


def _tags(counts: NoisyCounts) -> dict[str, str]:
    tags = {**_HXL, "period": "#date+quarter" if "-" in counts.period else "#date+year"}
    for dim in counts.workload.dims():
        tags[dim.column] = dim.hxl
        if dim.alpha3_column:
            tags[dim.alpha3_column] = dim.alpha3_hxl
    return tags


def _table_csv(dims: list[str], rows: list[_Row], *, tags: Mapping[str, str] | None = None) -> bytes:
    columns = ["period", "table", *dims, *_MEASURES]
    head = [columns] if tags is None else [columns, [tags[column] for column in columns]]
    return write_csv([*head, *([_field(row.get(column, TOTAL)) for column in columns] for row in rows)])


def _json(counts: NoisyCounts, dims: list[str], rows: list[_Row]) -> bytes:
    columns = ["period", "table", *dims, *_MEASURES]
    lines = ",\n  ".join(json.dumps({column: row.get(column, TOTAL) for column in columns}) for row in rows)
    about = {
        "period": counts.period,
        "workload": counts.workload.id,
        "workload_sha256": counts.workload.sha256,
        "unit": "persons",
    }
    return f'{json.dumps(about)[:-1]}, "rows": [\n  {lines}\n]}}\n'.encode()


def _field(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
