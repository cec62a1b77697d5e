"""The folder of a release: whether its files follow from one another, from the noisy counts on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.protocol.periods import PeriodError, year_of
from app.protocol.release.about import ABOUT, About, read_about
from app.protocol.release.budget import LIFE_CAP, PrivacyLoss, has_period, is_meant
from app.protocol.release.composition import compose
from app.protocol.release.counts import NOISY, NoisyCounts, read_counts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.ledger import LEDGER, LedgerEntry, LedgerError, LedgerLine, read_entries
from app.protocol.release.mechanism import check_noise, is_cost, sigma_of
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.sums import check_sums, file_of
from app.vocabulary import all_workloads


@dataclass(frozen=True, slots=True)
class Contents:
    """What the files of a folder say, whoever signs them: the counts, and all draws up to and with this one."""

    counts: NoisyCounts
    about: About
    ledger: tuple[LedgerLine, ...]

    @property
    def line(self) -> LedgerLine:
        """The draw of this release."""
        return self.ledger[-1]


def read_contents(files: Mapping[str, bytes]) -> Contents:
    """All that can be checked before anybody signs: the folder is made again, and has to be the same.

    Raises `ReleaseError`.
    """
    check_sums(files)
    counts = read_counts(file_of(files, NOISY))
    check_noise(counts)
    about = read_about(file_of(files, ABOUT))
    entries = _entries(counts, file_of(files, LEDGER))
    _check_about(about, counts, [entry.line for entry in entries])
    again = compose(counts, about=about, ledger=entries, signers=files.get(SIGNERS))
    if files.keys() - {SIGNATURES} != again.keys() | (files.keys() & {SIGNERS}):
        raise ReleaseError("the folder lacks a file, or has one too many")
    for path, content in again.items():
        if files[path] != content:
            raise ReleaseError(f"{path} does not follow from the noisy counts")
    return Contents(counts, about, tuple(entry.line for entry in entries))


def _entries(counts: NoisyCounts, content: bytes) -> tuple[LedgerEntry, ...]:
    """The ledger, which ends with this draw, charged whole. Raises `ReleaseError`."""
    try:
        entries = read_entries(content)
        last = entries[-1]
    except (LedgerError, IndexError):
        raise ReleaseError("the ledger is not whole") from None
    workload = counts.workload
    if (last.line.period, last.line.workload, last.line.workload_sha256) != (
        *(counts.period, workload.id),
        workload.sha256,
    ):
        raise ReleaseError("the ledger does not end with this release")
    if (last.line.kind, last.line.rho_millionths) != (workload.kind, workload.rho):
        raise ReleaseError("the ledger charges another rho than the workload's")
    if dict(last.maps) != {table.name: table.rho for table in counts.tables}:
        raise ReleaseError("the ledger tells another cost than the noisy counts")
    if not all(is_meant(PrivacyLoss(entry.line.rho_millionths, entry.epsilon)) for entry in entries):
        raise ReleaseError("an epsilon of the ledger is not what its rho means")
    _check_draws(entries)
    return entries


def _check_draws(entries: Sequence[LedgerEntry]) -> None:
    """Raises `ReleaseError` where any draw is not what its workload costs, or looks at a period once more."""
    for entry in entries:
        if not _costs_its_noise(entry):
            raise ReleaseError(f"line {entry.line.seq} of the ledger tells another cost than its workload's")
    if len({(entry.line.kind, entry.line.period) for entry in entries}) < len(entries):
        raise ReleaseError("the ledger draws a period again")


def _costs_its_noise(entry: LedgerEntry) -> bool:
    """So far as this Tern has the workload as it was: one of before nobody can work out any more."""
    line, workload = entry.line, all_workloads().get(entry.line.workload)
    if workload is None or workload.sha256 != line.workload_sha256:
        return True
    return (
        (line.kind, line.rho_millionths) == (workload.kind, workload.rho)
        and entry.maps.keys() == {table.name for table in workload.tables}
        and all(is_cost(entry.maps[table.name], table, sigma_of(workload, table)) for table in workload.tables)
    )


def _check_about(about: About, counts: NoisyCounts, ledger: list[LedgerLine]) -> None:
    """Raises `ReleaseError` where what the page says of the draw is not what the ledger does."""
    try:
        year = sum(line.rho_millionths for line in ledger if year_of(line.period) == year_of(counts.period))
        fits = has_period(counts.workload.kind, counts.period)
    except PeriodError:
        raise ReleaseError("the period is neither a quarter nor a year") from None
    if not fits:
        raise ReleaseError("the workload is none of such a period")
    if len({about.draw is None, about.supersedes is None, about.correction is None}) > 1:
        raise ReleaseError("the folder corrects another, or it does not")
    if about.charged_as != ledger[-1].release or about.versions.get("opendp") != ledger[-1].opendp:
        raise ReleaseError("the folder is about another draw")
    if (about.this.rho, about.year.rho, about.life.rho) != (ledger[-1].rho_millionths, year, LIFE_CAP):
        raise ReleaseError("the folder tells another budget than the ledger")
    if not all(is_meant(loss) for loss in (about.this, about.year, about.life)):
        raise ReleaseError("an epsilon is not what its rho means")
