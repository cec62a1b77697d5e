"""From the stored noisy counts to the folder of a release. The same arguments give the same bytes, always."""

import codecs
from collections.abc import Sequence

from app.protocol.release.about import ABOUT, About, write_about
from app.protocol.release.catalogue import DCAT, PACKAGE, dcat, package
from app.protocol.release.counts import NOISY, NoisyCounts, write_counts
from app.protocol.release.ledger import LEDGER, LedgerEntry, write_ledger
from app.protocol.release.methodology import methodology
from app.protocol.release.page import page_files
from app.protocol.release.rows import write_csv
from app.protocol.release.signatures import SIGNERS
from app.protocol.release.sums import SUMS, sums
from app.protocol.release.tables import data_files
from app.vocabulary import Dimension, Level

_COLUMNS = {
    "period": "The quarter or year in which the persons' cards were recorded",
    "table": "The table of the workload; _T in a dimension means that the table does not have it",
    "value": "Rounded estimate of persons, for grades A and B; empty for the others",
    "lower": "Lower bound of the 95 % interval, rounded down",
    "upper": "Upper bound of the 95 % interval, rounded up",
    "sd": "Standard deviation of value_adjusted, in persons",
    "grade": "A, quoted as it is; B, as rough; C, its interval alone; D, not clear, which never means zero",
    "status": "E: estimated (grades A and B); U: only the interval may be used (C and D)",
    "value_adjusted": "Estimate consistent between tables, to be used for sums; unbiased, may be negative",
    "value_raw": "Count of persons with its noise, as drawn; may be negative",
}


def compose(counts: NoisyCounts, *, about: About, ledger: Sequence[LedgerEntry], signers: bytes) -> dict[str, bytes]:
    """Every file but the signatures, by path; `SHA256SUMS` is what the two persons sign.

    `ledger` holds all draws up to and with this one, `signers` is `signers.jsonl`: what vouches for the two.
    """
    files = {
        **data_files(counts),
        NOISY: write_counts(counts),
        ABOUT: write_about(about),
        "dictionary.csv": _dictionary(counts),
        "methodology.md": methodology(counts, about).encode(),
        LEDGER: write_ledger(ledger),
        SIGNERS: signers,
    }
    files |= {PACKAGE: package(files, about, counts), DCAT: dcat(files, about, counts)}
    files |= page_files(counts, about, others=files)
    return {**files, SUMS: sums(files)}


def _dictionary(counts: NoisyCounts) -> bytes:
    """What every column and every code means, in English, for spreadsheets too."""
    rows = [["column", "code", "alpha3", "meaning"]]
    rows += [[column, "", "", meaning] for column, meaning in _COLUMNS.items()]
    for dim in counts.workload.dims():
        rows.append([dim.column, "", "", _about(dim)])
        if dim.alpha3_column:
            rows.append([dim.alpha3_column, "", "", f"The country of {dim.column} by its alpha-3 code (column alpha3)"])
        rows += [[dim.column, cell, dim.alpha3(cell) or "", dim.label(cell)] for cell in dim.cells()]
    return codecs.BOM_UTF8 + write_csv(rows)  # without it Excel takes the names of countries for another encoding


def _about(dim: Dimension) -> str:
    about = {
        Level.CODE: f"A code of the list {dim.list_name}, vocabulary field {dim.field}",
        Level.GROUP: f"A group of codes of the list {dim.list_name}, vocabulary field {dim.field}",
        Level.REGION: f"The UN M49 sub-region of the country, vocabulary field {dim.field}",
        Level.PART: f"The UN M49 region of the country, vocabulary field {dim.field}",
        Level.DEFINED: "Cells of the workload's own, told from several codes of a card",
        Level.KINDS: "In how many groups of acts a person was met",
        Level.PERIOD: "When an act was, told from the year of the release",
    }
    return about[dim.level]
