"""A further layer over what is sealed: each file under a key of its own, which lies elsewhere and can be destroyed.

A file that is kept is `MARK`, the id of its key, a nonce, and the file under AES-256-GCM. A key is used once. Its
nonce is drawn all the same: a machine put back to an earlier moment has keys in its memory that it has used since.
Where no keys are kept, files lie as they came, and one without the mark is always read as it is.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = b"tern/v1/shred\n"
ID_SIZE: Final = 16
KEY_SIZE: Final = 32
_NONCE_SIZE: Final = 12
_ID: Final = slice(len(MARK), len(MARK) + ID_SIZE)
_NONCE: Final = slice(_ID.stop, _ID.stop + _NONCE_SIZE)


class Keys(Protocol):
    """Where the keys are."""

    def take(self) -> tuple[bytes, bytes]:
        """Id and key of one that is on disk, and that nobody else is given."""

    def give_back(self, id_: bytes) -> None:
        """What was taken, and under which nothing was stored: the next may have it."""

    def find(self, ids: Collection[bytes]) -> Mapping[bytes, bytes]:
        """The keys of these ids, but those that were destroyed, or lost."""

    def missing(self, ids: Iterable[bytes]) -> int:
        """How many of these are not there."""

    def destroy(self, ids: Collection[bytes]) -> None:
        """What lies under these opens for nobody when this has returned. Twice is no error."""

    def settle(self) -> None:
        """Write them anew, in an order that says nothing."""

    def copy(self, today: date) -> None:
        """Copy all of them elsewhere, and let go of the copies of long ago. Raises `OSError`."""

    def close(self) -> None:
        """Give all connections back."""


_current: ContextVar[Keys | None] = ContextVar("keys", default=None)


@contextmanager
def under(keys: Keys | None) -> Iterator[None]:
    """What is written and read in this block is written and read with these keys."""
    before = _current.get()
    _current.set(keys)
    try:
        yield
    finally:
        _current.set(before)


def current() -> Keys | None:
    """Those of this transaction."""
    return _current.get()


def wrap(file: bytes) -> bytes:
    """The file as it is kept, under a key that nothing else has."""
    keys = _current.get()
    if keys is None:
        return file
    id_, key = keys.take()
    head, nonce = MARK + id_, secrets.token_bytes(_NONCE_SIZE)
    return head + nonce + AESGCM(key).encrypt(nonce, file, head)


def give_back(kept: bytes) -> None:
    """What was wrapped was not stored, and its key is to be had again: who posts into nothing uses none up."""
    keys, id_ = _current.get(), id_of(kept)
    if keys is not None and id_ is not None:
        keys.give_back(id_)


def unwrap(kept: bytes) -> bytes:
    """The file that came. Where its key is gone or it was altered, what is kept: no age file, which opens for nobody.

    So a list with one such file is read like any other, and its reader is shown which it is.
    """
    (file,) = unwrap_all([kept])
    return file


def unwrap_all(kept: Sequence[bytes]) -> list[bytes]:
    """The files that came, in their order: for those who read a great many, as all their keys are looked up at once."""
    keys = _current.get()
    ids = [id_of(each) for each in kept]
    found = keys.find([id_ for id_ in ids if id_ is not None]) if keys is not None else {}
    return [_opened(each, found.get(id_) if id_ else None) for each, id_ in zip(kept, ids, strict=True)]


def _opened(kept: bytes, key: bytes | None) -> bytes:
    if key is None:
        return kept
    try:
        return AESGCM(key).decrypt(kept[_NONCE], kept[_NONCE.stop :], kept[: _ID.stop])
    except (InvalidTag, ValueError):  # the latter where not even the nonce is whole
        return kept


def id_of(kept: bytes) -> bytes | None:
    """Of the key under which this lies; None where it lies under none."""
    return kept[_ID] if kept.startswith(MARK) else None
