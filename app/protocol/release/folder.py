"""The folder of a release: which files it has, and whether they follow from one another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.protocol.encoding import sha256_hex
from app.protocol.release.counts import NOISY, NoisyCounts, read_counts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.ledger import LedgerError, LedgerLine, read_ledger
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.tables import data_files

SUMS: Final = "SHA256SUMS"
LEDGER: Final = "ledger.json"
ABOUT: Final = frozenset({"methodology.md", LEDGER, "dictionary.csv", SIGNERS})

_SUMS_LINE = re.compile(r"([0-9a-f]{64})  ([a-z0-9_]+(?:/[a-z0-9_]+)*(?:\.[a-z]+)+)\n")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the files of a folder say, whoever signs them: the counts, and all draws up to and with this one."""

    counts: NoisyCounts
    ledger: tuple[LedgerLine, ...]

    @property
    def line(self) -> LedgerLine:
        """The draw of this release."""
        return self.ledger[-1]


def sums(files: Mapping[str, bytes]) -> bytes:
    """`SHA256SUMS` of these files, as `sha256sum -c` reads it, sorted by path."""
    return "".join(f"{sha256_hex(files[path])}  {path}\n" for path in sorted(files)).encode()


def check_sums(files: Mapping[str, bytes]) -> None:
    """Raises `ReleaseError` unless `SHA256SUMS` names exactly the other files, with their hashes."""
    listed = hashes(file_of(files, SUMS))
    others = {path: content for path, content in files.items() if path not in (SUMS, SIGNATURES)}
    for path, hash_ in listed.items():
        if sha256_hex(file_of(others, path)) != hash_:
            raise ReleaseError(f"{path} is not the file that was signed")
    for path in others:
        if path not in listed:
            raise ReleaseError(f"{path} was added to what was signed")
    if files[SUMS] != sums(others):
        raise ReleaseError("SHA256SUMS is not the one writing of these hashes")


def hashes(sums_file: bytes) -> dict[str, str]:
    """The hash of each file that `SHA256SUMS` names, by path. Raises `ReleaseError` where it cannot be read."""
    text = sums_file.decode("ascii", errors="replace")
    lines = list(_SUMS_LINE.finditer(text))
    if "".join(line[0] for line in lines) != text:
        raise ReleaseError("SHA256SUMS cannot be read")
    return {line[2]: line[1] for line in lines}


def read_contents(files: Mapping[str, bytes]) -> Contents:
    """All that can be checked before anybody signs. Raises `ReleaseError`."""
    check_sums(files)
    counts = read_counts(file_of(files, NOISY))
    contents = data_files(counts)
    if files.keys() - {SIGNATURES} != contents.keys() | ABOUT | {NOISY, SUMS}:
        raise ReleaseError("the folder lacks a file, or has one too many")
    for path, content in contents.items():
        if files[path] != content:
            raise ReleaseError(f"{path} does not follow from the noisy counts")
    return Contents(counts, _ledger(counts, files[LEDGER]))


def file_of(files: Mapping[str, bytes], path: str) -> bytes:
    """Raises `ReleaseError` where the folder lacks it."""
    content = files.get(path)
    if content is None:
        raise ReleaseError(f"{path} is missing")
    return content


def _ledger(counts: NoisyCounts, content: bytes) -> tuple[LedgerLine, ...]:
    try:
        lines = read_ledger(content)
        last = lines[-1]
    except (LedgerError, IndexError):
        raise ReleaseError("the ledger is not whole") from None
    if (last.period, last.workload_sha256) != (counts.period, counts.workload.sha256):
        raise ReleaseError("the ledger does not end with this release")
    return lines
