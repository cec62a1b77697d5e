"""`SHA256SUMS`: what names every other file of a release, and what is signed."""

import re
from collections.abc import Mapping
from typing import Final

from app.protocol.encoding import sha256_hex
from app.protocol.release.errors import ReleaseError
from app.protocol.release.signatures import SIGNATURES, SIGNERS

SUMS: Final = "SHA256SUMS"

_SUMS_LINE = re.compile(r"([0-9a-f]{64})  ([a-z0-9_]+(?:/[a-z0-9_]+)*(?:\.[a-z]+)+)\n")


def sums(files: Mapping[str, bytes]) -> bytes:
    """`SHA256SUMS` of these files, as `sha256sum -c` reads it, sorted by path."""
    return "".join(f"{sha256_hex(files[path])}  {path}\n" for path in sorted(files)).encode()


def check_sums(files: Mapping[str, bytes]) -> None:
    """Raises `ReleaseError` unless `SHA256SUMS` names exactly the other files, with their hashes."""
    listed = hashes(file_of(files, SUMS))
    beside = {SUMS, SIGNATURES, *({SIGNERS} - listed.keys())}
    others = {path: content for path, content in files.items() if path not in beside}
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


def file_of(files: Mapping[str, bytes], path: str) -> bytes:
    """Raises `ReleaseError` where the folder lacks it."""
    content = files.get(path)
    if content is None:
        raise ReleaseError(f"{path} is missing")
    return content
