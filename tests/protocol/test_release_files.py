import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.errors import NotAuthentic
from app.protocol.release.counts import NOISY, read_counts, write_counts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import SUMS
from app.protocol.release.signatures import (
    SIGNATURES,
    SIGNERS,
    Signature,
    read_signatures,
    sign_sums,
    signed_bytes,
    write_signatures,
    write_signers,
)
from app.protocol.release.tables import data_files, grid, half_width, interval
from app.protocol.release.verification import verify, verify_pinned
from tests.statistics.releases import folders

FOLDER = folders.signed(folders.unsigned(folders.noisy()))


def certified(signature: Signature) -> None:
    key = folders.KEYS.get(signature.by)
    if key is None or key.public_key().public_bytes_raw() != signature.key:
        raise ReleaseError("nobody certified this key")


def test_a_release_is_verified_without_asking_anybody() -> None:
    verified = verify(FOLDER, check_signer=certified)

    assert verified.signers == (folders.REQUESTER, folders.APPROVER)
    assert verified.line.release == "rel_" + "1" * 32
    assert verified.counts == folders.noisy()


def test_a_release_of_the_total_is_verified_too() -> None:
    total = folders.noisy("T")

    assert verify(folders.signed(folders.unsigned(total)), check_signer=certified).counts == total


def test_the_pin_alone_verifies_a_release() -> None:
    assert verify_pinned(FOLDER, folders.PIN) == verify(FOLDER, check_signer=certified)


def test_the_pin_of_another_organisation_does_not() -> None:
    with pytest.raises(NotAuthentic, match="pin"):
        verify_pinned(FOLDER, "0" * 64)


@pytest.mark.parametrize(
    "vouchers", [b"", b'"no document"\n', b"3\n", write_signers([folders.ROOT]), write_signers([folders.CERTIFICATE])]
)
def test_a_release_whose_signers_nobody_vouches_for_is_refused(vouchers: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verify_pinned(folders.signed({**FOLDER, SIGNERS: vouchers}), folders.PIN)


def test_the_sums_are_those_of_the_ordinary_tool(tmp_path: Path) -> None:
    for path, content in FOLDER.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)

    checked = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=tmp_path, capture_output=True, check=False)

    assert checked.returncode == 0


@pytest.mark.parametrize("path", sorted(FOLDER))
def test_a_changed_file_is_noticed(path: str) -> None:
    changed = FOLDER[path][:-2] + bytes([FOLDER[path][-2] ^ 1]) + FOLDER[path][-1:]

    with pytest.raises(ReleaseError):
        verify({**FOLDER, path: changed}, check_signer=certified)


@pytest.mark.parametrize("path", sorted(FOLDER))
def test_a_missing_file_is_noticed(path: str) -> None:
    with pytest.raises(ReleaseError):
        verify({each: content for each, content in FOLDER.items() if each != path}, check_signer=certified)


def test_an_added_file_is_noticed_even_when_it_is_signed() -> None:
    with pytest.raises(ReleaseError):
        verify({**FOLDER, "data/extra.csv": b"x\n"}, check_signer=certified)
    with pytest.raises(ReleaseError, match="one too many"):
        verify(folders.signed({**FOLDER, "data/extra.csv": b"x\n"}), check_signer=certified)


@pytest.mark.parametrize("path", ["data/persons.csv", "data/persons.json", "data/type.csv"])
def test_signed_figures_that_do_not_follow_from_the_noisy_counts_are_refused(path: str) -> None:
    forged = folders.signed({**FOLDER, path: FOLDER[path].replace(b"2026-Q2", b"2026-Q1")})

    with pytest.raises(ReleaseError, match="does not follow"):
        verify(forged, check_signer=certified)


def test_the_ledger_of_another_release_is_refused() -> None:
    other = folders.unsigned(folders.noisy("T"))["ledger.json"]

    with pytest.raises(ReleaseError, match="does not end with this release"):
        verify(folders.signed({**FOLDER, "ledger.json": other}), check_signer=certified)


def test_a_signature_by_a_key_that_nobody_certified_is_refused() -> None:
    stranger = sign_sums(FOLDER[SUMS], by=folders.APPROVER, key=Ed25519PrivateKey.generate())
    requester = read_signatures(FOLDER[SIGNATURES])[0]

    with pytest.raises(ReleaseError, match="certified"):
        verify({**FOLDER, SIGNATURES: write_signatures([requester, stranger])}, check_signer=certified)


@pytest.mark.parametrize("chosen", [[0], [0, 0], [], [0, 1, 1]])
def test_one_person_alone_signs_no_release(chosen: list[int]) -> None:
    signatures = read_signatures(FOLDER[SIGNATURES])

    with pytest.raises(ReleaseError, match="two persons"):
        verify({**FOLDER, SIGNATURES: write_signatures([signatures[each] for each in chosen])}, check_signer=certified)


