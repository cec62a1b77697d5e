"""Wallets: addresses whose checksum is known are held to it, all others stay as they are written."""

import re
from hashlib import sha256
from typing import Final

from base58 import b58decode
from Crypto.Hash import keccak

from app.protocol.selectors.errors import NotASelector

_ETHEREUM: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")
# Bitcoin, Litecoin, Dogecoin, Tron: a version, a hash of 20 bytes and four bytes of checksum, in base 58.
_BASE58: Final = re.compile(r"[13LMDATmn2][1-9A-HJ-NP-Za-km-z]{24,34}")
_BASE58_SIZE: Final = 25
# As a code to be photographed says it: what it pays with, the address, how much.
_LINK: Final = re.compile(
    r"(?i:^(?:bitcoin|bitcoincash|litecoin|dogecoin|ethereum|monero|tron):)([0-9a-zA-Z]+)(?:\?.*)?$"
)
_BECH32: Final = re.compile(r"(?i:(bc|tb|ltc|tltc)1)([0-9a-zA-Z]+)")
_BECH32_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_SUMS: Final = frozenset({1, 0x2BC830A3})  # of BIP 173, and of BIP 350 for later kinds of address


def spelling(value: str) -> str:
    """The one spelling of an address whose checksum holds. Raises `NotASelector`."""
    value = _LINK.sub(r"\1", value)
    if re.search(r"\s", value):
        raise NotASelector("an address of a wallet has no spaces")
    if _ETHEREUM.fullmatch(value):
        return _ethereum(value)
    if found := _BECH32.fullmatch(value):
        return _bech32(value, found[1].lower(), found[2].lower())
    if _BASE58.fullmatch(value):
        _check_base58(value)
    return value


def _ethereum(value: str) -> str:
    """In lower case; capitals are its checksum (EIP-55), or there are none, or no small letters."""
    digits = value[2:]
    if digits not in (digits.lower(), digits.upper()):
        digest = keccak.new(digest_bits=256, data=digits.lower().encode()).hexdigest()
        capitals = "".join(a.upper() if b >= "8" else a for a, b in zip(digits.lower(), digest, strict=False))
        if digits != capitals:
            raise _typo()
    return "0x" + digits.lower()


def _bech32(value: str, prefix: str, rest: str) -> str:
    if value not in (value.lower(), value.upper()) or set(rest) - set(_BECH32_LETTERS):
        raise _typo()
    prefix_values = [*(ord(each) >> 5 for each in prefix), 0, *(ord(each) & 31 for each in prefix)]
    if _polymod([*prefix_values, *map(_BECH32_LETTERS.index, rest)]) not in _BECH32_SUMS:
        raise _typo()
    return value.lower()


def _polymod(values: list[int]) -> int:
    """The checksum of BIP 173."""
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            total ^= generator if top >> place & 1 else 0
    return total


def _check_base58(value: str) -> None:
    payload = b58decode(value)
    if len(payload) == _BASE58_SIZE and sha256(sha256(payload[:-4]).digest()).digest()[:4] != payload[-4:]:
        raise _typo()


def _typo() -> NotASelector:
    return NotASelector("the address of a wallet does not fit its checksum: a letter is wrong or missing")
