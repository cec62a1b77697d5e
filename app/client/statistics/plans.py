"""What a release would cost and tell, before anybody commits to it: from what is public alone."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.client.machine.staff import Staff
from app.client.statistics import releases
from app.protocol.periods import is_year
from app.protocol.release.budget import budget_left, is_drawn
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import Estimate, deviations, estimates
from app.protocol.release.folder import read_contents
from app.protocol.release.grades import ROUGH, SURE, Grade, shown, threshold
from app.protocol.release.ledger import LedgerLine, read_lines
from app.vocabulary import ReleaseKind, Table, Workload


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell with the grade that it would most likely get if as many persons are in it as in the last release."""

    label: str
    expected: Grade


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """From how many persons a cell of the table is told of, may be quoted as rough, and as it stands.

    `expected` are its cells as they would be graded; none where no published release has this table.
    """

    table: str
    cells: int
    m: int
    sd: float
    told_from: int
    rough_from: int
    sure_from: int
    expected: tuple[PlannedCell, ...]

    def numbers(self) -> dict[str, Any]:
        """A row of a list: the limits, and how many cells each grade would have."""
        limits = {name: value for name, value in asdict(self).items() if name != "expected"}
        grades = Counter(cell.expected for cell in self.expected)
        return limits | {grade.value: grades[grade] if self.expected else None for grade in Grade}


@dataclass(frozen=True, slots=True)
class Plan:
    """In millionths of rho. `left` is what the period bears before this release; it may be drawn only once.

    `like` is the period of the release whose numbers the expected grades are made of.
    """

    workload: str
    period: str
    cost: int
    left: int
    is_drawn: bool
    like: str | None
    tables: tuple[PlannedTable, ...]

    @property
    def is_borne(self) -> bool:
        return not self.is_drawn and self.cost <= self.left


def plan(staff: Staff, workload: Workload, *, period: str) -> Plan:
    """Raises `LedgerError` for a ledger that is not whole, and `NotAuthentic` of what is published."""
    ledger = read_lines(staff.service.get("/ledger").content)
    return planned(ledger, workload, period=period, before=_last(staff, period))


def planned(
    ledger: Sequence[LedgerLine], workload: Workload, *, period: str, before: NoisyCounts | None = None
) -> Plan:
    """The same, under this ledger and after this release."""
    sds, known = deviations(workload), _known(before)
    return Plan(
        workload=workload.id,
        period=period,
        cost=workload.rho,
        left=budget_left(ledger, kind=workload.kind, period=period),
        is_drawn=is_drawn(ledger, kind=workload.kind, period=period),
        like=before.period if before else None,
        tables=tuple(
            _planned(table, of_table, known.get(table.name), tables=len(workload.tables))
            for table, of_table in zip(workload.tables, sds, strict=True)
        ),
    )


def _last(staff: Staff, period: str) -> NoisyCounts | None:
    """The newest published release of a period as long as this one, verified. A total from the reserve has one cell."""
    published = [
        item
        for item in staff.service.items("/releases")
        if item["superseded_by"] is None
        and item["kind"] != ReleaseKind.RESERVE
        and is_year(str(item["period"])) is is_year(period)
    ]
    if not published:
        return None
    return read_contents(releases.download(staff, str(published[0]["id"]))).counts


def _known(before: NoisyCounts | None) -> dict[str, tuple[Table, tuple[Estimate, ...]]]:
    if before is None:
        return {}
    tables = before.workload.tables
    return {table.name: (table, told) for table, told in zip(tables, estimates(before), strict=True)}


def _planned(
    table: Table, sds: Sequence[float], known: tuple[Table, Sequence[Estimate]] | None, *, tables: int
) -> PlannedTable:
    cells, sd = table.cells(), max(sds)
    least = threshold(tables, len(cells))
    told = known[1] if known is not None and known[0].cells() == cells else ()
    return PlannedTable(
        table=table.name,
        cells=len(cells),
        m=table.m,
        sd=round(sd, 1),
        told_from=math.ceil(least * sd),
        rough_from=math.ceil(max(least, ROUGH) * sd),
        sure_from=math.ceil(SURE * sd),
        expected=tuple(
            PlannedCell(table.label(cell), shown(Estimate(own.value, own_sd), tables=tables, cells=len(cells)).grade)
            for cell, own, own_sd in zip(cells, told, sds, strict=False)  # of nothing known, nothing
        ),
    )
