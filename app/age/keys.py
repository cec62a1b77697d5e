"""Recipients and identities as text."""

import os
from typing import TypeAlias

from app.age import bech32, mlkem768x25519, x25519
from app.age.errors import IdentityError, RecipientError
from app.age.mlkem768x25519 import HybridIdentity, HybridRecipient
from app.age.scrypt import Passphrase
from app.age.x25519 import X25519Identity, X25519Recipient

Recipient: TypeAlias = HybridRecipient | X25519Recipient | Passphrase
Identity: TypeAlias = HybridIdentity | X25519Identity | Passphrase


def generate() -> HybridIdentity:
    """A new post-quantum identity."""
    return HybridIdentity(os.urandom(mlkem768x25519.IDENTITY_SIZE))


def identity_from_seed(seed: bytes) -> HybridIdentity:
    """The post-quantum identity whose secret is `seed`: 32 bytes, uniformly random or derived from such."""
    return HybridIdentity(seed)


def parse_recipient(text: str) -> HybridRecipient | X25519Recipient:
    """From `age1pq1…` or `age1…`, in lower case. Raises `RecipientError`."""
    try:
        if text.startswith(mlkem768x25519.RECIPIENT_PREFIX + "1"):
            return HybridRecipient.read(text)
        return X25519Recipient(bech32.decode(x25519.RECIPIENT_PREFIX, text))
    except ValueError:
        raise RecipientError("not a recipient of age") from None


def parse_identity(text: str) -> HybridIdentity | X25519Identity:
    """From `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`, in upper case. Raises `IdentityError`."""
    # Only ASCII: there are other letters, such as the kelvin sign, whose lower case is one of Bech32's.
    if not text.isascii() or text != text.upper():
        raise IdentityError("an identity is written in upper case")
    try:
        if text.startswith(mlkem768x25519.IDENTITY_PREFIX + "1"):
            return HybridIdentity(bech32.decode(mlkem768x25519.IDENTITY_PREFIX.lower(), text.lower()))
        return X25519Identity(bech32.decode(x25519.IDENTITY_PREFIX.lower(), text.lower()))
    except ValueError:
        raise IdentityError("not an identity of age") from None


def parse_identities(text: str) -> list[HybridIdentity | X25519Identity]:
    """The identities of an identity file: one a line, among empty lines and comments, which begin with `#`.

    Raises `IdentityError` for any other line and for a file without an identity.
    """
    # Not `splitlines`: it breaks comments at characters that are no line ends to other implementations.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    identities = [parse_identity(line) for line in lines if line and not line.startswith("#")]
    if not identities:
        raise IdentityError("an identity file without an identity")
    return identities
