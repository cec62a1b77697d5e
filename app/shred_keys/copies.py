"""Copies of the keys, in a directory on another disk: one of each day, and what was made since the last.

A file is a line, `tern/v1/shred-keys` and the name of the store; the keys, each 16 bytes of id and 32 of key, in the
order of their ids; and the SHA-256 of all before. What was destroyed is in the copies for a week, and then in none.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from app import private
from app.database.layer import ID_SIZE, KEY_SIZE

KEPT: Final = timedelta(days=7)
_BEGIN: Final = b"tern/v1/shred-keys "
_DAY: Final = re.compile(r"keys-(\d{4}-\d{2}-\d{2})")
_MORE: Final = "more-*"
_SIZE: Final = ID_SIZE + KEY_SIZE
_DIGEST_SIZE: Final = 32

Record = tuple[bytes, bytes]


class NoCopy(Exception):
    """There is no copy of keys in this directory, or none that is whole."""


@dataclass(frozen=True)
class Copy:
    """The store's name, and keys."""

    name: str
    records: Iterable[Record]


def of_day(day: date) -> str:
    """What the copy of a day is called."""
    return f"keys-{day}"


def of_more() -> str:
    """What a copy of new keys is called, which says nothing of when they were made."""
    return f"more-{secrets.token_hex(8)}"


def last_day(directory: Path) -> date | None:
    """Of the newest copy of all keys."""
    return max(_days(directory), default=None)


@contextmanager
def summing_up(directory: Path, today: date) -> Iterator[None]:
    """In this block all keys are copied: what was there of new ones goes when it has ended, and copies of a week ago.

    Raises `OSError`.
    """
    private.make_directory(directory)
    summed_up = [*directory.glob(_MORE), *directory.glob("*.new")]
    yield
    for path in summed_up:
        path.unlink(missing_ok=True)
    for day in _days(directory):
        if day <= today - KEPT:
            (directory / of_day(day)).unlink(missing_ok=True)
    private.flush(directory)


def write(directory: Path, name: str, copy: Copy) -> None:
    """Bring a copy to disk, whole or not at all. Raises `OSError`."""
    private.make_directory(directory)
    new = directory / f"{name}.{secrets.token_hex(4)}.new"
    digest = sha256()
    with open(new, "xb", opener=private.opener) as file:
        for piece in _pieces(copy):
            digest.update(piece)
            file.write(piece)
        file.write(digest.digest())
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / name)
    private.flush(directory)


def newest(directory: Path) -> Copy:
    """All keys of the newest whole copy, and of those made since. Raises `NoCopy`."""
    days = sorted(_days(directory), reverse=True)
    whole = next((copy for day in days if (copy := _read(directory / of_day(day)))), None)
    more = [copy for path in sorted(directory.glob(_MORE)) if (copy := _read(path))]
    found = [*([whole] if whole else []), *more]
    if not found or len({copy.name for copy in found}) > 1:
        raise NoCopy(f"there is no whole copy of shred keys of one service in {directory}")
    return Copy(found[0].name, [record for copy in found for record in copy.records])


def _pieces(copy: Copy) -> Iterator[bytes]:
    yield _BEGIN + copy.name.encode() + b"\n"
    for id_, key in copy.records:
        yield id_ + key


def _read(path: Path) -> Copy | None:
    """None for what is not whole."""
    content = path.read_bytes()
    body, digest = content[:-_DIGEST_SIZE], content[-_DIGEST_SIZE:]
    line, _, rest = body.partition(b"\n")
    if sha256(body).digest() != digest or not line.startswith(_BEGIN) or len(rest) % _SIZE:
        return None
    records = [(rest[at : at + ID_SIZE], rest[at + ID_SIZE : at + _SIZE]) for at in range(0, len(rest), _SIZE)]
    return Copy(line.removeprefix(_BEGIN).decode(), records)


def _days(directory: Path) -> list[date]:
    found = (_DAY.fullmatch(path.name) for path in directory.glob("keys-*"))
    return [date.fromisoformat(match[1]) for match in found if match]
