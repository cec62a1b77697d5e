"""The keyring and the directory that belong to the tables, and how the machine is."""

import secrets
import shutil
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import jobs as calendar
from app import keyring, private, recorded_day
from app.database import Database, insert_or_ignore
from app.installation import free_space
from app.installation.models import Installation
from app.intake.epochs import service as epochs
from app.intake.lifecycle import service as lifecycle
from app.keyring import Keyring
from app.settings import Settings
from app.shred_keys import copies

_NAME: Final = "tern"
# A random word that lies in the directory of the sealed files. Who copies the keyring does not copy it by that.
PLACE: Final = "place.txt"
# Among the sealed files, where those that are named are lost.
_LOST: Final = ".lost"
# With less than this the disk is as good as full: one attachment of the largest allowed would not fit.
LEAST_FREE_BYTES: Final = 128 * 2**20


class ForeignKeyring(Exception):
    """The keyring is missing, or is that of other tables. A new one would not do: what the old one signed stands."""


class OtherPlace(Exception):
    """The sealed files lie in another directory. What a process with another destroys would stay there."""


@dataclass(frozen=True)
class Numbers:
    """How the machine is. `epoch_days_left` are signed without a gap, with today; None where no epoch takes reports.

    `first_lapses_after` is what `lifecycle` says of undecided reports.

    `keys_missing` is of how many sealed rows the shred key was not there when they were counted, None where none are
    kept; `keys_copied_on` the day of the last copy of the keys, None where there is none.

    `destruction_waits` where the machine's clock cannot be believed. `jobs` have the day or hour of their last run.
    """

    disk_free_bytes: int
    disk_bytes: int
    epoch_days_left: int | None
    first_lapses_after: date | None
    swept_on: date | None
    keys_missing: int | None
    keys_copied_on: date | None
    destruction_waits: bool
    jobs: dict[str, str]


def open_keyring(database: Database, data_dir: Path) -> Keyring:
    """The keyring by which the tables were made; for tables without one it is made, or the one that lies there taken.

    Raises `ForeignKeyring`, and `ValueError` for a damaged one.
    """
    with database.read() as session:
        belonging = session.scalar(select(Installation.keyring_sha256))
    if belonging is not None and not (data_dir / keyring.FILE).exists():
        raise ForeignKeyring(
            f"{data_dir / keyring.FILE} is missing, and the database belongs to it: put your copy back, or"
            " restore the backup in an empty place (docs/handbook/operator.md, Restore)"
        )
    ring = keyring.load(data_dir)
    if belonging is None:
        with database.write() as session:
            insert_or_ignore(session, Installation, [{"name": _NAME, "keyring_sha256": ring.digest}])
            belonging = session.scalar(select(Installation.keyring_sha256))
    if belonging != ring.digest:
        raise ForeignKeyring(f"{data_dir / keyring.FILE} is the keyring of another database: put its own back")
    return ring


def check_place(database: Database, data_dir: Path, *, takes_over: bool = False) -> None:
    """Whether the sealed files that the tables name lie in this directory, as was recorded when it was first used.

    `takes_over` where it has taken the place of that one. Raises `OtherPlace`.
    """
    path = data_dir / PLACE
    with database.read() as session:
        recorded = session.scalar(select(Installation.place_sha256))
    if recorded is None or takes_over:
        if not path.exists():
            private.write_once(path, secrets.token_hex().encode())
        is_as_read = Installation.place_sha256.is_not_distinct_from(recorded)  # of several that come at once, one
        with database.write() as session:
            session.execute(update(Installation).where(is_as_read).values(place_sha256=_digest(path)))
            recorded = session.scalar(select(Installation.place_sha256))
    if not path.exists() or recorded != _digest(path):
        raise OtherPlace(
            f"the sealed files of this service lie in another directory than {data_dir}: use that one (TERN_DATA_DIR),"
            " or, where this one has taken its place for good, run: tern serve --the-files-are-here"
        )


def check_files(directory: Path, *, are_named: bool, takes_over: bool = False) -> None:
    """Whether sealed files are where the tables name some: a volume that is not mounted leaves nothing, or a directory
    with nothing in it, and what came in now would be hidden beneath it later.

    `takes_over` where they are lost for good, which is written down there. Raises `OtherPlace`.
    """
    if not are_named or (directory.is_dir() and any(directory.iterdir())):
        return
    if not takes_over:
        raise OtherPlace(
            f"the database names sealed files, and {directory} has none: mount its volume, or put them back; where they"
            " are lost for good, run once: tern serve --the-files-are-here"
        )
    private.make_directory(directory)
    private.write_once(directory / _LOST, b"")


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def one_at_a_time(session: Session) -> None:
    """Whoever else calls this goes on when this transaction has ended, and finds what it has written."""
    session.execute(select(Installation.name).with_for_update())


def record_free_space(database: Database, data_dir: Path, today: date) -> None:
    """Remember how much is free today; the last look of a day counts."""
    with database.write() as session:
        free_space.record(session, data_dir, today)


def record_sweep(database: Database, today: date) -> None:
    """Remember that all that was due was done."""
    with database.write() as session:
        row = session.get(Installation, _NAME)
        if row is not None:
            row.swept_on = today


def is_well(database: Database, data_dir: Path) -> bool:
    """Whether the database answers and there is room to write."""
    try:
        with database.read() as session:
            session.scalar(select(Installation.name))
        return shutil.disk_usage(data_dir).free >= LEAST_FREE_BYTES
    except (SQLAlchemyError, OSError):
        return False


def numbers(session: Session, settings: Settings, today: date) -> Numbers:
    """What a supervisor or an operator looks after."""
    disk = shutil.disk_usage(settings.data_dir)
    last = epochs.covered_until(session, today)
    left = (last - today).days + 1 if last else None
    swept_on = session.scalar(select(Installation.swept_on))
    waits = not recorded_day.is_believable(session, today)
    return Numbers(
        disk_free_bytes=disk.free,
        disk_bytes=disk.total,
        epoch_days_left=left,
        first_lapses_after=lifecycle.first_lapses_after(session, today),
        swept_on=swept_on,
        keys_missing=session.scalar(select(Installation.keys_missing)),
        keys_copied_on=copies.last_day(settings.shred_copies) if settings.shred_copies else None,
        destruction_waits=waits,
        jobs=calendar.last_turns(session),
    )
