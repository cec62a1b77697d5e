"""The tables under `data/`: what is published of a count, and its CSV and JSON (RELEASES § 4)."""

import codecs
import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from app.protocol.release.about import About
from app.protocol.release.catalogue import MEASURES, json_stat
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.dictionary import dictionary
from app.protocol.release.family import Estimate, estimates
from app.protocol.release.grades import Shown, shown
from app.protocol.release.parquet import Column, Type, parquet
from app.protocol.release.rows import TOTAL, Row, field, write_csv
from app.protocol.release.sdmx import STRUCTURE, sdmx_csv, structure
from app.protocol.release.workbook import Sheet, workbook
from app.vocabulary import Dimension, Table

# In which languages cells are named beside their codes.
LANGUAGES: Final = ("en", "zh-Hans", "fr", "es")

BREAK: Final = "B"
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


@dataclass(frozen=True, slots=True)
class Filled:
    """A table with its rows, and the same rows in words: those of `persons_labelled.csv`."""

    table: Table
    rows: list[Row]
    labelled: list[list[str]]


def filled(counts: NoisyCounts, broken: AbstractSet[str] = frozenset()) -> list[Filled]:
    """Every table of the release, in the workload's order. In those that are `broken` a series breaks."""
    tables = []
    for table, noisy, of_table in zip(counts.workload.tables, counts.tables, estimates(counts), strict=True):
        told = [shown(each, tables=len(counts.tables), cells=len(of_table)) for each in of_table]
        rows = [
            _row(counts, table, cell, count, estimate, own) | ({"status": BREAK} if table.name in broken else {})
            for cell, count, estimate, own in zip(table.cells(), noisy.counts, of_table, told, strict=True)
        ]
        labelled = [_labelled(counts, table, cell, own) for cell, own in zip(table.cells(), told, strict=True)]
        tables.append(Filled(table, rows, labelled))
    return tables


def data_files(counts: NoisyCounts, tables: Sequence[Filled]) -> dict[str, bytes]:
    """Each table as CSV and as JSON-stat, and all tables in one long CSV, its JSON twin, with HXL's tags, and in words.

    Tags are in a file of their own: as the second row of a table they would make words of all of its numbers.
    """
    every = _columns(counts.workload.dims())
    files = {}
    for each in tables:
        files[f"data/{each.table.name}.csv"] = _table_csv(_columns(each.table.dims), each.rows)
        files[f"data/{each.table.name}.jsonstat.json"] = json_stat(counts, each.table, each.rows)
    long = [row for each in tables for row in each.rows]
    labelled = [_LABELLED, *(row for each in tables for row in each.labelled)]
    files["data/persons.csv"] = _table_csv(every, long)
    files["data/persons.hxl.csv"] = _table_csv(every, long, tags=_tags(counts))
    files["data/persons.json"] = _json(counts, every, long)
    files["data/persons_labelled.csv"] = codecs.BOM_UTF8 + write_csv(labelled)  # without it Excel misreads the labels
    return files


def further_files(counts: NoisyCounts, tables: Sequence[Filled], about: About, method: str) -> dict[str, bytes]:
    """All tables in one file for statistical offices, for programs that read Parquet, and for Excel.

    `method` is the methodology, which the workbook has as a sheet.
    """
    long = [row for each in tables for row in each.rows]
    columns = ["period", "table", *_columns(counts.workload.dims()), *_MEASURES]
    return {
        "data/persons.parquet": parquet([_column(name, [row.get(name, TOTAL) for row in long]) for name in columns]),
        "data/persons.sdmx.csv": sdmx_csv(counts, about, long),
        "data/persons.xlsx": workbook(_sheets(counts, tables, about, method)),
        STRUCTURE: structure(counts, about),
    }


def _column(name: str, values: list[str | int | float | None]) -> Column:
    types = {"integer": Type.INTEGER, "number": Type.NUMBER}
    type_ = types[MEASURES[name][0]] if name in MEASURES else Type.TEXT
    return Column(name, type_, values, is_optional=name == "value")


def _sheets(counts: NoisyCounts, tables: Sequence[Filled], about: About, method: str) -> list[Sheet]:
    """All rows with their labels and words, what columns and codes mean, and how the numbers were made."""
    dims = _columns(counts.workload.dims())
    numbers = [name for name in _MEASURES if name != "grade"]
    head = ["period", "table", *LANGUAGES, "words", "grade", *numbers, *dims]
    rows = [
        [*labelled[: 2 + len(LANGUAGES)], labelled[-1], row["grade"], *(row[name] for name in numbers)]
        + [row.get(dim) for dim in dims]
        for each in tables
        for row, labelled in zip(each.rows, each.labelled, strict=True)
    ]
    widths = [8, 18, *[28] * len(LANGUAGES), 40, 6, *[10] * len(numbers), *[12] * len(dims)]
    paragraphs = [[line] for line in method.splitlines() if line]
    return [
        Sheet("Persons", [head, *rows], widths),
        Sheet("Dictionary", dictionary(counts, breaks=not about.names_people), [22, 26, 8, 80]),
        Sheet("Method", [["How the figures were made"], *paragraphs], [120]),
    ]


def _row(counts: NoisyCounts, table: Table, cell: tuple[str, ...], count: int, estimate: Estimate, own: Shown) -> Row:
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
    numbers = [field(each) for each in (own.value, own.lower, own.upper)]
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


def _table_csv(dims: list[str], rows: list[Row], *, tags: Mapping[str, str] | None = None) -> bytes:
    columns = ["period", "table", *dims, *_MEASURES]
    head = [columns] if tags is None else [columns, [tags[column] for column in columns]]
    return write_csv([*head, *([field(row.get(column, TOTAL)) for column in columns] for row in rows)])


def _json(counts: NoisyCounts, dims: list[str], rows: list[Row]) -> bytes:
    columns = ["period", "table", *dims, *_MEASURES]
    lines = ",\n  ".join(json.dumps({column: row.get(column, TOTAL) for column in columns}) for row in rows)
    about = {
        "period": counts.period,
        "workload": counts.workload.id,
        "workload_sha256": counts.workload.sha256,
        "unit": "persons",
    }
    return f'{json.dumps(about)[:-1]}, "rows": [\n  {lines}\n]}}\n'.encode()
