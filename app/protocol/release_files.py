"""The folder of a release: its files, how they follow from the noisy counts, and how anyone verifies it (RELEASES § 6).

Everything under `data/` is a function of `raw/noisy.csv` alone, so that it can be made again, byte for byte, by whoever
holds the folder. `SHA256SUMS` names every other file, and two persons sign it.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app import vocabulary
from app.protocol import release_ledger
from app.protocol.certificates import Certified, Trust
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import b64, check_day, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.release_ledger import LedgerError, LedgerLine
from app.vocabulary import Role, Table, Workload

NOISY: Final = "raw/noisy.csv"
SUMS: Final = "SHA256SUMS"
SIGNATURES: Final = "SHA256SUMS.sig"
LEDGER: Final = "ledger.json"
SIGNERS: Final = "signers.jsonl"
ABOUT: Final = frozenset({"methodology.md", LEDGER, "dictionary.csv", SIGNERS})
# Who may ask for a release, and so be one of the two who sign it; the other is the supervisor who approved it.
REQUESTERS: Final = frozenset({Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR})
TOTAL: Final = "_T"
ESTIMATED: Final = "E"

_SUMS_LINE = re.compile(r"([0-9a-f]{64})  ([a-z0-9_]+(?:/[a-z0-9_]+)*\.[a-z]+)\n")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")


class ReleaseError(NotAuthentic):
    """The folder is not a release as it was made and signed; the reason says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class NoisyTable:
    """A table as it was drawn: `sigma` in thousandths, `rho` as the measurement mapped it, counts in cell order."""

    name: str
    sigma: int
    rho: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Noisy:
    """All that was ever drawn for a release."""

    period: str
    workload: Workload
    tables: tuple[NoisyTable, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """`key` is the 32-byte Ed25519 public key of person `by`."""

    by: str
    key: bytes
    sig: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """What a folder turned out to be."""

    noisy: Noisy
    line: LedgerLine
    signers: tuple[str, str]
    sums_sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What the files of a folder say, whoever signs them: the counts, and all draws up to and with this one."""

    noisy: Noisy
    ledger: tuple[LedgerLine, ...]

    @property
    def line(self) -> LedgerLine:
        return self.ledger[-1]


def write_noisy(noisy: Noisy) -> bytes:
    """`raw/noisy.csv`: a row a cell, with the mechanism of its table."""
    columns = [dim.column for dim in noisy.workload.dims()]
    rows = [["period", "workload", "table", *columns, "value_raw", "sigma", "m", "rho"]]
    for table, drawn in zip(noisy.workload.tables, noisy.tables, strict=True):
        mechanism = [_thousandths(drawn.sigma), str(table.m), repr(drawn.rho)]
        for cell, count in zip(table.cells(), drawn.counts, strict=True):
            places = _places(table, cell, columns)
            rows.append([noisy.period, noisy.workload.id, table.name, *places, str(count), *mechanism])
    return _csv(rows)


def read_noisy(content: bytes) -> Noisy:
    """Raises `ReleaseError` where a cell of the workload is missing, added or out of order, or a number is not one."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("ascii"), newline="")))
        period, workload = rows[0]["period"], vocabulary.workload(rows[0]["workload"])
        by_table = [(name, list(cells)) for name, cells in groupby(rows, key=lambda row: row["table"])]
        tables = tuple(
            NoisyTable(
                name=name,
                sigma=round(float(cells[0]["sigma"]) * 1000),
                rho=float(cells[0]["rho"]),
                counts=tuple(_integer(cell["value_raw"]) for cell in cells),
            )
            for name, cells in by_table
        )
        noisy = Noisy(period=period, workload=workload, tables=tables)
        again = write_noisy(noisy)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, csv.Error, vocabulary.UnknownCodeError):
        raise ReleaseError("raw/noisy.csv cannot be read") from None
    if again != content:
        raise ReleaseError("raw/noisy.csv is not the one writing of these counts")
    return noisy


def data_files(noisy: Noisy) -> dict[str, bytes]:
    """Everything under `data/`: one file a table, and all tables in one long CSV and its JSON twin."""
    every = [dim.column for dim in noisy.workload.dims()]
    files = {}
    long: list[_Row] = []
    for table, drawn in zip(noisy.workload.tables, noisy.tables, strict=True):
        rows = [_row(noisy, table, drawn, cell, count) for cell, count in zip(table.cells(), drawn.counts, strict=True)]
        files[f"data/{table.name}.csv"] = _table_csv(noisy, [dim.column for dim in table.dims], rows)
        long.extend(rows)
    files["data/persons.csv"] = _table_csv(noisy, every, long)
    files["data/persons.json"] = _json(noisy, every, long)
    return files


def interval(value: int, sigma: int) -> tuple[int, int]:
    """The 95 % bounds of a count with this noise: rounded outward to the grid, never below 0 (RELEASES § 4)."""
    half = half_width(sigma)
    step = grid(sigma)
    lower = math.floor((value - half) / step) * step
    upper = math.ceil((value + half) / step) * step
    return max(0, lower), max(0, upper)


