"""The 16-byte file key, what is derived from it, and how a key wraps it (c2sp.org/age, section "File key")."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE_KEY_SIZE = 16
WRAPPED_SIZE = FILE_KEY_SIZE + 16

# A wrap key seals one file key only, so its nonce may be fixed.
_NONCE = bytes(12)


def derive(secret: bytes, *, salt: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA-256."""
    return HKDF(SHA256(), length=32, salt=salt, info=info).derive(secret)


def wrap(wrap_key: bytes, file_key: bytes) -> bytes:
    """32 bytes; `wrap_key` has 32 and is used this once."""
    return ChaCha20Poly1305(wrap_key).encrypt(_NONCE, file_key, None)


def unwrap(wrap_key: bytes, wrapped: bytes) -> bytes | None:
    """The file key, or None where `wrapped` (32 bytes) is not under this key."""
    try:
        return ChaCha20Poly1305(wrap_key).decrypt(_NONCE, wrapped, None)
    except InvalidTag:
        return None
