"""The post-quantum recipient type (c2sp.org/age, section "The MLKEM768-X25519 hybrid post-quantum recipient type")."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from app.age import bech32, encoding, header
from app.age.errors import HeaderError, IdentityError, RecipientError
from app.age.file_key import WRAPPED_SIZE
from app.age.header import Stanza
from app.age.x25519 import has_low_order

STANZA_TYPE = "mlkem768x25519"
RECIPIENT_PREFIX = "age1pq"
IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-"
INFO = b"age-encryption.org/mlkem768x25519"
IDENTITY_SIZE = 32
MLKEM_SEED_SIZE = 64
MLKEM_PUBLIC_SIZE = 1184
MLKEM_CIPHERTEXT_SIZE = 1088
ENCAPSULATED_SIZE = 1120

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclass(frozen=True)
class HybridRecipient:
    """A public key of 1216 bytes: ML-KEM-768, then X25519. Its `str` is `age1pq1…`."""

    public_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _ = self._key  # refuses what is none

    @classmethod
    def read(cls, text: str) -> "HybridRecipient":
        """From `age1pq1…`. Raises `ValueError`, or `RecipientError` for a value that is no key."""
        recipient = cls(bech32.decode(RECIPIENT_PREFIX, text))
        vars(recipient)["_text"] = text  # `decode` takes only what `encode` writes, so it need not be written again
        return recipient

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[type["HybridRecipient"], tuple[bytes]]:
        return HybridRecipient, (self.public_key,)  # what is made from it goes to no other process

    def wrap(self, file_key: bytes) -> Stanza:
        sealed = _SUITE.encrypt(file_key, self._key, INFO)
        share = encoding.encode(sealed[:ENCAPSULATED_SIZE]).decode()
        return Stanza((STANZA_TYPE, share), sealed[ENCAPSULATED_SIZE:])

    @cached_property
    def _text(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self.public_key)  # two thousand letters, asked for again and again

    @cached_property
    def _key(self) -> MLKEM768X25519PublicKey:
        share = self.public_key[MLKEM_PUBLIC_SIZE:]
        if has_low_order(share):  # nothing can be sealed to it: whoever has to would fail, for good
            raise RecipientError("not a post-quantum recipient")
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(self.public_key[:MLKEM_PUBLIC_SIZE])
            x25519 = X25519PublicKey.from_public_bytes(share)
        except ValueError:
            raise RecipientError("not a post-quantum recipient") from None
        return MLKEM768X25519PublicKey(mlkem, x25519)


@dataclass(frozen=True, eq=False)
class HybridIdentity:
    """A secret of 32 bytes. Its `str` is `AGE-SECRET-KEY-PQ-1…`, its `repr` shows nothing of it."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != IDENTITY_SIZE:
            raise IdentityError("an identity has 32 bytes")

    def __str__(self) -> str:
        return bech32.encode(IDENTITY_PREFIX.lower(), self.secret).upper()

    @cached_property
    def recipient(self) -> HybridRecipient:
        mlkem, x25519 = self._keys
        return HybridRecipient(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None where no stanza is for this identity. Raises `HeaderError` for a malformed one."""
        for stanza in stanzas:
            if stanza.type == STANZA_TYPE and (key := self._open(stanza)) is not None:
                return key
        return None

    def _open(self, stanza: Stanza) -> bytes | None:
        if len(stanza.arguments) != 2 or len(stanza.body) != WRAPPED_SIZE:
            raise HeaderError("a malformed mlkem768x25519 stanza")
        share = header.argument(stanza, 1, ENCAPSULATED_SIZE)
        mlkem, x25519 = self._keys
        try:
            return _SUITE.decrypt(share + stanza.body, MLKEM768X25519PrivateKey(mlkem, x25519), INFO)
        except InvalidTag:
            # The suite answers alike for another's stanza and for a share of low order, which the format refuses.
            if has_low_order(share[MLKEM_CIPHERTEXT_SIZE:]):
                raise HeaderError("a share of low order") from None
            return None

    @cached_property
    def _keys(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        seeds = hashlib.shake_256(self.secret).digest(MLKEM_SEED_SIZE + 32)
        return (
            MLKEM768PrivateKey.from_seed_bytes(seeds[:MLKEM_SEED_SIZE]),
            X25519PrivateKey.from_private_bytes(seeds[MLKEM_SEED_SIZE:]),
        )