def half_width(sigma: int) -> float:
    """1.96 sd, where a twelfth is added to the variance for the rounding to whole persons."""
    return 1.96 * math.sqrt((sigma / 1000) ** 2 + 1 / 12)


def grid(sigma: int) -> int:
    """The step of displayed numbers: nothing finer than the noise is worth a digit."""
    if sigma < 2_000:
        return 1
    return 5 if sigma < 20_000 else 10


def sums(files: Mapping[str, bytes]) -> bytes:
    """`SHA256SUMS` of these files, as `sha256sum -c` reads it, sorted by path."""
    return "".join(f"{sha256_hex(files[path])}  {path}\n" for path in sorted(files)).encode()


def signed_bytes(sums_file: bytes) -> bytes:
    """What the two persons sign."""
    return b"tern/v1/release\n" + sums_file


def sign(sums_file: bytes, *, by: str, key: Ed25519PrivateKey) -> Signature:
    return Signature(by=by, key=key.public_key().public_bytes_raw(), sig=key.sign(signed_bytes(sums_file)))


def write_signatures(signatures: Sequence[Signature]) -> bytes:
    """`SHA256SUMS.sig`: one JSON line."""
    sigs = [{"by": each.by, "key": b64(each.key), "sig": b64(each.sig)} for each in signatures]
    return json.dumps({"sigs": sigs}, separators=(",", ":")).encode() + b"\n"


def read_signatures(content: bytes) -> tuple[Signature, ...]:
    """Raises `ReleaseError` for whatever `write_signatures` does not write."""
    try:
        signatures = tuple(
            Signature(by=str(each["by"]), key=unb64(str(each["key"]), 32), sig=unb64(str(each["sig"]), 64))
            for each in json.loads(content)["sigs"]
        )
    except (ValueError, KeyError, TypeError, RecursionError, Malformed):
        raise ReleaseError("SHA256SUMS.sig cannot be read") from None
    if write_signatures(signatures) != content:
        raise ReleaseError("SHA256SUMS.sig is not the one writing of these signatures")
    return signatures


def check_signature(signature: Signature, sums_file: bytes) -> None:
    """Raises `ReleaseError` where the signature is not by its key. Whose key it is, a certificate says."""
    try:
        Ed25519PublicKey.from_public_bytes(signature.key).verify(signature.sig, signed_bytes(sums_file))
    except (InvalidSignature, ValueError):
        raise ReleaseError(f"the signature of {signature.by} is not authentic") from None


def write_signers(vouchers: Sequence[Document]) -> bytes:
    """`signers.jsonl`: the root, then the certificates of the two who sign, each document a JSON string in a line."""
    return b"".join(json.dumps(document.text.decode(), ensure_ascii=False).encode() + b"\n" for document in vouchers)


def read_signers(content: bytes) -> tuple[Document, ...]:
    """Raises `ReleaseError` for whatever `write_signers` does not write. What the documents are worth, a pin tells."""
    try:
        vouchers = tuple(parse_document(json.loads(line).encode()) for line in content.splitlines())
        again = write_signers(vouchers)
    except (ValueError, AttributeError, RecursionError, Malformed):
        raise ReleaseError("signers.jsonl cannot be read") from None
    if again != content or not vouchers:
        raise ReleaseError("signers.jsonl is not the one writing of these documents")
    return vouchers


def verify_pinned(files: Mapping[str, bytes], pin: str) -> Verified:
    """`verify`, where the folder's own `signers.jsonl` leads from the organisation's pin to the two who signed.

    Both must have a role that may ask for releases, and one must be a supervisor. Raises `NotAuthentic`.
    """
    vouched = vouchers(files, pin)
    signers: list[Certified] = []
    verified = verify(files, check_signer=lambda signature: signers.append(vouched(signature)))
    if not all(signer.roles & REQUESTERS for signer in signers):
        raise ReleaseError("a signer has no role that may ask for releases")
    if not any(Role.SUPERVISOR in signer.roles for signer in signers):
        raise ReleaseError("no supervisor signed the release")
    return verified


def verify(files: Mapping[str, bytes], *, check_signer: Callable[[Signature], None]) -> Verified:
    """Check a whole folder, given by path, without asking any service.

    `check_signer` raises where the key is not certified for the person, or the person may not sign releases. Raises
    `ReleaseError`.
    """
    sums_file = _file(files, SUMS)
    check_sums(files)
    signers = _signers(read_signatures(_file(files, SIGNATURES)), sums_file, check_signer)
    found = read_contents(files)
    return Verified(noisy=found.noisy, line=found.line, signers=signers, sums_sha256=sha256_hex(sums_file))


def read_contents(files: Mapping[str, bytes]) -> Contents:
    """All that can be checked before anybody signs. Raises `ReleaseError`."""
    check_sums(files)
    noisy = read_noisy(_file(files, NOISY))
    expected = data_files(noisy)
    if files.keys() - {SIGNATURES} != expected.keys() | ABOUT | {NOISY, SUMS}:
        raise ReleaseError("the folder lacks a file, or has one too many")
    for path, content in expected.items():
        if files[path] != content:
            raise ReleaseError(f"{path} does not follow from the noisy counts")
    return Contents(noisy, _ledger(noisy, files[LEDGER]))


