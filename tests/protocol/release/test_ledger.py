import dataclasses
import json

import pytest

from app import vocabulary
from app.protocol.encoding import sha256_hex
from app.protocol.release.ledger import (
    LedgerEntry,
    LedgerError,
    LedgerLine,
    check_chain,
    next_line,
    read_ledger,
    read_lines,
    write_ledger,
    write_lines,
)


def ledger() -> list[LedgerLine]:
    first = drawn(None, "T")
    return [first, drawn(first, "Q")]


def drawn(previous: LedgerLine | None, workload: str) -> LedgerLine:
    return next_line(
        previous,
        release="rel_" + ("2" if previous else "1") * 32,
        period="2026-Q2",
        workload=vocabulary.workload(workload),
        opendp="0.16.0",
        accounts_key="key_" + "3" * 32,
        accounts_sha256="4" * 64,
    )


def told(lines: list[LedgerLine]) -> bytes:
    return write_ledger([LedgerEntry(line, epsilon={"1e-6": 0.9}, maps={"total": 0.005}) for line in lines])


def test_a_ledger_is_read_as_it_was_written() -> None:
    assert list(read_ledger(told(ledger()))) == ledger()


def test_a_line_of_before_there_were_sealed_accounts_has_the_hash_that_it_had() -> None:
    first = dataclasses.replace(ledger()[0], accounts_key=None, accounts_sha256=None)

    assert b"accounts" not in write_lines([first])
    assert read_ledger(told([first, drawn(first, "Q")]))[0] == first


def test_what_a_hash_of_the_ledger_is_over_is_its_line_and_the_line_before_it() -> None:
    lines = write_lines(ledger()).splitlines(keepends=True)

    assert [each[-1:] for each in lines] == [b"\n", b"\n"]
    assert [sha256_hex(each[:-1]) for each in lines] == [each.sha256() for each in ledger()]
    assert json.loads(lines[1])["previous"] == sha256_hex(lines[0][:-1])


def test_a_draw_is_charged_the_whole_budget_of_its_workload() -> None:
    assert [line.rho_millionths for line in ledger()] == [5_000, 12_500]


@pytest.mark.parametrize(
    "change", [{"rho_millionths": 1}, {"period": "2026-Q1"}, {"release": "rel_" + "3" * 32}, {"workload_sha256": ""}]
)
def test_a_changed_line_breaks_the_chain(change: dict[str, str | int]) -> None:
    first, second = ledger()

    with pytest.raises(LedgerError):
        check_chain([dataclasses.replace(first, **change), second])  # type: ignore[arg-type]  # one field each


def test_a_dropped_or_repeated_line_breaks_the_chain() -> None:
    first, second = ledger()

    for lines in ([second], [first, first], [second, first]):
        with pytest.raises(LedgerError):
            check_chain(lines)


def test_a_ledger_begins_with_the_first_line_and_counts_from_one() -> None:
    first, second = ledger()

    assert first.previous == "0" * 64
    for lines in ([second], [dataclasses.replace(first, seq=2)]):
        with pytest.raises(LedgerError, match="does not follow"):
            read_ledger(told(lines))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"ledger": 1}', b'{"ledger": [{}]}', b"[" * 100_000])
def test_what_is_no_ledger_is_refused(content: bytes) -> None:
    with pytest.raises(LedgerError):
        read_ledger(content)


def test_a_hash_that_is_not_its_lines_is_refused() -> None:
    with pytest.raises(LedgerError):
        read_ledger(told(ledger()).replace(b'"rho_millionths": 12500', b'"rho_millionths": 10000'))


def test_the_lines_by_themselves_are_read_in_the_one_writing_of_a_whole_chain() -> None:
    first, second = ledger()
    content = write_lines([first, second])

    assert read_lines(content) == (first, second)
    for other in (
        content.replace(b":", b": ", 1),
        content[:-1],
        content + b"\n",
        b"{}\n",
        b"[" * 100_000,
        write_lines([second]),
        write_lines([first, dataclasses.replace(second, previous="0" * 64)]),
    ):
        with pytest.raises(LedgerError):
            read_lines(other)
