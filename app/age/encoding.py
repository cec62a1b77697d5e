"""Base 64 without padding, in its one canonical form (c2sp.org/age, section "Conventions used in this document")."""

import binascii


def encode(value: bytes) -> bytes:
    """ASCII, on one line, without `=`."""
    return binascii.b2a_base64(value, newline=False).rstrip(b"=")


def decode(text: bytes) -> bytes:
    """Raises `ValueError` for any text that `encode` does not write."""
    value = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    if encode(value) != text:
        raise ValueError("not canonical base 64")
    return value