def test_a_signature_is_over_this_purpose_and_the_sums() -> None:
    assert signed_bytes(b"sums\n") == b"tern/v1/release\nsums\n"


def test_the_noisy_counts_are_read_as_they_were_written() -> None:
    assert read_counts(write_counts(folders.noisy())) == folders.noisy()


@pytest.mark.parametrize(
    "change",
    [
        (b"origin,AD,", b"origin,QQ,"),
        (b"2026-Q2,Q,severity,_T,_T,_T,unknown,", b"2026-Q2,T,severity,_T,_T,_T,unknown,"),
        (b",10.802,", b",10.8020,"),
        (b",3,", b",2,"),
        (b"period,", b"perio,"),
        (b"2026-Q2,Q,", b"2026-Q2,X,"),
    ],
)
def test_noisy_counts_of_another_workload_or_writing_are_refused(change: tuple[bytes, bytes]) -> None:
    written = write_counts(folders.noisy())
    assert change[0] in written

    with pytest.raises(ReleaseError):
        read_counts(written.replace(*change))


def test_a_missing_or_moved_cell_is_refused() -> None:
    lines = write_counts(folders.noisy()).splitlines(keepends=True)

    for changed in (lines[:5] + lines[6:], [lines[0], lines[2], lines[1], *lines[3:]], lines[:-1], lines[:1]):
        with pytest.raises(ReleaseError):
            read_counts(b"".join(changed))


@given(st.binary())
def test_bytes_that_are_no_noisy_counts_are_refused_and_never_worse(content: bytes) -> None:
    with pytest.raises(ReleaseError):
        read_counts(content)


@given(st.integers(-(10**6), 10**6), st.integers(1, 200_000))
def test_bounds_lie_on_the_grid_hold_the_interval_and_are_never_negative(value: int, sigma: int) -> None:
    lower, upper = interval(value, sigma)

    assert 0 <= lower <= upper
    assert lower % grid(sigma) == upper % grid(sigma) == 0
    assert lower <= max(0, value - half_width(sigma))
    assert upper >= max(0, value + half_width(sigma))
    assert max(0, value - half_width(sigma)) - lower < grid(sigma)
    assert upper - max(0, value + half_width(sigma)) < grid(sigma)


@pytest.mark.parametrize(("sigma", "step"), [(1_999, 1), (2_000, 5), (19_999, 5), (20_000, 10)])
def test_the_grid_follows_the_noise(sigma: int, step: int) -> None:
    assert grid(sigma) == step


def test_all_cells_stand_in_the_long_file_and_in_the_file_of_their_table() -> None:
    files = data_files(folders.noisy())
    long = _rows(files["data/persons.csv"])

    assert len(long) == 251 + 251 + 9 + 4
    for table in ("origin", "host", "type", "severity"):
        own = _rows(files[f"data/{table}.csv"])
        assert [row.items() <= whole.items() for row, whole in zip(own, _of(long, table), strict=True)] == [True] * len(
            own
        )


def test_the_columns_and_tags_are_the_published_ones() -> None:
    header, tags, first = data_files(folders.noisy())["data/host.csv"].decode().splitlines()[:3]

    assert header == "period,table,ref_area,value,lower,upper,sd,grade,status,value_adjusted,value_raw"
    assert tags == (
        "#date+quarter,#meta+table,#country+code+iso2+host,#affected+persons+value+approx,"
        "#affected+persons+min+ci95,#affected+persons+max+ci95,#meta+stdev,#meta+quality,#meta+status,"
        "#affected+persons+num+adjusted,#affected+persons+num+noisy"
    )
    assert first.startswith("2026-Q2,host,AD,,")


def test_grades_and_estimates_wait_for_a_later_version() -> None:
    rows = _rows(data_files(folders.noisy())["data/persons.csv"])

    assert {(row["value"], row["grade"], row["value_adjusted"], row["status"]) for row in rows} == {("", "", "", "E")}


def test_the_json_twin_says_the_same_as_the_csv() -> None:
    files = data_files(folders.noisy())
    twin = json.loads(files["data/persons.json"])

    assert twin["unit"] == "persons"
    for row, other in zip(_rows(files["data/persons.csv"]), twin["rows"], strict=True):
        assert row.keys() == other.keys()
        assert (row["origin"], float(row["sd"])) == (other["origin"], other["sd"])
        assert [int(row[name]) for name in ("lower", "upper", "value_raw")] == [
            other[name] for name in ("lower", "upper", "value_raw")
        ]
        assert (other["value"], other["grade"], other["value_adjusted"]) == (None, None, None)


def test_the_data_follow_from_the_noisy_file_alone() -> None:
    assert data_files(read_counts(FOLDER[NOISY])).items() <= FOLDER.items()


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))[1:]


def _of(rows: list[dict[str, str]], table: str) -> list[dict[str, str]]:
    return [row for row in rows if row["table"] == table]
