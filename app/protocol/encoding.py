"""How values are written in documents: one way each, so that equal values have equal bytes."""

import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from datetime import date
from math import isfinite
from typing import Any, Final, NoReturn

from app.protocol.errors import Malformed

# No number of the protocol is larger: above it a reader that has but floating point would take two for one.
MOST: Final = 2**53 - 1

# Of what is dated, also by a machine whose clock has stopped. Terms are counted from days, and calendars end.
_YEARS: Final = range(1900, 9000)

_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# The letters of base64url as those of base64, of which two are none here.
_OF_URL: Final = bytes.maketrans(b"-_+/", b"+/\0\0")
_ID = re.compile(r"[a-z]{3,7}_[0-9a-f]{32}")
_HOUR = re.compile(r"(?P<day>[0-9-]{10})T([01][0-9]|2[0-3]):00Z")
_HASH = re.compile(r"[0-9a-f]{64}")


def b64(value: bytes) -> str:
    """Base64url without padding, as keys, signatures and MACs are written."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str, size: int | None = None) -> bytes:
    """The bytes of the one spelling that `b64` writes; of `size` bytes where it is given. Raises `Malformed`."""
    try:
        letters = text.encode("ascii").translate(_OF_URL) + b"=" * (-len(text) % 4)
        value = a2b_base64(letters, strict_mode=True)
    except (Base64Error, ValueError):
        raise Malformed("not base64url") from None
    # Of the last letters some bits can be set that say nothing, and padding that came is none of ours. To write all of
    # it again for that would take longer than to read it.
    is_the_one = len(text) == -(-len(value) * 4 // 3) and text.endswith(b64(value[len(value) // 3 * 3 :]))
    if not is_the_one or (size is not None and len(value) != size):
        raise Malformed("not base64url of the right length")
    return value


def sha256_hex(value: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(value).hexdigest()


def check_hash(text: object) -> str:
    """`text`, if it is a hash as `sha256_hex` writes it. Raises `Malformed`."""
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise Malformed("not a SHA-256 in hexadecimal")
    return text


def new_id(prefix: str) -> str:
    """A random id: the prefix, `_`, 32 hexadecimal digits. It tells no time and no order."""
    return f"{prefix}_{secrets.token_hex(16)}"


def check_id(prefix: str, text: object) -> str:
    """`text`, if it is an id with this prefix. Raises `Malformed`."""
    if not isinstance(text, str) or not _ID.fullmatch(text) or text.partition("_")[0] != prefix:
        raise Malformed(f"not an id of the kind {prefix}")
    return text


def check_number(value: object, numbers: range) -> int:
    """`value`, if it is one of the whole numbers `numbers`; `true` is none. Raises `Malformed`."""
    if type(value) is not int or value not in numbers:
        raise Malformed("not a number that may stand here")
    return value


def check_any_id(text: object) -> str:
    """`text`, if it is an id of whatever kind. Raises `Malformed`."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise Malformed("not an id")
    return text


def check_day(text: object) -> date:
    """The day that `text` is, if it is written `2026-06-15`, of the years 1900 to 8999. Raises `Malformed`."""
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        day = None
    # `fromisoformat` also reads `20260615` and `2026-W25-1`.
    if day is None or day.isoformat() != text or day.year not in _YEARS:
        raise Malformed("not a day")
    return day


def check_at(text: object) -> date:
    """The day of a document that is dated by the day, or by the hour as `2026-06-15T09:00Z`. Raises `Malformed`."""
    if isinstance(text, str) and (hour := _HOUR.fullmatch(text)):
        return check_day(hour["day"])
    return check_day(text)


def canonical(value: dict[str, Any]) -> bytes:
    """A JSON object in one line of UTF-8 without spaces. Written once; signed as it stands, never written again."""
    return _WRITER.encode(value).encode()


def parse_object(line: bytes) -> dict[str, Any]:
    """The JSON object in `line`. Raises `Malformed` for anything else, repeated names and NaN included.

    What cannot be written again is refused too: a number that overflows, and half of a surrogate pair, at which a
    terminal or a file would choke long after the document was believed.
    """
    try:
        value = json.loads(line.decode(), object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite)
        if b"\\u" in line:  # nothing else spells half of a pair
            canonical({"": value})
    except (ValueError, RecursionError):
        raise Malformed("not a JSON object") from None
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is repeated")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("a number that overflows")
    return number


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a number of JSON")
