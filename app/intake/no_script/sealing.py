"""Sealing on arrival: what a browser without script sent becomes what a client would have sent.

The server could read all of this while it passes (docs/protocol.md, section 16). It keeps none of it: words live in
memory until they are sealed, files go from the network into their seal, and the receipt is forgotten with the answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from app import age
from app.blobs import Blobs, StoredBlob
from app.intake.no_script.multipart import MalformedForm, Part, TooMuch
from app.protocol import attachments, conversation
from app.protocol.conversation import To
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed
from app.protocol.receipt import Receipt
from app.protocol.report import (
    ATTACHMENTS,
    FREE,
    FREE_LENGTH,
    MEDIA_TYPE_LENGTH,
    NAME_LENGTH,
    ONE_OF,
    SEVERAL_OF,
    Attachment,
    Form,
)
from app.vocabulary import ConsentScope

FILES: Final = "files"
TEXT_LIMIT: Final = 2**20  # bytes of all fields together: more would not fit a report either
# Characters: as many as the page with script takes.
TEXT_LENGTH: Final = 200_000
MESSAGE_LENGTH: Final = 20_000
_ONE_CHOICE: Final = frozenset({*ONE_OF, "answer_language"})


class Mistake(Exception):
    """What a person has to look at before this can be sent: the key of a sentence, and the field that it is about."""

    def __init__(self, key: str, field_: str = "", **fill: object) -> None:
        super().__init__(key)
        self.key = key
        self.field = field_
        self.fill = fill


@dataclass
class Typed:
    """The fields of a form, in memory. A page that comes back with a mistake shows them again."""

    fields: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _left: int = field(default=TEXT_LIMIT, repr=False)

    def add(self, part: Part) -> None:
        """Raises `Mistake` where all fields together are too long."""
        try:
            text = part.text(self._left)
        except TooMuch:
            raise Mistake("too-long", part.name) from None
        self._left -= len(text.encode())
        # Browsers end a line as the form's standard has it, everybody else with LF.
        self.fields.setdefault(part.name, []).append(text.replace("\r\n", "\n"))

    def last(self, name: str) -> str:
        return self.fields.get(name, [""])[-1]

    def chosen(self, name: str) -> list[str]:
        """The choices of a list, each once, without the empty one that stands for no answer."""
        return [code for code in dict.fromkeys(self.fields.get(name, [])) if code]

    def kept(self) -> Mapping[str, str | list[str]]:
        """The answers as a page shows them again."""
        return {name: self.chosen(name) if name in SEVERAL_OF else self.last(name) for name in self.fields}


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
        self._limit = self._left = limit
        self._today = today

    def seal(self, part: Part, recipient: age.HybridRecipient) -> None:
        """From the network into the seal. Raises `Mistake` for one file too many, or too large a one."""
        self.came = True
        name = _file_name(part.filename or "")
        if len(self.sealed) == ATTACHMENTS:
            raise Mistake("too-many-files", FILES, n=ATTACHMENTS)
        with self._blobs.uploads.receive() as incoming:
            try:
                attachment = attachments.seal(
                    _Counted(part, self._count),
                    incoming,
                    recipient,
                    name=name,
                    media_type=_media_type(part.media_type),
                    limit=self._limit,
                )
            except Malformed:
                raise Mistake("too-large", FILES) from None
            self.sealed.append(SealedFile(attachment, incoming.keep(self._today)))

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Mistake("too-large", FILES)

    @contextmanager
    def kept_if_named(self) -> Iterator[None]:
        """The block seals the files and names them in a row; where it raises, whatever it is, they go."""
        try:
            yield
        except BaseException:
            self.destroy()
            raise

    def destroy(self) -> None:
        """What the files came with is not stored, so neither are they."""
        for file in self.sealed:
            self._blobs.destroy(file.stored.name, self._today)
        self.sealed.clear()


class _Counted:
    """A file as it arrives. What counts its bytes may raise."""

    def __init__(self, part: Part, count: Callable[[int], None]) -> None:
        self._part = part
        self._count = count

    def read(self, size: int, /) -> bytes:
        piece = self._part.read(size)
        self._count(len(piece))
        return piece


def seal_report(
    parts: Iterable[Part], typed: Typed, files: Files, to: To, *, language: str, today: str
) -> SealedReport:
    """Read the form to its end and seal it. `typed` holds what was read, also where this raises.

    Raises `Mistake` for what a person can mend, and `MalformedForm`.
    """
    secret, receipt, id_ = age.generate(), Receipt.generate(language), new_id("rep")
    read(parts, typed, files, lambda: secret.recipient)
    form = _form(typed, language)
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


def read(parts: Iterable[Part], typed: Typed, files: Files, recipient: Callable[[], age.HybridRecipient]) -> None:
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


def read_fields(parts: Iterable[Part], typed: Typed) -> None:
    """The fields alone, to be shown again: files pass by. Raises `Mistake`."""
    for part in parts:
        if part.filename is None:
            typed.add(part)


def _form(typed: Typed, language: str) -> Form:
    answers: dict[str, Any] = {}
    for name in typed.fields:
        if name in _ONE_CHOICE or name in FREE:
            if answer := typed.last(name):
                answers[name] = answer
        elif name in SEVERAL_OF:
            if chosen := typed.chosen(name):
                answers[name] = chosen
        elif name != "text":
            raise MalformedForm("a field that the form does not have")
    if "danger_now" not in answers:
        raise Mistake("danger-missing", "danger_now")
    # Its box cannot be unticked, and browsers do not send such a box.
    answers["consent"] = [ConsentScope.SERVICE.value, *answers.get("consent", [])]
    for name, length in (("text", TEXT_LENGTH), *((name, FREE_LENGTH) for name in FREE)):
        if len(typed.last(name)) > length:
            raise Mistake("too-long", name)
    try:
        return Form.read({"language": language, "text": typed.last("text"), "answers": answers})
    except Malformed:
        raise MalformedForm("an answer that is of no list") from None


def _file_name(name: str) -> str:
    """The last part of what the browser said, as a name that a document may have."""
    last = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")[:NAME_LENGTH]
    return last if last not in {"", ".", ".."} else "file"


def _media_type(said: str) -> str:
    is_one = said.isascii() and said.isprintable() and 0 < len(said) <= MEDIA_TYPE_LENGTH
    return said if is_one else "application/octet-stream"
