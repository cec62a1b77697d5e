"""The page of the workloads: every table of every release, with its noise, from the data that the service counts by."""

import math

from app.protocol.release.budget import in_words
from app.protocol.release.grades import half_width, threshold
from app.protocol.release.mechanism import sigma_of
from app.statistics.releases.accounting import epsilon
from app.statistics.releases.requests import GATES
from app.vocabulary import Margin, Table, Workload, all_workloads

_HEAD = """# Workloads

What a release counts is fixed before anybody is counted: these tables, and no others. All numbers are of persons; each
is published with noise whose standard deviation is *sigma*, whatever the data say. A person is in at most *m* cells of
a table, so one person moves it by at most the root of *m* (its sensitivity). ± is half of a cell's 95 % interval before
rounding, and before tables of one release are made to agree, which narrows it. *Clear from* is how many deviations a
number must have before its cell is told of at all; from 5 it has grade B at least, from 10 grade A.

The page follows from `app/vocabulary/workloads.json`. A workload that was used never changes; another is a new version.
"""


def page() -> str:
    return "\n".join([_HEAD, *map(_section, all_workloads().values())])


def _section(workload: Workload) -> str:
    gate = GATES.get(workload.id)
    from_ = f" Asked for where the last published total is at least {gate:,}." if gate else ""
    rows = "\n".join(_row(workload, table) for table in workload.tables)
    return f"""## {workload.id}

Of a {workload.kind.value}, version {workload.version}: rho {workload.rho / 1_000_000:g}, that is epsilon \
{in_words(epsilon(workload.rho, 1e-6))} at delta 1e-6.{from_} SHA-256 `{workload.sha256}`.

| table | by | cells | m | of a person | sensitivity | sigma | ± | clear from |
|---|---|---|---|---|---|---|---|---|
{rows}
{_margins(workload)}"""


def _row(workload: Workload, table: Table) -> str:
    sigma = sigma_of(workload, table)
    clear = threshold(len(workload.tables), len(table.cells()))
    by = " × ".join(f"`{dim.column}`" for dim in table.dims) or "–"
    kept = "counted in full" if table.counts_in_full else f"at most {table.m} kinds"
    return (
        f"| `{table.name}` | {by} | {len(table.cells()):,} | {table.m} | {kept} | {math.sqrt(table.m):.3f} | "
        f"{sigma / 1000:.3f} | {half_width(sigma / 1000):.1f} | {clear:.2f} |"
    )


def _margins(workload: Workload) -> str:
    if not workload.margins:
        return ""
    return "\nTables that agree in what both count: " + "; ".join(map(_margin, workload.margins)) + ".\n"


def _margin(margin: Margin) -> str:
    first, second = (f"`{table.name}`" for table in margin.tables)
    to = " × ".join(f"`{dim.column}`" for dim in margin.to)
    return f"{first} and {second} by {to}" if to else f"{first} and {second} in all"
