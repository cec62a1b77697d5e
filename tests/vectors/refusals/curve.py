"""edwards25519 by hand (RFC 8032, 5.1), to sign with points that have a part of small order: no library makes them.

Slow, and its times tell the secret: for vectors alone.
"""

from hashlib import sha512
from typing import Final

ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_I: Final = pow(2, (_P - 1) // 4, _P)
# Of the signatures: counted, so that they come out the same each time.
_NONCE: Final = 2**251 + 12345

Point = tuple[int, int]


def public_key(scalar: int, *, mixed: bool = False) -> bytes:
    """Of a secret scalar; `mixed` with a point of order 8 added."""
    return _encoded(_key_of(scalar, mixed=mixed))


def sign(message: bytes, scalar: int, *, mixed_r: bool = False, mixed_key: bool = False) -> bytes:
    """A signature that holds where all is multiplied by eight, and otherwise only where nothing is `mixed`."""
    r = _encoded(_sum(_times(_NONCE, _BASE), _OF_ORDER_8) if mixed_r else _times(_NONCE, _BASE))
    for_key = public_key(scalar, mixed=mixed_key)
    challenge = int.from_bytes(sha512(r + for_key + message).digest(), "little") % ORDER
    return r + ((_NONCE + challenge * scalar) % ORDER).to_bytes(32, "little")


def of_anybody() -> tuple[bytes, bytes]:
    """A key of small order, and a signature that holds under it over whatever there is: it takes no secret."""
    return _encoded((0, 1)), _encoded(_times(_NONCE, _BASE)) + _NONCE.to_bytes(32, "little")


def _key_of(scalar: int, *, mixed: bool) -> Point:
    point = _times(scalar, _BASE)
    return _sum(point, _OF_ORDER_8) if mixed else point


def _sum(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    both = _D * x1 * x2 * y1 * y2 % _P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + both, -1, _P) % _P,
        (y1 * y2 + x1 * x2) * pow(1 - both, -1, _P) % _P,
    )


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1)
    while number:
        if number & 1:
            found = _sum(found, point)
        point, number = _sum(point, point), number >> 1
    return found


def _encoded(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _with_even_x(y: int) -> Point:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _I % _P
    return (x if x % 2 == 0 else _P - x), y


_BASE: Final = _with_even_x(4 * pow(5, -1, _P) % _P)
_OF_ORDER_8: Final = _with_even_x(0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826)
