"""The public ledger of releases: every draw ever charged, each line chained to the one before (RELEASES § 8)."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

from app.protocol.errors import ProtocolError
from app.vocabulary import Workload

LEDGER: Final = "ledger.json"
NO_LINE: Final = "0" * 64
# The members that a line may lack.
_LATER: Final = frozenset({"accounts_key", "accounts_sha256"})


class LedgerError(ProtocolError):
    """A line is missing, changed or out of place."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One draw. `opendp` is the version of the library that drew; `previous` the hash of the line before, or zeros.

    `accounts_sha256` is the hash of the sealed file of what each person has spent with it, and `accounts_key` the id of
    the statistics key that opens it. Lines of before there was one are without both, and written without.
    """

    seq: int
    release: str
    kind: str
    period: str
    workload: str
    workload_sha256: str
    rho_millionths: int
    opendp: str
    previous: str
    accounts_key: str | None = None
    accounts_sha256: str | None = None

    def sha256(self) -> str:
        """Over the line as compact JSON, its keys in the order of this class."""
        return hashlib.sha256(_text(self)).hexdigest()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A line as it is published: with what its rho means by delta, and what its noise cost by table."""

    line: LedgerLine
    epsilon: Mapping[str, float]
    maps: Mapping[str, float]


def next_line(
    previous: LedgerLine | None,
    *,
    release: str,
    period: str,
    workload: Workload,
    opendp: str,
    accounts_key: str,
    accounts_sha256: str,
) -> LedgerLine:
    """The line of a draw: it costs the workload's whole rho."""
    return LedgerLine(
        seq=previous.seq + 1 if previous else 1,
        release=release,
        kind=workload.kind.value,
        period=period,
        workload=workload.id,
        workload_sha256=workload.sha256,
        rho_millionths=workload.rho,
        opendp=opendp,
        previous=previous.sha256() if previous else NO_LINE,
        accounts_key=accounts_key,
        accounts_sha256=accounts_sha256,
    )


def check_chain(lines: Iterable[LedgerLine]) -> None:
    """Raises `LedgerError` where the chain is broken."""
    previous, seq = NO_LINE, 1
    for line in lines:
        if line.previous != previous or line.seq != seq:
            raise LedgerError(f"line {seq} of the ledger does not follow from the one before")
        previous, seq = line.sha256(), seq + 1


def write_lines(lines: Iterable[LedgerLine]) -> bytes:
    """The ledger by itself, a compact JSON object a line: exactly what each line's hash is over."""
    return b"".join(_text(line) + b"\n" for line in lines)


def read_lines(content: bytes) -> tuple[LedgerLine, ...]:
    """What `write_lines` has written, checked. Raises `LedgerError`."""
    try:
        lines = tuple(LedgerLine(**json.loads(line)) for line in content.splitlines())
        again = write_lines(lines)
    except (ValueError, TypeError, RecursionError):
        raise LedgerError("this is no ledger") from None
    if again != content:
        raise LedgerError("this is not the one writing of a ledger")
    check_chain(lines)
    return lines


def write_ledger(ledger: Sequence[LedgerEntry]) -> bytes:
    """`ledger.json`: an object a line, so that two editions can be compared by eye."""
    entries = (
        {
            **_members(each.line),
            "sha256": each.line.sha256(),
            "epsilon": dict(each.epsilon),
            "maps": dict(each.maps),
        }
        for each in ledger
    )
    return ('{"ledger": [\n  ' + ",\n  ".join(json.dumps(entry) for entry in entries) + "\n]}\n").encode()


def read_ledger(content: bytes) -> tuple[LedgerLine, ...]:
    """The lines of `ledger.json`, checked. Raises `LedgerError`."""
    return tuple(entry.line for entry in read_entries(content))


def read_entries(content: bytes) -> tuple[LedgerEntry, ...]:
    """The lines of `ledger.json`, checked, with what is told beside them. Raises `LedgerError`."""
    names = [field.name for field in fields(LedgerLine)]
    try:
        told = json.loads(content)["ledger"]
        entries = tuple(
            LedgerEntry(
                line=LedgerLine(**{name: each[name] for name in names if name in each or name not in _LATER}),
                epsilon={str(delta): float(epsilon) for delta, epsilon in each["epsilon"].items()},
                maps={str(table): float(rho) for table, rho in each["maps"].items()},
            )
            for each in told
        )
        hashes = [each["sha256"] for each in told]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise LedgerError("this is no ledger") from None
    if hashes != [entry.line.sha256() for entry in entries]:
        raise LedgerError("a line of the ledger is not what its hash says")
    check_chain(entry.line for entry in entries)
    return entries


def _members(line: LedgerLine) -> dict[str, object]:
    return {name: value for name, value in asdict(line).items() if value is not None or name not in _LATER}


def _text(line: LedgerLine) -> bytes:
    return json.dumps(_members(line), separators=(",", ":")).encode()
