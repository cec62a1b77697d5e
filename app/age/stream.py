"""The payload: 64 KiB chunks under ChaCha20-Poly1305 (c2sp.org/age, section "Payload")."""

import os
from collections.abc import Iterator
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from app.age import file_key
from app.age.errors import HeaderError, PayloadError
from app.age.source import Reader

CHUNK_SIZE = 64 * 1024
NONCE_SIZE = 16
TAG_SIZE = 16


def chunk_nonce(index: int, *, last: bool) -> bytes:
    """12 bytes: the chunk's index as an 11-byte big-endian counter, then 0x01 for the last chunk or 0x00."""
    return index.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def seal(key: bytes, plain: Reader) -> Iterator[bytes]:
    """Yield the payload's nonce, then each chunk sealed. `key` is the file key, 16 bytes, and seals nothing else."""
    nonce = os.urandom(NONCE_SIZE)
    yield nonce
    aead = _aead(key, nonce)
    for index, (chunk, last) in enumerate(plain.blocks(CHUNK_SIZE)):
        yield aead.encrypt(chunk_nonce(index, last=last), chunk, None)


def open_(key: bytes, sealed: Reader) -> Iterator[bytes]:
    """Yield the plaintext of each chunk as soon as it is authentic.

    `key` is the file key, 16 bytes. Raises `HeaderError` where the payload's nonce is cut, and `PayloadError` where a
    chunk is not authentic or the last one is missing. What came before is then genuine but not the whole: act on it
    only after the end.
    """
    nonce = sealed.read(NONCE_SIZE)
    if len(nonce) < NONCE_SIZE:
        raise HeaderError("the file ends before its payload")
    aead = _aead(key, nonce)
    for index, (chunk, last) in enumerate(sealed.blocks(CHUNK_SIZE + TAG_SIZE)):
        try:
            plaintext = aead.decrypt(chunk_nonce(index, last=last), chunk, None)
        except InvalidTag:
            yield from _as_other_place(aead, index, chunk, last=not last)
            raise PayloadError(f"chunk {index} is not authentic here") from None
        if not plaintext and index > 0:  # a second encoding of one plaintext, which the format forbids
            raise PayloadError("the last chunk is empty")
        yield plaintext


def sealed_size(plaintext_size: int) -> int:
    """Bytes of the payload with its nonce."""
    chunks = max(1, -(-plaintext_size // CHUNK_SIZE))
    return NONCE_SIZE + plaintext_size + chunks * TAG_SIZE


def is_framed(payload_size: int) -> bool:
    """Whether some plaintext has a payload of this many bytes: only an empty one has an empty last chunk."""
    chunks_size = payload_size - NONCE_SIZE
    last_chunk_size = chunks_size % (CHUNK_SIZE + TAG_SIZE)
    return chunks_size == TAG_SIZE or (chunks_size > 0 and not 0 < last_chunk_size <= TAG_SIZE)


def _as_other_place(aead: ChaCha20Poly1305, index: int, chunk: bytes | memoryview, *, last: bool) -> Iterator[bytes]:
    """A full chunk that is genuine, but sealed as the last and followed by more, or the other way round.

    The file is cut or continued there. The standard's vectors count such a chunk to what comes out before the error.
    """
    if len(chunk) == CHUNK_SIZE + TAG_SIZE:
        with suppress(InvalidTag):
            yield aead.decrypt(chunk_nonce(index, last=last), chunk, None)


def _aead(key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(file_key.derive(key, salt=nonce, info=b"payload"))
