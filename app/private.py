"""Files that their owner alone reads, whatever stood there before, and however wide the process makes new ones."""

import errno
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISREG
from typing import Final

FILE: Final = 0o600
DIRECTORY: Final = 0o700


def opener(path: str, flags: int) -> int:
    """For `open`: a new file is private from its first moment, and one that was there before it is written to."""
    # Windows has neither this nor such modes: a person's own folder there is closed to others by its list of access.
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), FILE)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, FILE)
    return descriptor


def make_file(path: Path) -> None:
    """Leaves what is in it. A library that opens it itself finds it private.

    One that is there is not opened: to close it would end every lock that this process holds on it, and with SQLite's
    another process may take its log of writes away under it (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        os.close(opener(str(path), os.O_RDWR | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
        _close(path)


def write_once(path: Path, content: bytes) -> None:
    """Bring it to disk, whole or not at all. Where another process was first, what that one wrote stands."""
    new = path.with_name(f"{path.stem}.{secrets.token_hex(8)}.new")
    with open(new, "xb", opener=opener) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(new)
    new.unlink()


def make_directory(path: Path) -> None:
    """Also where it was there. Its parents are made as they are elsewhere."""
    path.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
    path.chmod(DIRECTORY)


def flush(directory: Path) -> None:
    """Bring to disk which files it has, and under which names."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(directory: Path, names: Iterable[str]) -> None:
    """Make the directory, and close to others what lies in it under these names (`glob`), with all that is below.

    A link is left alone, for what it leads to may be somebody else's. Raises `PermissionError` where what is open to
    others belongs to somebody else.
    """
    make_directory(directory)
    for top in chain.from_iterable(map(directory.glob, names)):
        for path in (top, *top.rglob("*")):
            with suppress(FileNotFoundError):  # another process destroyed it meanwhile
                _close(path)


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    wanted = DIRECTORY if S_ISDIR(mode) else FILE
    if (S_ISDIR(mode) or S_ISREG(mode)) and S_IMODE(mode) != wanted:
        path.chmod(wanted)
