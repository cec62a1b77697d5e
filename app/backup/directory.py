"""The directory of a backup, on whatever disk it is.

    recipients       to whom all of it is sealed, a line each
    sealed/          state-… , list-… and a file for each blob, each named for what it is and its own SHA-256
    backup.json      names those that make up the backup; written last, so that without it there is none

A sealed file gets its name when it is whole and on disk, and is never changed. So whatever is interrupted leaves the
backup that was there, and whoever has no key can still tell whether each file is as it was written.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app import age, private
from app.age.source import Sink, Source
from app.backup import rows
from app.backup.errors import Busy, Damaged, Foreign, NotWhole, Unfit, WrongIdentity
from app.blobs import disk

MANIFEST: Final = "backup.json"
RECIPIENTS: Final = "recipients"
STATE: Final = "state"
LIST: Final = "list"

_SEALED: Final = "sealed"
_NEW: Final = ".new"
_NAME: Final = re.compile(r"(state|list|[0-9a-f]{32})-([0-9a-f]{64})")
_PIECE: Final = 2**20


class Manifest(BaseModel):
    """Which sealed files make up the backup. It is in clear, and says what a look into the directory does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = rows.FORMAT
    made_on: date
    state: str
    list: str
    blobs: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset({self.state, self.list, *self.blobs})


class Directory:
    """The directory at `path`, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sealed = path / _SEALED

    @contextmanager
    def held(self, recipients: Iterable[age.Recipient], today: date) -> Iterator[None]:
        """Nobody else writes here meanwhile, and all that lies here is sealed to these recipients.

        Raises `Unfit` where the directory is used for something else, `Foreign`, and `Busy`.
        """
        wanted = "".join(sorted(f"{recipient}\n" for recipient in recipients))
        self._check_use()
        private.make_directory(self.path)
        with held(self.path):
            written = self.path / RECIPIENTS
            if written.exists() and written.read_text() != wanted:
                raise Foreign(f"what lies in {self.path} is sealed to other recipients; choose another directory")
            private.make_directory(self._sealed)
            if not written.exists():
                self._replace(RECIPIENTS, wanted.encode(), today)
            yield

    @contextmanager
    def tidied(self, today: date) -> Iterator[None]:
        """Nothing that was begun and not finished is left here, but for blobs, with which the next backup goes on."""
        self._tidy(today)
        try:
            yield
        except BaseException:
            self._tidy(today)
            raise

    def manifest(self) -> Manifest | None:
        """Of the backup that is there; None where none was made to its end. Raises `Damaged`."""
        try:
            return Manifest.model_validate_json((self.path / MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise Damaged(f"{self.path / MANIFEST} is not what was written, or of a newer Tern") from None

    def whole(self) -> Manifest:
        """The manifest of a backup of which every file is there. Raises `NotWhole` and `Damaged`."""
        manifest = self.manifest()
        if manifest is None:
            raise NotWhole(f"no whole backup lies in {self.path}")
        missing = sorted(manifest.names - self.names())
        if missing:
            raise NotWhole(f"{self._sealed / missing[0]} is missing from the backup")
        return manifest

    def names(self) -> set[str]:
        """The sealed files that are there."""
        return {path.name for path in self._paths() if _NAME.fullmatch(path.name)}

    def is_intact(self, name: str) -> bool:
        """Whether the file is what was written under its name; false where it is missing, or cannot be read."""
        digest = sha256()
        try:
            with (self._sealed / name).open("rb") as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
        except OSError:
            return False
        return name.endswith(f"-{digest.hexdigest()}")

    def seal(self, prefix: str, source: Source, recipients: Iterable[age.Recipient], day: date) -> str:
        """The name of a new sealed file with what the source gives. It is on disk when this returns."""
        path = self._sealed / f"{secrets.token_hex(16)}{_NEW}"
        try:
            with open(path, "xb", opener=private.opener) as file:
                sink = _Hashing(file)
                age.encrypt_stream(source, sink, recipients)
                file.flush()
                disk.set_day(file.fileno(), day)
                os.fsync(file.fileno())
            name = f"{prefix}-{sink.digest.hexdigest()}"
            path.rename(self._sealed / name)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        disk.sync(self._sealed, day)
        return name

    def open_(self, name: str, sink: Sink, identities: Iterable[age.Identity]) -> None:
        """Give the sink what was sealed. It is to be acted on only when this has returned.

        Raises `WrongIdentity`, `Damaged` and `NotWhole`.
        """
        path = self._sealed / name
        try:
            with path.open("rb") as file:
                source = _Hashed(file)
                age.decrypt_stream(source, sink, identities)
        except FileNotFoundError:
            raise NotWhole(f"{path} is missing from the backup") from None
        except age.NoMatchError:
            raise WrongIdentity(f"{path} is sealed to others than this identity") from None
        except age.Error:
            raise Damaged(f"{path} is not what was written") from None
        if not name.endswith(f"-{source.digest.hexdigest()}"):
            raise Damaged(f"{path} is not what was written")

    def read(self, name: str, identities: Iterable[age.Identity]) -> bytes:
        """What was sealed, where it fits in memory. Raises as `open_`."""
        content = BytesIO()
        self.open_(name, content, identities)
        return content.getvalue()

    def commit(self, manifest: Manifest, today: date) -> None:
        """Make these files the backup, at once and for good. Then what else lies there goes: it was destroyed since."""
        self._replace(MANIFEST, manifest.model_dump_json().encode(), today)
        self._remove(lambda name: name not in manifest.names, today)

    def _tidy(self, today: date) -> None:
        try:
            manifest = self.manifest()
        except Damaged:  # the files may still be of use to somebody
            return
        kept = manifest.names if manifest else frozenset[str]()
        self._remove(lambda name: name not in kept and prefix_of(name) in {"", STATE, LIST}, today)

    def _remove(self, is_left_over: Callable[[str], bool], today: date) -> None:
        for path in self._paths():
            if is_left_over(path.name):
                path.unlink()
        disk.sync(self._sealed, today)

    def _check_use(self) -> None:
        ours = {RECIPIENTS, MANIFEST, _SEALED, RECIPIENTS + _NEW, MANIFEST + _NEW, "lost+found"}
        if not self.path.exists():
            return
        others = sorted(path.name for path in self.path.iterdir() if path.name not in ours)
        if others:
            raise Unfit(f"{self.path} is no directory of backups: {others[0]} lies there")

    def _replace(self, name: str, content: bytes, day: date) -> None:
        new = self.path / (name + _NEW)
        with open(new, "wb", opener=private.opener) as file:
            file.write(content)
            file.flush()
            disk.set_day(file.fileno(), day)
            os.fsync(file.fileno())
        new.replace(self.path / name)
        disk.sync(self.path, day)

    def _paths(self) -> list[Path]:
        with suppress(FileNotFoundError):
            return list(self._sealed.iterdir())
        return []


def prefix_of(name: str) -> str:
    """What a sealed file is: `state`, `list`, or the name of a blob; nothing for one that was never finished."""
    match = _NAME.fullmatch(name)
    return match[1] if match else ""


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """No other backup or restore writes there meanwhile. Raises `Busy`."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Busy(directory) from None
    finally:
        os.close(descriptor)


class _Hashing:
    """A sink that knows the digest of what it took."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, sha256()

    def write(self, block: bytes, /) -> None:
        self._file.write(block)
        self.digest.update(block)


class _Hashed:
    """A source that knows the digest of what it gave."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, sha256()

    def read(self, size: int, /) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece
