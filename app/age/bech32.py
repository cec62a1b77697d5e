"""Bech32 without its limit on length (BIP 173, as c2sp.org/age wants it for recipients and identities)."""

import base64

_ALPHABET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DIGITS = b"0123456789abcdefghijklmnopqrstuv"
_TO_BECH32 = bytes.maketrans(_BASE32, _ALPHABET)
_TO_DIGITS = bytes.maketrans(_ALPHABET, _DIGITS)
_TO_SYMBOLS = bytes.maketrans(_ALPHABET, bytes(range(32)))

# The generator polynomial, times one for each bit of the symbol that leaves the register.
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _after(register: int) -> int:
    """The register after a symbol of zero."""
    following = (register & 0x1FFFFFF) << 5
    for bit, word in enumerate(_GENERATOR):
        if register >> 25 + bit & 1:
            following ^= word
    return following


# What the ten bits that leave the 30-bit register with two symbols put back into it.
_FEEDBACK = [_after(_after(top << 20)) for top in range(1024)]
_CHECKSUM_SIZE = 6


def encode(prefix: str, value: bytes) -> str:
    """`prefix`, `1`, the value and six symbols of checksum, in lower case."""
    padded = base64.b32encode(value).rstrip(b"=").translate(_TO_BECH32)
    checksum = _checksum(prefix, padded.translate(_TO_SYMBOLS) + bytes(_CHECKSUM_SIZE)) ^ 1
    tail = bytes(_ALPHABET[checksum >> 5 * (5 - place) & 31] for place in range(_CHECKSUM_SIZE))
    return f"{prefix}1{(padded + tail).decode()}"


def decode(prefix: str, text: str) -> bytes:
    """The value of a text with this prefix. Raises `ValueError` for any text that `encode` does not write."""
    if not text.startswith(prefix + "1"):
        raise ValueError("another prefix")
    symbols = text[len(prefix) + 1 :].encode("ascii")
    if len(symbols) < _CHECKSUM_SIZE or symbols.translate(None, _ALPHABET):
        raise ValueError("a character that Bech32 does not have")
    if _checksum(prefix, symbols.translate(_TO_SYMBOLS)) != 1:
        raise ValueError("wrong checksum")
    return _value(symbols[:-_CHECKSUM_SIZE])


def _value(symbols: bytes) -> bytes:
    size, spare_bits = divmod(5 * len(symbols), 8)
    number = int(b"0" + symbols.translate(_TO_DIGITS), 32)
    if spare_bits > 4 or number & ((1 << spare_bits) - 1):
        raise ValueError("padding that is too long or not zero")
    return (number >> spare_bits).to_bytes(size, "big")


def _checksum(prefix: str, symbols: bytes) -> int:
    expanded = bytes(ord(letter) >> 5 for letter in prefix) + b"\0" + bytes(ord(letter) & 31 for letter in prefix)
    symbols = expanded + symbols
    register = 1
    if len(symbols) % 2:
        register = _after(register) ^ symbols[0]
        symbols = symbols[1:]
    # Two symbols a step: a recipient has two thousand, and the service checks one with each report.
    for first, second in zip(symbols[::2], symbols[1::2], strict=True):
        register = (register & 0xFFFFF) << 10 ^ first << 5 ^ second ^ _FEEDBACK[register >> 20]
    return register
