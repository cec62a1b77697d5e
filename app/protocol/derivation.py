"""How one secret gives a key for each use (RFC 5869; SEALING, *Receipt*)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: bytes, label: str, *, size: int = 32) -> bytes:
    """`size` bytes for one use: HKDF-SHA256 without salt. They say nothing of those of another label."""
    return HKDF(SHA256(), length=size, salt=None, info=f"tern/v1/{label}".encode()).derive(secret)
