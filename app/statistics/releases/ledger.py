"""The ledger as the service keeps it: what every draw has cost, and the refusal of what it does not bear."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.problems import Problem
from app.protocol.release.budget import budget_left
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.ledger import LedgerEntry, LedgerLine
from app.statistics.releases import accounting
from app.statistics.releases.models import BudgetEntry
from app.vocabulary import Workload


class ReleaseBudgetExhausted(Problem):
    """It would cost those who are counted more of their privacy than is left; both are told in millionths of rho.

    Ask for a release that costs less, or for none.
    """

    type, status, title = "release-budget-exhausted", 409, "The budget does not bear this release"

    def __init__(self, *, rho_millionths: int, left_millionths: int) -> None:
        super().__init__()
        self.members |= {"rho_millionths": rho_millionths, "left_millionths": left_millionths}


def lines(session: Session) -> tuple[LedgerLine, ...]:
    """All draws ever charged, in order."""
    entries = session.scalars(select(BudgetEntry).order_by(BudgetEntry.seq))
    return tuple(
        LedgerLine(
            seq=entry.seq,
            release=entry.release,
            kind=entry.kind,
            period=entry.period,
            workload=entry.workload,
            workload_sha256=entry.workload_sha256,
            rho_millionths=entry.rho_millionths,
            opendp=entry.opendp,
            previous=entry.previous,
            accounts_key=entry.accounts_key,
            accounts_sha256=entry.accounts_sha256,
        )
        for entry in entries
    )


def entry(line: LedgerLine, counts: NoisyCounts) -> LedgerEntry:
    """A line of the ledger with what its noise cost, from its stored noisy counts."""
    return LedgerEntry(
        line=line,
        epsilon=accounting.privacy_loss(line.rho_millionths).epsilon,
        maps={table.name: table.rho for table in counts.tables},
    )


def refuse_overspending(charges: tuple[LedgerLine, ...], workload: Workload, period: str) -> None:
    """Raises `ReleaseBudgetExhausted` where these charges leave less than a release of this workload costs."""
    rest = budget_left(charges, kind=workload.kind, period=period)
    if workload.rho > rest:
        raise ReleaseBudgetExhausted(rho_millionths=workload.rho, left_millionths=rest)
