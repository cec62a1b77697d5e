"""The passphrase recipient type (c2sp.org/age, section "The scrypt recipient type")."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.age import encoding, file_key, header
from app.age.errors import HeaderError, IdentityError
from app.age.header import Stanza

STANZA_TYPE = "scrypt"
LABEL = b"age-encryption.org/v1/scrypt"
SALT_SIZE = 16
# About a second and 256 MiB, as other implementations write.
WORK_FACTOR = 18
# Eight seconds and 1 GiB at most for a file of somebody else's making.
WORK_FACTOR_LIMIT = 20

_WORK_FACTOR = re.compile(r"[1-9][0-9]?")


@dataclass(frozen=True, eq=False)
class Passphrase:
    """Recipient and identity in one. Work factors are the base-two logarithm of scrypt's N.

    It writes files with `work_factor`, and refuses to open one that wants more than `work_factor_limit`.
    """

    text: str = field(repr=False)
    work_factor: int = WORK_FACTOR
    work_factor_limit: int = WORK_FACTOR_LIMIT

    def __post_init__(self) -> None:
        if not self.text:
            raise IdentityError("an empty passphrase")
        if not 1 <= self.work_factor <= self.work_factor_limit:
            raise IdentityError("a work factor that could not be opened again")
        try:
            self.text.encode()
        except UnicodeEncodeError:
            raise IdentityError("a passphrase that is not Unicode text") from None

    def wrap(self, key: bytes) -> Stanza:
        salt = os.urandom(SALT_SIZE)
        wrapped = file_key.wrap(self._wrap_key(salt, self.work_factor), key)
        return Stanza((STANZA_TYPE, encoding.encode(salt).decode(), str(self.work_factor)), wrapped)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None where this is not the passphrase. Raises `HeaderError` for a malformed stanza."""
        for stanza in stanzas:
            if stanza.type == STANZA_TYPE:
                return self._open(stanza)
        return None

    def _open(self, stanza: Stanza) -> bytes | None:
        if len(stanza.arguments) != 3 or len(stanza.body) != file_key.WRAPPED_SIZE:
            raise HeaderError("a malformed scrypt stanza")
        salt = header.argument(stanza, 1, SALT_SIZE)
        if not _WORK_FACTOR.fullmatch(stanza.arguments[2]):
            raise HeaderError("a malformed scrypt work factor")
        work_factor = int(stanza.arguments[2])
        if work_factor > self.work_factor_limit:
            raise HeaderError("a scrypt work factor above the limit")
        return file_key.unwrap(self._wrap_key(salt, work_factor), stanza.body)

    def _wrap_key(self, salt: bytes, work_factor: int) -> bytes:
        return Scrypt(salt=LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(self.text.encode())
