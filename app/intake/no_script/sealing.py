"""Sealing on arrival: what a browser without script sent becomes what a client would have sent.

The server could read all of this while it passes (docs/protocol.md, section 16). It keeps none of it: words live in
memory until they are sealed, files go from the network into their seal, and the receipt is forgotten with the answer.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from app import age
from app.blobs import Blobs, NoRoom, StoredBlob
from app.database import storage
from app.intake.no_script.forms import FILES, Mistake, TypedFields, report_form
from app.intake.no_script.multipart import MalformedForm, Part
from app.protocol import attachments, conversation
from app.protocol.conversation import To
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed
from app.protocol.receipt import Receipt
from app.protocol.report import ATTACHMENTS, MEDIA_TYPE_LENGTH, Attachment, file_name


@dataclass(frozen=True)
class SealedFile:
    """A file that lies sealed on the disk, which no row names yet, and what the sealed document says of it."""

    attachment: Attachment = field(repr=False)
    stored: StoredBlob


@dataclass(frozen=True)
class SealedReport:
    """What a reporter's client would send, and the receipt that opens its mailbox."""

    id: str
    envelope: bytes = field(repr=False)
    receipt: Receipt = field(repr=False)
    files: tuple[SealedFile, ...]


class Files:
    """Seals files one after the other, and takes them back where what they belong to is not stored.

    All of them together may be as large as one attachment.
    """

    def __init__(self, blobs: Blobs, *, limit: int, today: date) -> None:
        self.sealed: list[SealedFile] = []
        self.came = False  # whether the form had any, taken or not
        self._blobs = blobs
        self._limit = self._rest = limit
        self._today = today

    def seal(self, part: Part, recipient: age.HybridRecipient) -> None:
        """From the network into the seal. Raises `Mistake` for one file too many, too large a one, or no room."""
        self.came = True
        name = _file_name(part.filename or "")
        if len(self.sealed) == ATTACHMENTS:
            raise Mistake("too-many-files", FILES, n=ATTACHMENTS)
        with self._blobs.uploads.receive() as incoming:
            try:
                attachment = attachments.seal(
                    _CountedPart(part, self._count),
                    incoming,
                    recipient,
                    name=name,
                    media_type=_media_type(part.media_type),
                    limit=self._limit,
                )
            except Malformed:
                raise Mistake("too-large", FILES) from None
            except NoRoom:
                raise Mistake("no-room", FILES) from None
            self.sealed.append(SealedFile(attachment, incoming.keep(self._today)))

    def _count(self, size: int) -> None:
        self._rest -= size
        if self._rest < 0:
            raise Mistake("too-large", FILES)

    @contextmanager
    def kept_if_named(self) -> Iterator[None]:
        """The block seals the files and names them in a row; where it raises, they go.

        But not where the database failed: then their row may yet be there, and if it is not, a sweep finds them.
        """
        try:
            yield
        except BaseException as error:
            if not isinstance(error, Exception) or not storage.has_failed(error):
                self.destroy()
            raise

    def destroy(self) -> None:
        """What the files came with is not stored, so neither are they."""
        for file in self.sealed:
            self._blobs.destroy(file.stored.name, self._today)
        self.sealed.clear()


class _CountedPart:
    """A file as it arrives. What counts its bytes may raise."""

    def __init__(self, part: Part, count: Callable[[int], None]) -> None:
        self._part = part
        self._count = count

    def read(self, size: int, /) -> bytes:
        piece = self._part.read(size)
        self._count(len(piece))
        return piece


def seal_report(
    parts: Iterable[Part], typed: TypedFields, files: Files, to: To, *, language: str, today: str
) -> SealedReport:
    """Read the form to its end and seal it. `typed` holds what was read, also where this raises.

    Raises `Mistake` for what a person can mend, and `MalformedForm`.
    """
    secret, receipt, id_ = age.generate(), Receipt.generate(language), new_id("rep")
    read(parts, typed, files, lambda: secret.recipient)
    form = report_form(typed, language)
    if not form.text.strip() and not files.sealed:
        raise Mistake("nothing-told", "text")
    try:
        envelope = conversation.seal_report(
            form,
            to,
            id_=id_,
            secret=secret,
            receipt=receipt,
            attachments=[file.attachment for file in files.sealed],
            today=today,
        )
    except Malformed:
        raise Mistake("too-long", "text") from None
    return SealedReport(id_, envelope, receipt, tuple(files.sealed))


def read(parts: Iterable[Part], typed: TypedFields, files: Files, recipient: Callable[[], age.HybridRecipient]) -> None:
    """Fields into memory, files into their seals. `recipient` is asked when the first file comes.

    Raises the first `Mistake` only at the end: what was typed below it must come back too.
    """
    mistake: Mistake | None = None
    for part in parts:
        try:
            if part.filename is None:
                typed.add(part)
            elif part.name != FILES:
                raise MalformedForm("a file that the form does not ask for")
            elif part.filename:  # browsers send an empty one where no file was chosen
                files.seal(part, recipient())
        except Mistake as found:
            mistake = mistake or found
    if mistake:
        raise mistake


def _file_name(name: str) -> str:
    """The last part of what the browser said, as a name that a document may have."""
    return file_name(name.replace("\\", "/").rpartition("/")[2])


def _media_type(text: str) -> str:
    is_one = text.isascii() and text.isprintable() and 0 < len(text) <= MEDIA_TYPE_LENGTH
    return text if is_one else "application/octet-stream"
