"""Whole files: a fresh file key, wrapped in the header, seals the payload (c2sp.org/age, "Encrypted file format")."""

import io
import os
from collections.abc import Iterable, Iterator

from app.age import armor, header, stream
from app.age.errors import NoMatchError, RecipientError
from app.age.file_key import FILE_KEY_SIZE
from app.age.keys import Identity, Recipient
from app.age.mlkem768x25519 import HybridRecipient
from app.age.scrypt import Passphrase
from app.age.source import Reader, Sink, Source

# Longer than any line that could begin an armored file with a reason to refuse it.
_START_SIZE = 1024


def encrypt(plaintext: bytes, recipients: Iterable[Recipient]) -> bytes:
    """Raises `RecipientError` for no recipients, and for some that may not share a file."""
    file = io.BytesIO()
    encrypt_stream(io.BytesIO(plaintext), file, recipients)
    return file.getvalue()


def decrypt(file: bytes, identities: Iterable[Identity]) -> bytes:
    """The plaintext of a binary or armored file; one child of `Error` per way to fail."""
    plaintext = io.BytesIO()
    decrypt_stream(io.BytesIO(file), plaintext, identities)
    return plaintext.getvalue()


def encrypt_stream(source: Source, sink: Sink, recipients: Iterable[Recipient]) -> None:
    """`encrypt` from file to file, holding two MiB in memory at most."""
    for block in _sealed(source, recipients):
        sink.write(block)


def decrypt_stream(source: Source, sink: Sink, identities: Iterable[Identity]) -> None:
    """`decrypt` from file to file, holding two MiB in memory at most.

    What reaches `sink` is authentic, but where this raises it is not the whole, and must not be acted on.
    """
    for plaintext in _opened(source, identities):
        sink.write(plaintext)


def _sealed(source: Source, recipients: Iterable[Recipient]) -> Iterator[bytes]:
    recipients = list(recipients)
    _refuse_mixture(recipients)
    file_key = os.urandom(FILE_KEY_SIZE)
    head = header.serialize([recipient.wrap(file_key) for recipient in recipients], file_key)
    if len(head) > header.HEADER_LIMIT:
        raise RecipientError("too many recipients for one file")
    yield head
    yield from stream.seal(file_key, Reader(source))


def _opened(source: Source, identities: Iterable[Identity]) -> Iterator[bytes]:
    sealed = Reader(source)
    start = sealed.read(_START_SIZE)
    sealed.put_back(start)
    if armor.is_armored(start):
        sealed = Reader(armor.Unarmored(sealed))
    head = header.read(sealed)
    file_key = _unwrap(head, identities)
    head.verify(file_key)
    yield from stream.open_(file_key, sealed)


def _unwrap(head: header.Header, identities: Iterable[Identity]) -> bytes:
    for identity in identities:
        file_key = identity.unwrap(head.stanzas)
        if file_key is not None:
            return file_key
    raise NoMatchError("no identity opens this file")


def _refuse_mixture(recipients: list[Recipient]) -> None:
    if not recipients:
        raise RecipientError("a file needs a recipient")
    if len(recipients) > 1 and any(isinstance(recipient, Passphrase) for recipient in recipients):
        raise RecipientError("a passphrase is the only recipient of its file")
    if len({isinstance(recipient, HybridRecipient) for recipient in recipients}) > 1:
        raise RecipientError("a post-quantum recipient beside one that is not protects nothing")
