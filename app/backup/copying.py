"""A backup, made while the service serves: the rows of one moment, then the files that they name, then the list."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app import age, keyring
from app.backup import contents, rows
from app.backup.census import BlobDigest, Census, Fault, Part
from app.backup.contents import Contents
from app.backup.directory import LIST, STATE, Directory, Manifest, prefix_of
from app.backup.errors import BackupError, Foreign, Unfit, WouldForget, WrongIdentity
from app.backup.losses import losses
from app.blobs import Blobs
from app.database import Database
from app.keyring import Keyring

SITE: Final = "site"
_TRIES: Final = 5


@dataclass(frozen=True)
class Service:
    """What is copied: the database, and the directory with keyring, pages and blobs."""

    database: Database
    data_dir: Path
    keyring: Keyring

    @property
    def blobs(self) -> Blobs:
        """The files of reporters."""
        return Blobs(self.data_dir / "blobs")

    def is_sound(self, connection: sa.Connection) -> bool:
        """Whether the database's own check finds no damage; PostgreSQL has none that a client can ask for."""
        return (
            self.database.dialect != "sqlite" or connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        )

    def files(self) -> dict[str, bytes]:
        """What is small and lies beside the database: the keyring, and what supervisors signed of the pages."""
        signed = sorted(path for path in (self.data_dir / SITE).glob("*") if path.is_file())
        return {keyring.FILE: (self.data_dir / keyring.FILE).read_bytes()} | {
            f"{SITE}/{path.name}": path.read_bytes() for path in signed
        }


@dataclass(frozen=True)
class Made:
    """A backup that was made; of the files in it, how many were copied now."""

    contents: Contents
    copied: int


def back_up(service: Service, path: Path, recipients: Sequence[age.HybridRecipient], today: date) -> Made:
    """Make the directory a backup of the service as it is now, sealed to the recipients.

    Until the last step the backup that was there stays what it was. What is wrong with the service's own data is copied
    as it is, and listed. Raises `BackupError` of another kind for each reason, and `OSError`.
    """
    if path.resolve().is_relative_to(service.data_dir.resolve()) or service.data_dir.resolve().is_relative_to(
        path.resolve()
    ):
        raise Unfit("a backup lies outside the data directory, on another disk or machine")
    directory = Directory(path)
    with directory.held(recipients, today), directory.tidied(today):
        before = _before(directory, service.keyring)
        present = _present(directory, before)
        copied = 0
        missing = set[str]()
        for _ in range(_TRIES):
            census, state = _copy_rows(service, directory, recipients, today)
            _check_losses(directory, before, census)
            copied += _copy_blobs(service.blobs, directory, census, present, recipients, today)
            still_missing, missing = missing, {name for name in census.blobs if name not in present}
            # What was destroyed between the rows and the files is not in the next rows. What is missing there too, is.
            if missing <= still_missing:
                break
        listed = contents.of(
            census,
            made_on=today,
            state=state,
            sealed_blobs={name: present[name].name for name in sorted(census.blobs) if name in present},
            faults={Fault(part=Part.NO_FILE, of=name) for name in missing}
            | {Fault(part=Part.FILE, of=name) for name in census.blobs if name in present and present[name].is_altered},
        )
        own = contents.identity_of(service.keyring).recipient
        list_ = directory.seal(LIST, BytesIO(listed.write()), [*recipients, own], today)
        blobs = tuple(sorted(listed.sealed_blobs.values()))
        directory.commit(Manifest(made_on=today, state=state, list=list_, blobs=blobs), today)
    return Made(listed, copied)


def last_list(directory: Directory, keyring: Keyring) -> Contents:
    """The list of the backup that is there, opened by the service. Raises `NotWhole`, `Foreign` and `Damaged`."""
    try:
        return contents.read(directory.read(directory.whole().list, [contents.identity_of(keyring)]))
    except WrongIdentity:
        raise Foreign(f"{directory.path} keeps a backup of another service") from None


@dataclass(frozen=True)
class _SealedBlob:
    name: str
    is_altered: bool  # when it was sealed it was not what its row says


def _before(directory: Directory, keyring: Keyring) -> Contents | None:
    """The list of the backup before. One that is damaged keeps nobody from the next, which is whole."""
    try:
        return last_list(directory, keyring)
    except Foreign:
        raise
    except BackupError:
        return None


def _present(directory: Directory, before: Contents | None) -> dict[str, _SealedBlob]:
    """The blobs that lie there as they were written, by name. What was altered before it came there is read anew."""
    altered = {fault.of for fault in before.faults} if before else set()
    found = dict[str, _SealedBlob]()
    for name in directory.names():
        prefix = prefix_of(name)
        if prefix not in {STATE, LIST} and prefix not in altered and directory.is_intact(name):
            found[prefix] = _SealedBlob(name, is_altered=False)
    return found


def _copy_rows(
    service: Service, directory: Directory, recipients: Sequence[age.Recipient], today: date
) -> tuple[Census, str]:
    with counting(service) as (census, lines):
        state = directory.seal(STATE, Pieces(lines), recipients, today)
    return census, state


@contextmanager
def counting(service: Service) -> Iterator[tuple[Census, Iterator[bytes]]]:
    """The lines of one moment of the service. The census has them all once they were read and the block has ended."""
    census = Census(service.keyring, service.database.keys)
    with service.database.snapshot(service.data_dir) as connection:
        yield census, _counted(rows.lines(connection, service.files()), census)
        if not service.is_sound(connection):
            census.faults.add(Fault(part=Part.DATABASE))
    census.end()


def _counted(lines: Iterator[bytes], census: Census) -> Iterator[bytes]:
    for line in lines:
        census.add(line)
        yield line


def _check_losses(directory: Directory, before: Contents | None, census: Census) -> None:
    lost = list(losses(before, census)) if before else []
    if lost:
        raise WouldForget(directory.path, len(lost), lost[0])


def _copy_blobs(
    blobs: Blobs,
    directory: Directory,
    census: Census,
    present: dict[str, _SealedBlob],
    recipients: Sequence[age.Recipient],
    today: date,
) -> int:
    """Copy those that are not `present` yet, and add them; how many. What is missing is left out."""
    copied = 0
    for name, wanted in sorted(census.blobs.items()):
        if name in present:
            continue
        with suppress(FileNotFoundError):
            source = Pieces(blobs.objects.get(name))
            present[name] = _SealedBlob(directory.seal(name, source, recipients, today), source.came != wanted)
            copied += 1
    return copied


class Pieces:
    """A source that gives what an iterator does, and knows the digest of what came."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""
        self._digest, self._size = sha256(), 0

    def read(self, size: int, /) -> bytes:
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._digest.update(self._rest)
            self._size += len(self._rest)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    @property
    def came(self) -> BlobDigest:
        """Of what was read so far."""
        return BlobDigest(sha256=self._digest.hexdigest(), size=self._size)
