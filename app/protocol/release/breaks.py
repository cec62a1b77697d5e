"""Where a series breaks: another bound on what a table counts of a person, across which nothing is compared."""

from collections.abc import Iterable

from app import vocabulary
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.ledger import LedgerLine
from app.vocabulary import Table


def breaks(counts: NoisyCounts, ledger: Iterable[LedgerLine]) -> frozenset[str]:
    """The tables of a release whose *m* is another than in the last period before, of the same kind, that had them.

    `ledger` has the draws so far. One of a workload that this Tern does not know is passed over.
    """
    of_kind = [line for line in ledger if line.kind == counts.workload.kind and line.period < counts.period]
    earlier = [_tables(line) for line in sorted(of_kind, key=lambda line: line.period, reverse=True)]
    return frozenset(table.name for table in counts.workload.tables if _is_broken(table, earlier))


def _is_broken(table: Table, earlier: Iterable[dict[str, Table]]) -> bool:
    before = next((tables[table.name] for tables in earlier if table.name in tables), None)
    return before is not None and before.cells() == table.cells() and before.m != table.m


def _tables(line: LedgerLine) -> dict[str, Table]:
    known = vocabulary.all_workloads().get(line.workload)
    if known is None or known.sha256 != line.workload_sha256:
        return {}
    return {table.name: table for table in known.tables}
