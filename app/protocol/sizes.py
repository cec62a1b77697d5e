"""Size classes: what is sealed has one of a few lengths, and the service accepts no other (SEALING, "Size classes")."""

import itertools
from collections.abc import Iterator
from enum import StrEnum
from functools import cache

from app.age import encrypted_size, passphrase_encrypted_size
from app.protocol.errors import Malformed

KIB = 1024
MIB = 1024 * KIB

# No attachment is larger, whatever an installation allows.
ATTACHMENT_CEILING = 1024 * MIB


class Kind(StrEnum):
    """What is sealed, as far as its length is concerned."""

    GRANT = "grant"
    SLOT = "slot"
    TASK = "task"
    MESSAGE = "message"
    REPORT = "report"
    JOURNAL = "journal"
    PART = "part"
    CARD = "card"
    PAIR = "pair"
    KEYS = "keys"
    MEMORY = "memory"
    ATTACHMENT = "attachment"


_CLASSES = {
    Kind.GRANT: (4 * KIB,),
    Kind.SLOT: (4 * KIB,),
    Kind.TASK: (4 * KIB,),
    Kind.KEYS: (4 * KIB,),
    Kind.MESSAGE: (4 * KIB, 16 * KIB, 64 * KIB),
    Kind.REPORT: (8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 256 * KIB, MIB),
    Kind.CARD: (KIB,),
    Kind.PAIR: (16 * KIB,),
    Kind.JOURNAL: (4 * KIB, 16 * KIB),
    Kind.MEMORY: tuple(64 * KIB << doubling for doubling in range(5)),
    Kind.PART: tuple(4 * KIB << doubling for doubling in range(9)),
}


class TooLong(Malformed):
    """What is to be sealed is longer than the largest class of its kind: it has to be shorter, or several."""


def classes(kind: Kind, limit: int | None = None) -> tuple[int, ...]:
    """The lengths of plaintexts of this kind, in bytes, smallest first.

    `limit` is the largest true size of an attachment; the last class is the one that it falls in.
    """
    if kind is not Kind.ATTACHMENT:
        return _CLASSES[kind]
    return _attachment_classes(ATTACHMENT_CEILING if limit is None else limit)


def padded_size(kind: Kind, length: int, limit: int | None = None) -> int:
    """The class of a plaintext of `length` bytes; `limit` as `classes` has it. Raises `TooLong` where none holds it."""
    sizes = classes(kind, limit)
    longest = sizes[-1] if limit is None else limit
    if length > longest:
        raise TooLong(f"too long for a {kind}: {length} bytes with what belongs to it, and at most {longest} fit")
    return next(size for size in sizes if length <= size)


def pad_document(kind: Kind, text: bytes) -> bytes:
    """A document, whose text ends in LF, with spaces up to its class. Raises `TooLong`."""
    return text.ljust(padded_size(kind, len(text)), b" ")


@cache
def ciphertext_sizes(kind: Kind, limit: int | None = None) -> frozenset[int]:
    """The lengths of sealed files of this kind: the only ones that the service accepts."""
    size_of = passphrase_encrypted_size if kind is Kind.KEYS else encrypted_size
    return frozenset(map(size_of, classes(kind, limit)))


@cache
def _attachment_classes(limit: int) -> tuple[int, ...]:
    sizes = _attachment_sizes()
    smaller = tuple(itertools.takewhile(lambda size: size < limit, sizes))
    return (*smaller, next(size for size in _attachment_sizes() if size >= limit))


def _attachment_sizes() -> Iterator[int]:
    """Powers of two from 64 KiB to 4 MiB, then four even steps an octave."""
    size = 64 * KIB
    while size < 4 * MIB:
        yield size
        size *= 2
    while True:
        yield from (size + size // 4 * step for step in range(4))
        size *= 2
