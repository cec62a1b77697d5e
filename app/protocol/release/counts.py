"""The noisy counts of a release: all that was ever drawn for it, and how they are kept."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from app import vocabulary
from app.protocol.release.errors import ReleaseError
from app.protocol.release.rows import TOTAL, write_csv
from app.vocabulary import Table, Workload

NOISY: Final = "raw/noisy.csv"

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class NoisyTable:
    """A table as it was drawn: `sigma` in thousandths, `rho` as the measurement mapped it, counts in cell order."""

    name: str
    sigma: int
    rho: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoisyCounts:
    """All that was ever drawn for a release."""

    period: str
    workload: Workload
    tables: tuple[NoisyTable, ...]


def write_counts(counts: NoisyCounts) -> bytes:
    """`raw/noisy.csv`: a row a cell, with the mechanism of its table."""
    columns = [dim.column for dim in counts.workload.dims()]
    rows = [["period", "workload", "table", *columns, "value_raw", "sigma", "m", "rho"]]
    for table, noisy in zip(counts.workload.tables, counts.tables, strict=True):
        mechanism = [_thousandths(noisy.sigma), str(table.m), repr(noisy.rho)]
        for cell, count in zip(table.cells(), noisy.counts, strict=True):
            places = _places(table, cell, columns)
            rows.append([counts.period, counts.workload.id, table.name, *places, str(count), *mechanism])
    return write_csv(rows)


def read_counts(content: bytes) -> NoisyCounts:
    """Raises `ReleaseError` where a cell of the workload is missing, added or out of order, or a number is not one."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("ascii"), newline="")))
        period, workload = rows[0]["period"], vocabulary.workload(rows[0]["workload"])
        by_table = [(name, list(cells)) for name, cells in groupby(rows, key=lambda row: row["table"])]
        tables = tuple(
            NoisyTable(
                name=name,
                sigma=round(float(cells[0]["sigma"]) * 1000),
                rho=float(cells[0]["rho"]),
                counts=tuple(_integer(cell["value_raw"]) for cell in cells),
            )
            for name, cells in by_table
        )
        counts = NoisyCounts(period=period, workload=workload, tables=tables)
        again = write_counts(counts)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, csv.Error, vocabulary.UnknownCodeError):
        raise ReleaseError("raw/noisy.csv cannot be read") from None
    if again != content:
        raise ReleaseError("raw/noisy.csv is not the one writing of these counts")
    return counts


def _places(table: Table, cell: tuple[str, ...], columns: Iterable[str]) -> list[str]:
    codes = {dim.column: code for dim, code in zip(table.dims, cell, strict=True)}
    return [codes.get(column, TOTAL) for column in columns]


def _thousandths(sigma: int) -> str:
    return f"{sigma // 1000}.{sigma % 1000:03}"


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    return int(text)
