"""The X25519 recipient type (c2sp.org/age, section "The X25519 recipient type")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from app.age import bech32, encoding, file_key, header
from app.age.errors import HeaderError, IdentityError, RecipientError
from app.age.header import Stanza

STANZA_TYPE = "X25519"
RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"
INFO = b"age-encryption.org/v1/X25519"
KEY_SIZE = 32

# Every u-coordinate below 2^255 of a point of low order (D. J. Bernstein, cr.yp.to/ecdh.html, section "How do I
# validate Curve25519 public keys?"): 0, 1 and -1, two of order 8, and 0 and 1 again as they are with the prime added.
_PRIME = 2**255 - 19
_OF_ORDER_8 = (
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
_LOW_ORDER = frozenset({0, 1, *_OF_ORDER_8, _PRIME - 1, _PRIME, _PRIME + 1})


def has_low_order(point: bytes) -> bool:
    """Whether 32 bytes are a point that nobody owns: every exchange with it gives zero. Its highest bit is ignored."""
    return int.from_bytes(point, "little") % 2**255 in _LOW_ORDER


@dataclass(frozen=True)
class X25519Recipient:
    """A public key of 32 bytes. Its `str` is `age1…`."""

    public_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.public_key) != KEY_SIZE:
            raise RecipientError("an X25519 recipient has 32 bytes")

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self.public_key)

    def wrap(self, key: bytes) -> Stanza:
        """Raises `RecipientError` for a key that nobody can own: one of low order."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        try:
            shared_secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(self.public_key))
        except ValueError:
            raise RecipientError("a recipient of low order") from None
        wrap_key = file_key.derive(shared_secret, salt=share + self.public_key, info=INFO)
        return Stanza((STANZA_TYPE, encoding.encode(share).decode()), file_key.wrap(wrap_key, key))


@dataclass(frozen=True, eq=False)
class X25519Identity:
    """A secret of 32 bytes. Its `str` is `AGE-SECRET-KEY-1…`, its `repr` shows nothing of it."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_SIZE:
            raise IdentityError("an identity has 32 bytes")

    def __str__(self) -> str:
        return bech32.encode(IDENTITY_PREFIX.lower(), self.secret).upper()

    @cached_property
    def recipient(self) -> X25519Recipient:
        return X25519Recipient(self._key.public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None where no stanza is for this identity. Raises `HeaderError` for a malformed one."""
        for stanza in stanzas:
            if stanza.type == STANZA_TYPE and (key := self._open(stanza)) is not None:
                return key
        return None

    def _open(self, stanza: Stanza) -> bytes | None:
        if len(stanza.arguments) != 2 or len(stanza.body) != file_key.WRAPPED_SIZE:
            raise HeaderError("a malformed X25519 stanza")
        share = header.argument(stanza, 1, KEY_SIZE)
        try:
            shared_secret = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            raise HeaderError("a share of low order") from None
        wrap_key = file_key.derive(shared_secret, salt=share + self.recipient.public_key, info=INFO)
        return file_key.unwrap(wrap_key, stanza.body)

    @cached_property
    def _key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.secret)
