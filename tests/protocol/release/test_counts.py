"""Noisy counts are read as they were written, and nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.release.counts import read_counts, write_counts
from app.protocol.release.errors import ReleaseError
from tests.statistics.releases import folders

FOLDER = folders.signed(folders.unsigned(folders.noisy()))


@pytest.mark.parametrize("workload", ["T", "Q"])
def test_the_noisy_counts_are_read_as_they_were_written(workload: str) -> None:
    assert read_counts(write_counts(folders.noisy(workload))) == folders.noisy(workload)


@pytest.mark.parametrize(
    "change",
    [
        (b"origin,AD,", b"origin,QQ,"),
        (b"2026-Q2,Q,severity,_T,_T,_T,unknown,", b"2026-Q2,T,severity,_T,_T,_T,unknown,"),
        (b",14.143,", b",14.1430,"),
        (b",3,", b",2,"),
        (b"period,", b"perio,"),
        (b"2026-Q2,Q,", b"2026-Q2,X,"),
        (b",3,", b"," + b"9" * 400 + b","),  # no float holds it
    ],
)
def test_noisy_counts_of_another_workload_or_writing_are_refused(change: tuple[bytes, bytes]) -> None:
    written = write_counts(folders.noisy())
    assert change[0] in written

    with pytest.raises(ReleaseError):
        read_counts(written.replace(*change))


def test_a_count_has_eighteen_digits_at_most() -> None:
    (total,) = folders.noisy("T").tables
    longest, longer = (
        write_counts(replace(folders.noisy("T"), tables=(replace(total, counts=(count,)),)))
        for count in (1 - 10**18, -(10**18))
    )

    assert read_counts(longest).tables[0].counts == (1 - 10**18,)
    with pytest.raises(ReleaseError):
        read_counts(longer)


def test_a_missing_or_moved_cell_is_refused() -> None:
    lines = write_counts(folders.noisy()).splitlines(keepends=True)

    for changed in (lines[:5] + lines[6:], [lines[0], lines[2], lines[1], *lines[3:]], lines[:-1], lines[:1]):
        with pytest.raises(ReleaseError):
            read_counts(b"".join(changed))


@given(st.binary())
def test_bytes_that_are_no_noisy_counts_are_refused_and_never_worse(content: bytes) -> None:
    with pytest.raises(ReleaseError):
        read_counts(content)
