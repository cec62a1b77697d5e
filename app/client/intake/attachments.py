"""Files beside a report or a message: sealed before anything is sent, and checked against what lists them."""

import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app import age
from app.protocol import opening
from app.protocol.attachments import seal
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed
from app.protocol.report import ATTACHMENTS, Attachment, file_name


class Unsendable(Exception):
    """What was to be sent is not of the form that can be sealed: an answer of no list, a file that is too large."""


@dataclass(frozen=True)
class SealedFile:
    """A file of the reporter's, and its sealed form that waits to be sent: `size` bytes at `sealed`."""

    source: Path
    sealed: Path
    size: int
    attachment: Attachment


@dataclass(frozen=True)
class LeftOut:
    """A file that cannot go with the words, and why: what belongs to it alone never keeps these back."""

    source: Path
    why: str


def seal_all(
    sources: Sequence[Path],
    recipient: age.HybridRecipient,
    *,
    limit: int,
    drafts: Path,
) -> tuple[list[SealedFile], list[LeftOut]]:
    """Seal the files into the directory `drafts`, each of at most `limit` bytes; and those that cannot go."""
    sealed, left = list[SealedFile](), list[LeftOut]()
    for source in sources:
        try:
            if len(sealed) == ATTACHMENTS:
                raise Unsendable(f"at most {ATTACHMENTS} files go with one report or message; send it with the next")
            sealed.append(_seal(source, recipient, limit, drafts))
        except Unsendable as odd:
            left.append(LeftOut(source, str(odd)))
        except OSError as error:
            left.append(LeftOut(source, f"it cannot be read ({error.strerror or type(error).__name__})"))
    return sealed, left


def open_(sealed: Path, sink: BinaryIO, identities: Sequence[age.HybridIdentity], attachment: Attachment) -> None:
    """Write the file that `attachment` describes to `sink`, without its padding; it is sealed to one of these.

    Raises `NotAuthentic` where it is another one; what was written then must not be used.
    """
    with sealed.open("rb") as file:
        ciphertext_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    target = _Unpadded(sink, attachment.size)
    # Nothing is opened that is not what the document lists.
    opening.check_attachment(
        attachment, ciphertext_sha256=ciphertext_sha256, plaintext_sha256=attachment.plaintext_sha256
    )
    with sealed.open("rb") as file:
        age.decrypt_stream(file, target, identities)
    opening.check_attachment(attachment, ciphertext_sha256=ciphertext_sha256, plaintext_sha256=target.hash.hexdigest())


def _seal(source: Path, recipient: age.HybridRecipient, limit: int, drafts: Path) -> SealedFile:
    if not source.is_file():  # a pipe would be waited for
        raise Unsendable("it is a directory, or no file at all")
    sealed = drafts / new_id("att")
    name = file_name(source.name)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    with source.open("rb") as plain, sealed.open("wb") as sink:
        try:
            attachment = seal(plain, sink, recipient, name=name, media_type=media_type, limit=limit)
        except Malformed:
            raise Unsendable(f"it is larger than {limit} bytes") from None
    return SealedFile(source, sealed, sealed.stat().st_size, attachment)


class _Unpadded:
    """Passes on and hashes the first `size` bytes, and drops the padding after them."""

    def __init__(self, sink: BinaryIO, size: int) -> None:
        self.hash = hashlib.sha256()
        self._sink = sink
        self._rest = size

    def write(self, block: bytes, /) -> None:
        content = block[: self._rest]
        self._rest -= len(content)
        self.hash.update(content)
        self._sink.write(content)
