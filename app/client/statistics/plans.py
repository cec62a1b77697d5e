"""What a release would cost and bear, before anybody commits to it: from the public ledger and the workload alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.client.machine.transport import Service
from app.protocol.release.budget import budget_left, is_drawn
from app.protocol.release.family import deviations
from app.protocol.release.grades import ROUGH, SURE, threshold
from app.protocol.release.ledger import LedgerLine, read_lines
from app.vocabulary import Table, Workload


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """From how many persons a cell of the table is told of, may be quoted as rough, and as it stands."""

    table: str
    cells: int
    m: int
    sd: float
    told_from: int
    rough_from: int
    sure_from: int


@dataclass(frozen=True, slots=True)
class Plan:
    """In millionths of rho. `left` is what the period bears before this release; it may be drawn only once."""

    workload: str
    period: str
    cost: int
    left: int
    is_drawn: bool
    tables: tuple[PlannedTable, ...]

    @property
    def is_borne(self) -> bool:
        return not self.is_drawn and self.cost <= self.left


def plan(service: Service, workload: Workload, *, period: str) -> Plan:
    """Raises `LedgerError` where the ledger that the service shows is not whole."""
    return planned(read_lines(service.get("/ledger").content), workload, period=period)


def planned(ledger: Sequence[LedgerLine], workload: Workload, *, period: str) -> Plan:
    """The same, under this ledger."""
    sds = deviations(workload)
    return Plan(
        workload=workload.id,
        period=period,
        cost=workload.rho,
        left=budget_left(ledger, kind=workload.kind, period=period),
        is_drawn=is_drawn(ledger, kind=workload.kind, period=period),
        tables=tuple(
            _planned(table, max(of_table), tables=len(workload.tables))
            for table, of_table in zip(workload.tables, sds, strict=True)
        ),
    )


def _planned(table: Table, sd: float, *, tables: int) -> PlannedTable:
    cells = len(table.cells())
    least = threshold(tables, cells)
    return PlannedTable(
        table=table.name,
        cells=cells,
        m=table.m,
        sd=round(sd, 1),
        told_from=math.ceil(least * sd),
        rough_from=math.ceil(max(least, ROUGH) * sd),
        sure_from=math.ceil(SURE * sd),
    )