def vouchers(files: Mapping[str, bytes], pin: str) -> Callable[[Signature], Certified]:
    """Who is certified by the folder's own `signers.jsonl`, which has to lead from the pin. Raises `NotAuthentic`."""
    root, *certificates = read_signers(_file(files, SIGNERS))
    trust = Trust.pinned(root, pin).with_certificates(certificates)
    days = [check_day(document.header.at) for document in (root, *certificates)]
    return lambda signature: _certified(trust, signature, days)


def check_sums(files: Mapping[str, bytes]) -> None:
    """Raises `ReleaseError` unless `SHA256SUMS` names exactly the other files, with their hashes."""
    text = _file(files, SUMS).decode("ascii", errors="replace")
    if "".join(line[0] for line in _SUMS_LINE.finditer(text)) != text:
        raise ReleaseError("SHA256SUMS cannot be read")
    others = {path: content for path, content in files.items() if path not in (SUMS, SIGNATURES)}
    if files[SUMS] != sums(others):
        raise ReleaseError("a file is not the one that was signed, or is missing, or was added")


# One cell as it is published; None is an empty field.
_Row = dict[str, str | int | float | None]

_MEASURES: Final = ("value", "lower", "upper", "sd", "grade", "status", "value_adjusted", "value_raw")
_HXL: Final = {
    "table": "#meta+table",
    "value": "#affected+persons+value+approx",
    "lower": "#affected+persons+min+ci95",
    "upper": "#affected+persons+max+ci95",
    "sd": "#meta+stdev",
    "grade": "#meta+quality",
    "status": "#meta+status",
    "value_adjusted": "#affected+persons+num+adjusted",
    "value_raw": "#affected+persons+num+noisy",
}


def _row(noisy: Noisy, table: Table, drawn: NoisyTable, cell: tuple[str, ...], count: int) -> _Row:
    lower, upper = interval(count, drawn.sigma)
    return {
        "period": noisy.period,
        "table": table.name,
        **{dim.column: code for dim, code in zip(table.dims, cell, strict=True)},
        "value": None,
        "lower": lower,
        "upper": upper,
        "sd": drawn.sigma / 1000,
        "grade": None,
        "status": ESTIMATED,
        "value_adjusted": None,
        "value_raw": count,
    }


def _table_csv(noisy: Noisy, dims: list[str], rows: list[_Row]) -> bytes:
    columns = ["period", "table", *dims, *_MEASURES]
    tags = {**_HXL, "period": "#date+quarter" if "-" in noisy.period else "#date+year"}
    tags |= {dim.column: dim.hxl for dim in noisy.workload.dims()}
    lines = [[_field(row.get(column, TOTAL)) for column in columns] for row in rows]
    return _csv([columns, [tags[column] for column in columns], *lines])


def _json(noisy: Noisy, dims: list[str], rows: list[_Row]) -> bytes:
    columns = ["period", "table", *dims, *_MEASURES]
    lines = ",\n  ".join(json.dumps({column: row.get(column, TOTAL) for column in columns}) for row in rows)
    about = {
        "period": noisy.period,
        "workload": noisy.workload.id,
        "workload_sha256": noisy.workload.sha256,
        "unit": "persons",
    }
    return f'{json.dumps(about)[:-1]}, "rows": [\n  {lines}\n]}}\n'.encode()


def _places(table: Table, cell: tuple[str, ...], columns: Iterable[str]) -> list[str]:
    codes = {dim.column: code for dim, code in zip(table.dims, cell, strict=True)}
    return [codes.get(column, TOTAL) for column in columns]


def _field(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _thousandths(sigma: int) -> str:
    return f"{sigma // 1000}.{sigma % 1000:03}"


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    return int(text)


def _file(files: Mapping[str, bytes], path: str) -> bytes:
    content = files.get(path)
    if content is None:
        raise ReleaseError(f"{path} is missing")
    return content


def _signers(
    signatures: Sequence[Signature], sums_file: bytes, check_signer: Callable[[Signature], None]
) -> tuple[str, str]:
    if len(signatures) != 2 or signatures[0].by == signatures[1].by or signatures[0].key == signatures[1].key:
        raise ReleaseError("a release is signed by two persons")
    for signature in signatures:
        check_signature(signature, sums_file)
        check_signer(signature)
    return signatures[0].by, signatures[1].by


def _certified(trust: Trust, signature: Signature, days: Iterable[date]) -> Certified:
    """The signer, certified with this key on one of these days: a release has none, and outlives its certificates."""
    for day in days:
        with suppress(NotAuthentic):
            return trust.certified(signature.by, day, key=signature.key)
    raise ReleaseError(f"nobody certified the key of {signature.by}")


def _ledger(noisy: Noisy, content: bytes) -> tuple[LedgerLine, ...]:
    try:
        ledger = release_ledger.read(content)
        line = ledger[-1]
    except (LedgerError, IndexError):
        raise ReleaseError("the ledger is not whole") from None
    if (line.period, line.workload_sha256) != (noisy.period, noisy.workload.sha256):
        raise ReleaseError("the ledger does not end with this release")
    return ledger
