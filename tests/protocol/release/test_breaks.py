"""Another bound on what a table counts of a person breaks its series."""

import csv
import io
from dataclasses import replace

import pytest

from app import vocabulary
from app.protocol.release.about import NAMED
from app.protocol.release.breaks import breaks
from app.protocol.release.composition import compose
from app.protocol.release.ledger import LedgerEntry, LedgerLine, next_line
from app.protocol.release.signatures import SIGNERS
from app.protocol.release.verification import verify
from tests.statistics.releases import folders

M = folders.noisy("M")


def drawn(
    workload: str, period: str, *, after: LedgerLine | None = None, release: str = "rel_" + "2" * 32
) -> LedgerLine:
    return next_line(
        after,
        release=release,
        period=period,
        workload=vocabulary.workload(workload),
        opendp="0.16.0",
        accounts_key="key_" + "1" * 32,
        accounts_sha256="0" * 64,
    )


def test_tables_with_another_bound_than_in_the_last_year_break_and_others_go_on() -> None:
    before, now = ({each.name: each for each in vocabulary.workload(id_).tables} for id_ in ("S", "M"))
    expected = {name for name in before.keys() & now.keys() if before[name].m != now[name].m}

    broken = breaks(M, [drawn("S", "2025")])

    assert broken == expected
    assert {"type", "actor"} <= broken
    assert "total" not in broken
    assert breaks(M, [drawn("S", "2024"), drawn("M", "2025")]) == frozenset()
    assert breaks(M, [drawn("M", "2024"), drawn("S", "2025")]) == expected


@pytest.mark.parametrize(
    "line",
    [
        drawn("S", "2026"),  # of the same period
        drawn("Q", "2025-Q4"),  # of another kind
        replace(drawn("S", "2025"), workload_sha256="0" * 64),  # of another version, which nobody knows any more
        replace(drawn("S", "2025"), workload="XX"),  # of one that this Tern does not know
    ],
)
def test_what_is_not_compared_breaks_nothing(line: LedgerLine) -> None:
    assert breaks(M, [line]) == frozenset()


def test_a_table_of_other_cells_goes_on_with_nothing_and_so_breaks_nothing() -> None:
    tables = {table.name: table for table in M.workload.tables}
    other = replace(tables["severity"], name="type", m=tables["type"].m)
    workload = replace(M.workload, tables=(tables["actor"], other))

    assert breaks(replace(M, workload=workload), [drawn("S", "2025")]) == {"actor"}


def test_a_break_stands_in_every_file_that_tells_the_status_and_the_folder_verifies() -> None:
    first = drawn("S", "2025")
    second = drawn("M", "2026", after=first, release=folders.RELEASE)
    loss = folders.LOSSES[110_000].epsilon
    maps = [{table.name: table.rho for table in folders.noisy(each).tables} for each in ("S", "M")]
    ledger = [LedgerEntry(line, loss, own) for line, own in zip((first, second), maps, strict=True)]

    files = compose(M, about=folders.about(M), ledger=ledger)

    verify(folders.signed(files), check_signer=lambda _: None)
    rows = list(csv.DictReader(io.StringIO(files["data/persons.csv"].decode())))
    broken = {row["table"] for row in rows if row["status"] == "B"}
    assert broken == breaks(M, [first])
    assert all(row["status"] == "B" for row in rows if row["table"] in broken)
    sdmx = list(csv.DictReader(io.StringIO(files["data/persons.sdmx.csv"].decode())))
    assert [row["OBS_STATUS"] for row in sdmx] == [row["status"] for row in rows]
    assert b'id="B"' in files["structure.xml"]
    for name in ("index.html", "methodology.md", "dictionary.csv"):
        assert b"reak" in files[name]


def test_a_folder_that_names_people_knows_no_breaks_and_has_who_signs_it_where_it_is_said() -> None:
    first = drawn("S", "2025")
    loss = folders.LOSSES[110_000].epsilon
    ledger = [LedgerEntry(line, loss, {}) for line in (first, drawn("M", "2026", after=first))]
    about = replace(folders.about(M), composer=NAMED)

    files = compose(M, about=about, ledger=ledger)

    rows = csv.DictReader(io.StringIO(files["data/persons.csv"].decode()))
    assert "B" not in {row["status"] for row in rows}
    assert SIGNERS not in files
    assert compose(M, about=about, ledger=ledger, signers=b"of people\n")[SIGNERS] == b"of people\n"
