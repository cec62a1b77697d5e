"""Bech32 without its limit on length (BIP 173, as c2sp.org/age wants it for recipients and identities)."""

from functools import cache, reduce
from operator import xor

_ALPHABET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_DIGITS = b"0123456789abcdefghijklmnopqrstuv"
_TO_BECH32 = bytes.maketrans(bytes(range(32)), _ALPHABET)
_TO_DIGITS = bytes.maketrans(_ALPHABET, _DIGITS)

# The generator polynomial, times one for each bit of the symbol that leaves the register.
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


# What leaves the register brings these back: the sum, without carry, of the words of its bits.
_BROUGHT_BACK = [
    reduce(xor, (word for bit, word in enumerate(_GENERATOR) if symbol >> bit & 1), 0) for symbol in range(32)
]


def _after(register: int) -> int:
    """The register after a symbol of zero."""
    return (register & 0x1FFFFFF) << 5 ^ _BROUGHT_BACK[register >> 25]


_CHECKSUM_SIZE = 6
_BITS = 30  # of the register
# Symbols of a post-quantum recipient (1216 bytes) and of an identity (32), with the checksum.
_OF_KEYS = (1952, 58)


def encode(prefix: str, value: bytes) -> str:
    """`prefix`, `1`, the value and six symbols of checksum, in lower case."""
    symbols = _symbols(value)
    checksum = _checksum(prefix, symbols.translate(_TO_DIGITS) + b"0" * _CHECKSUM_SIZE) ^ 1
    tail = bytes(_ALPHABET[checksum >> 5 * (5 - place) & 31] for place in range(_CHECKSUM_SIZE))
    return f"{prefix}1{(symbols + tail).decode()}"


def decode(prefix: str, text: str) -> bytes:
    """The value of a text with this prefix. Raises `ValueError` for any text that `encode` does not write."""
    if not text.startswith(prefix + "1"):
        raise ValueError("another prefix")
    symbols = text[len(prefix) + 1 :].encode("ascii")
    if len(symbols) < _CHECKSUM_SIZE or symbols.translate(None, _ALPHABET):
        raise ValueError("a character that Bech32 does not have")
    if _checksum(prefix, symbols.translate(_TO_DIGITS)) != 1:
        raise ValueError("wrong checksum")
    return _value(symbols[:-_CHECKSUM_SIZE])


def _symbols(value: bytes) -> bytes:
    count = -(-8 * len(value) // 5)
    number = int.from_bytes(value, "big") << 5 * count - 8 * len(value)
    # Of so many bits that stand side by side the upper half moves apart from the lower, and so on in each half, until
    # every five have a byte of their own: eleven steps for a recipient, and not one a symbol.
    for upper, lower, shift in _halves(count):
        number = (number & upper) << shift | number & lower
    return number.to_bytes(count, "big").translate(_TO_BECH32)


@cache
def _halves(count: int) -> list[tuple[int, int, int]]:
    """Of each step the bits that move, those that stay, and how far."""
    steps, half = list[tuple[int, int, int]](), 1
    while half < count:
        strides = range(0, -(-count // half), 2)
        lower = sum(((1 << 5 * half) - 1) << 8 * half * place for place in strides)
        steps.append((lower << 5 * half, lower, 3 * half))
        half *= 2
    return steps[::-1]


def _value(symbols: bytes) -> bytes:
    size, spare_bits = divmod(5 * len(symbols), 8)
    number = int(b"0" + symbols.translate(_TO_DIGITS), 32)
    if spare_bits > 4 or number & ((1 << spare_bits) - 1):
        raise ValueError("padding that is too long or not zero")
    return (number >> spare_bits).to_bytes(size, "big")


def _checksum(prefix: str, digits: bytes) -> int:
    """The register after the prefix and these symbols, which are written as digits of base 32."""
    if len(digits) in _OF_KEYS:
        # The register is linear in the bits of the symbols, so each of its bits is the parity of some of them: thirty
        # operations on large numbers in place of two thousand steps. The service checks a recipient with each report,
        # and a triager's machine reads an identity of each that waits.
        start, masks = _parities(prefix, len(digits))
        number = int(digits, 32)
        return start ^ sum(((number & mask).bit_count() & 1) << bit for bit, mask in enumerate(masks))
    register = _after_prefix(prefix)
    for digit in digits:
        register = _after(register) ^ _DIGITS.index(digit)
    return register


@cache
def _parities(prefix: str, count: int) -> tuple[int, list[int]]:
    """The register after the prefix and so many zeros; and for each of its bits, the symbols' bits that turn it."""
    register = _after_prefix(prefix)
    for _ in range(count):
        register = _after(register)
    steps, masks, symbols = [_after(1 << bit) for bit in range(_BITS)], [1 << bit for bit in range(5)], 1
    masks += [0] * (_BITS - len(masks))  # the last symbol turns the five lowest
    while symbols < count:
        # A symbol that stands as many places further to the front has what it turned taken through as many steps.
        further = [_parity(masks, [change >> bit & 1 for change in steps]) for bit in range(_BITS)]
        masks = [mask | more << 5 * symbols for mask, more in zip(masks, further, strict=True)]
        steps = [_parity(steps, [change >> bit & 1 for bit in range(_BITS)]) for change in steps]
        symbols *= 2
    return register, masks


def _parity(of: list[int], chosen: list[int]) -> int:
    """Those that are chosen (1, not 0), added without carry."""
    return reduce(xor, (each for each, is_chosen in zip(of, chosen, strict=True) if is_chosen), 0)


@cache
def _after_prefix(prefix: str) -> int:
    register = 1
    for symbol in (*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)):
        register = _after(register) ^ symbol
    return register
