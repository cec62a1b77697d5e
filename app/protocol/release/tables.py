"""The tables under `data/`: what is published of a count, and its CSV and JSON (RELEASES § 4)."""

import codecs
import json
from collections.abc import Iterable, Mapping
from typing import Final

from app.protocol.release.catalogue import json_stat
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import Estimate, estimates
from app.protocol.release.grades import Shown, shown
from app.protocol.release.rows import TOTAL, write_csv
from app.vocabulary import Dimension, Table

# In which languages cells are named beside their codes.
LANGUAGES: Final = ("en", "zh-Hans", "fr", "es")

# One cell as it is published; None is an empty field.
_Row = dict[str, str | int | float | None]

_MEASURES: Final = ("value", "lower", "upper", "sd", "grade", "status", "value_adjusted", "value_raw")
_LABELLED: Final = ["period", "table", *LANGUAGES, "value", "lower", "upper", "grade", "words"]
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
    """Everything under `data/`: each table as CSV and as JSON-stat, and all tables in one long CSV, its JSON twin, with
    HXL's tags, and in words.

    Tags are in a file of their own: as the second row of a table they would make words of all of its numbers.
    """
    every = _columns(counts.workload.dims())
    files = {}
    long: list[_Row] = []
    labelled = [_LABELLED]
    for table, noisy, of_table in zip(counts.workload.tables, counts.tables, estimates(counts), strict=True):
        told = [shown(each, tables=len(counts.tables), cells=len(of_table)) for each in of_table]
        rows = [
            _row(counts, table, cell, count, estimate, own)
            for cell, count, estimate, own in zip(table.cells(), noisy.counts, of_table, told, strict=True)
        ]
        files[f"data/{table.name}.csv"] = _table_csv(_columns(table.dims), rows)
        files[f"data/{table.name}.jsonstat.json"] = json_stat(counts, table, rows)
        long.extend(rows)
        labelled.extend(_labelled(counts, table, cell, own) for cell, own in zip(table.cells(), told, strict=True))
    files["data/persons.csv"] = _table_csv(every, long)
    files["data/persons.hxl.csv"] = _table_csv(every, long, tags=_tags(counts))
    files["data/persons.json"] = _json(counts, every, long)
    files["data/persons_labelled.csv"] = codecs.BOM_UTF8 + write_csv(labelled)  # without it Excel misreads the labels
    return files


def _row(counts: NoisyCounts, table: Table, cell: tuple[str, ...], count: int, estimate: Estimate, own: Shown) -> _Row:
    return {
        "period": counts.period,
        "table": table.name,
        **_places(table, cell),
        "value": own.value,
        "lower": own.lower,
        "upper": own.upper,
        "sd": round(estimate.sd, 3),
        "grade": own.grade.value,
        "status": own.status,
        "value_adjusted": round(estimate.value, 3) + 0.0,  # never -0.0
        "value_raw": count,
    }


def _labelled(counts: NoisyCounts, table: Table, cell: tuple[str, ...], own: Shown) -> list[str]:
    labels = [
        _harmless(" × ".join(dim.label(code, language) for dim, code in zip(table.dims, cell, strict=True)))
        for language in LANGUAGES
    ]
    numbers = [_field(each) for each in (own.value, own.lower, own.upper)]
    return [counts.period, table.name, *labels, *numbers, own.grade.value, own.words()]


def _harmless(label: str) -> str:
    """A label that no spreadsheet takes for a formula."""
    return f"'{label}" if label[:1] in tuple("=+-@\t\r") else label


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
