"""How the bytes of an upload and its rows stay in step. Each transaction is short, and none is open while bytes move.

The row comes before the file, and the whole file before the attachment that names it. A process that is killed at any
point leaves a row whose file can be asked for again, or a file that no row names, which is swept.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from app.age import HEADER_SIZE, EnvelopeError, check_envelope
from app.blobs import Blobs, NoRoom, OutOfPlace, StoredBlob, new_name
from app.database import Database
from app.destruction import destroying
from app.intake.attachments import uploads
from app.intake.attachments.models import Upload
from app.problems import NotAnEnvelope, NotFound, Problem, TooLarge
from app.protocol.encoding import sha256_hex


@dataclass(frozen=True)
class Reception:
    """What takes in the uploads of one mailbox, on one day."""

    database: Database = field(repr=False)
    blobs: Blobs = field(repr=False)
    token_sha256: str = field(repr=False)
    today: date

    def start(self, attachment_id: str, size: int) -> str:
        """Begin an upload of `size` bytes: its address, which nobody else knows.

        Raises what `uploads.start` raises, and `NoRoomForFiles`.
        """
        # The row comes first: whoever has no mailbox costs no file, and a row without one is an upload begun again.
        blob = new_name()
        with self._destroying() as session:
            address = uploads.start(session, self.token_sha256, attachment_id, size=size, blob=blob, today=self.today)
            try:
                self.blobs.uploads.check_room(size)
            except NoRoom:
                raise uploads.NoRoomForFiles from None
        self.blobs.uploads.begin(blob, self.today)
        return address

    def find(self, address: str) -> Upload:
        """Raises `NotFound`, for an upload under another token too."""
        with self.database.read() as session:
            return uploads.find(session, self.token_sha256, sha256_hex(address.encode()))

    def settle(self, upload: Upload) -> int:
        """Bring to disk what has come, and where it is all, name it: how many bytes that is.

        This is repeated where a process was killed between the last byte and the name. Raises `NotFound` where the
        upload was given up, and what `uploads.finish` raises.
        """
        if upload.blob is None:
            return upload.size
        try:
            offset = self.blobs.uploads.offset(upload.blob, self.today)
            if offset == upload.size:
                self._name(upload, self.blobs.uploads.finish(upload.blob, self.today))
        except FileNotFoundError:  # given up meanwhile
            raise NotFound from None
        return offset

    def check_place(self, upload: Upload, *, at: int, length: int) -> None:
        """Raises `WrongOffset` unless the upload ends at `at`, `TooLarge` where `length` bytes more are too many."""
        if self.settle(upload) != at:
            raise uploads.WrongOffset
        if at + length > upload.size:
            raise TooLarge

    def add(self, upload: Upload, piece: bytes, *, at: int) -> None:
        """Add one piece, unless it completes a header that is none: then the upload is given up (`NotAnEnvelope`).

        Raises `WrongOffset` where somebody else was faster, `NotFound` where the upload was given up, and
        `NoRoomForFiles`.
        """
        blob = upload.blob or ""
        try:
            if at < HEADER_SIZE <= at + len(piece):
                start = self.blobs.uploads.start_of(blob, at) if at else b""
                check_envelope(start + piece, size=upload.size)
            self.blobs.uploads.append(blob, piece, at=at, day=self.today)
        except EnvelopeError:
            self._give_up(upload, blob)
            raise NotAnEnvelope from None
        except OutOfPlace:
            raise uploads.WrongOffset from None
        except NoRoom:
            raise uploads.NoRoomForFiles from None
        except FileNotFoundError:  # given up meanwhile
            raise NotFound from None

    def _name(self, upload: Upload, stored: StoredBlob) -> None:
        """A file that no row names is removed, but not where the database failed: then its row may yet be there."""
        try:
            with self._destroying() as session:
                uploads.finish(session, self.token_sha256, upload.address_sha256, stored, today=self.today)
        except Problem:
            self._give_up(upload, stored.name)
            raise

    def _give_up(self, upload: Upload, blob: str) -> None:
        with self._destroying() as session:
            uploads.give_up(session, upload.address_sha256, blob)

    def _destroying(self) -> AbstractContextManager[Session]:
        return destroying(self.database, self.blobs, self.today)
