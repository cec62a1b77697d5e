"""A photo that says where, when and with what it was taken (JPEG, EXIF), and the same photo when it says nothing."""

import struct

PLACE, DEVICE, TIME, COMMENT = "48.1369° N 11.5753° E", "Fairphone", "2026:03:01 10:20:30", "for my mother Lin"

_ASCII, _LONG, _RATIONAL = 2, 4, 5


def photo() -> bytes:
    says = _segment(0xE1, b"Exif\0\0" + _exif()) + _segment(0xFE, COMMENT.encode())
    return _BEGINNING + says + _PICTURE


def silent_photo() -> bytes:
    return _BEGINNING + _PICTURE


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


_BEGINNING = b"\xff\xd8" + _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
_SCAN = _segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\x00\x34" * 20_000
_PICTURE = _segment(0xDB, bytes(65)) + _SCAN + b"\xff\xd9"


def _exif() -> bytes:
    """A TIFF of two directories, the second with the place; what does not fit into a field lies behind both."""
    maker, time = DEVICE.encode() + b"\0", TIME.encode() + b"\0"
    latitude, longitude = _degrees(48, 8, 13), _degrees(11, 34, 31)
    behind = 8 + _size(3) + _size(4)
    maker_at, time_at = behind, behind + len(maker)
    latitude_at = time_at + len(time)
    return b"".join(
        [
            b"MM\0*" + struct.pack(">L", 8),
            _directory(
                (0x010F, _ASCII, len(maker), maker_at),
                (0x0132, _ASCII, len(time), time_at),
                (0x8825, _LONG, 1, 8 + _size(3)),
            ),
            _directory(
                (1, _ASCII, 2, int.from_bytes(b"N\0\0\0")),
                (2, _RATIONAL, 3, latitude_at),
                (3, _ASCII, 2, int.from_bytes(b"E\0\0\0")),
                (4, _RATIONAL, 3, latitude_at + len(latitude)),
            ),
            maker + time + latitude + longitude,
        ]
    )


def _directory(*fields: tuple[int, int, int, int]) -> bytes:
    return struct.pack(">H", len(fields)) + b"".join(struct.pack(">HHLL", *each) for each in fields) + bytes(4)


def _size(fields: int) -> int:
    return 2 + 12 * fields + 4


def _degrees(*parts: int) -> bytes:
    return b"".join(struct.pack(">LL", part, 1) for part in parts)
