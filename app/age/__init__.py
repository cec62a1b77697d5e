"""The age v1 file format (c2sp.org/age) with its native recipients `mlkem768x25519`, `X25519` and `scrypt`.

It knows nothing of Tern. `encrypt` and `decrypt` are for what fits in memory, their streaming forms for files.
"""

from app.age import armor
from app.age.envelope import (
    HEADER_SIZE,
    check_envelope,
    check_passphrase_envelope,
    encrypted_size,
    envelope_of,
    passphrase_encrypted_size,
)
from app.age.errors import (
    ArmorError,
    EnvelopeError,
    Error,
    HeaderError,
    IdentityError,
    MacError,
    NoMatchError,
    PayloadError,
    RecipientError,
)
from app.age.file import decrypt, decrypt_stream, encrypt, encrypt_stream
from app.age.keys import (
    Identity,
    Recipient,
    generate,
    identity_from_seed,
    parse_identities,
    parse_identity,
    parse_recipient,
)
from app.age.mlkem768x25519 import HybridIdentity, HybridRecipient
from app.age.scrypt import Passphrase
from app.age.x25519 import X25519Identity, X25519Recipient

__all__ = [
    "HEADER_SIZE",
    "ArmorError",
    "EnvelopeError",
    "Error",
    "HeaderError",
    "HybridIdentity",
    "HybridRecipient",
    "Identity",
    "IdentityError",
    "MacError",
    "NoMatchError",
    "Passphrase",
    "PayloadError",
    "Recipient",
    "RecipientError",
    "X25519Identity",
    "X25519Recipient",
    "armor",
    "check_envelope",
    "check_passphrase_envelope",
    "decrypt",
    "decrypt_stream",
    "encrypt",
    "encrypt_stream",
    "encrypted_size",
    "envelope_of",
    "generate",
    "identity_from_seed",
    "parse_identities",
    "parse_identity",
    "parse_recipient",
    "passphrase_encrypted_size",
]
