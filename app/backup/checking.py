"""Whether a service, or a backup of one, is what it was. Nothing is changed."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app import age
from app.backup import rows
from app.backup.census import BlobDigest, Census, Fault, Part
from app.backup.copying import Pieces, Service, counting, last_list
from app.backup.directory import Directory
from app.backup.losses import losses
from app.backup.reading import open_blob, open_list, open_state
from app.database import Database

_PIECE: Final = 2**20  # bytes of a file at a time


@dataclass(frozen=True)
class Looked:
    """What was found; each of the `findings` is a sentence about what is not as it should be."""

    reports: int | None  # where nobody could look
    files: int
    left_over: int  # files that nothing names
    findings: list[str]


def check_service(service: Service, since: Path | None = None) -> Looked:
    """Count and compare all that the service keeps; with the directory of its last backup also what it had then.

    Raises `BackupError` where that one cannot be compared with.
    """
    then = last_list(Directory(since), service.keyring) if since else None
    census, faults = _look(service)
    if faults:  # what was destroyed between the rows and the files is not found wrong twice
        census, again = _look(service)
        faults &= again
    found = [*(losses(then, census) if then else ()), *sorted(map(str, census.faults | faults))]
    present = {name for name, _ in service.blobs.objects.list_()}
    return Looked(census.tables["reports"].rows, len(census.blobs), len(present - census.blobs.keys()), found)


def check_backup(path: Path, identities: Sequence[age.Identity] = ()) -> Looked:
    """Whether every file is what was written; with a key, also whether it all belongs together and is what it was.

    Raises `BackupError` where there is no whole backup, or where it is not what its list says.
    """
    directory = Directory(path)
    manifest = directory.whole()
    altered = [f"{name} is not what was written" for name in sorted(manifest.names) if not directory.is_intact(name)]
    left_over = len(directory.names() - manifest.names)
    if altered or not identities:
        return Looked(None, len(manifest.blobs), left_over, altered)
    listed = open_list(directory, identities)
    open_state(directory, listed, identities, lambda _: None)
    for name in listed.sealed_blobs:
        open_blob(directory, listed, name, identities)
    found = [f"{fault} (so it was copied)" for fault in listed.faults]
    return Looked(listed.tables["reports"].rows, len(listed.sealed_blobs), left_over, found)


def look_quickly(database: Database, blobs: Path) -> str:
    """What a service finds wrong by a short look at itself, in a clause; nothing where all is well.

    Of its files it looks at names and sizes alone.
    """
    with database.read() as session:
        connection = session.connection()
        if database.dialect == "sqlite":
            said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if said != "ok":
                return "the database is damaged"
        table = next(table for table in rows.tables(connection) if table.name == "attachments")
        wanted = connection.execute(sa.select(table.c.blob, table.c.size)).all()
    wrong = sum(_size(blobs / name) != size for name, size in wanted)
    return f"{wrong} of {len(wanted)} files are missing or of another size" if wrong else ""


def _look(service: Service) -> tuple[Census, set[Fault]]:
    """The census, and what is wrong with files."""
    with counting(service) as (census, lines):
        deque(lines, maxlen=0)
    return census, {
        Fault(part=Part.FILE if present else Part.NO_FILE, of=name)
        for name, wanted in census.blobs.items()
        if (present := _digest(service, name)) != wanted
    }


def _digest(service: Service, name: str) -> BlobDigest | None:
    try:
        pieces = Pieces(service.blobs.objects.get(name))
        while pieces.read(_PIECE):
            pass
    except OSError:
        return None
    return pieces.came


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
