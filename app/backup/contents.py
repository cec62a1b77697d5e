"""The list of what a backup has. It is sealed beside the rest, to the same recipients and to the service itself.

The service can then compare what it has with what it had, and needs no key of anybody's for it; whoever only has the
directory learns nothing from it.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app import age
from app.backup import rows
from app.backup.census import BlobDigest, Census, Count, Fault, Mark
from app.backup.errors import Damaged
from app.keyring import Keyring
from app.protocol.encoding import sha256_hex


class Contents(BaseModel):
    """Counts and digests, as they were when the backup was made, and what was wrong then already.

    `digests` has those of all that is sealed or signed in rows, by table and column, then by the row's key; `of_report`
    the report with which such a row, or a blob, goes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = rows.FORMAT
    made_on: date
    revision: str
    state: str  # the sealed file that holds the rows
    files: dict[str, str]
    tables: dict[str, Count]
    digests: dict[str, dict[str, str]]
    of_report: dict[str, str]
    blobs: dict[str, BlobDigest]
    sealed_blobs: dict[str, str]  # the sealed file of each blob; of one that was missing already there is none
    events: Mark
    log: Mark
    faults: list[Fault]

    def write(self) -> bytes:
        """What `read` reads."""
        return self.model_dump_json().encode()


def of(census: Census, *, made_on: date, state: str, sealed_blobs: dict[str, str], faults: set[Fault]) -> Contents:
    """The list of what was counted, with what else was found wrong."""
    return Contents(
        made_on=made_on,
        revision=census.revision,
        state=state,
        files=census.files,
        tables=census.tables,
        digests=census.digests,
        of_report=census.of_report,
        blobs=census.blobs,
        sealed_blobs=sealed_blobs,
        events=census.events,
        log=end_of(census.log),
        faults=sorted(census.faults | faults, key=str),
    )


def end_of(log: list[str]) -> Mark:
    """How far a key log goes."""
    return Mark(n=len(log), sha256=sha256_hex(log[-1].encode()) if log else "")


def read(content: bytes) -> Contents:
    """Raises `Damaged`."""
    try:
        return Contents.model_validate_json(content)
    except ValidationError:
        raise Damaged("the list of the backup is none that this Tern can read") from None


def identity_of(keyring: Keyring) -> age.HybridIdentity:
    """With which the service opens the lists of its own backups. Nobody else knows even its recipient."""
    return age.identity_from_seed(keyring.key("backup-list"))
