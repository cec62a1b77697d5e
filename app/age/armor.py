"""ASCII armor: strict PEM around a whole file (c2sp.org/age, section "ASCII armor")."""

import base64
import binascii
import io
from collections.abc import Iterator

from app.age.errors import ArmorError
from app.age.source import Source

BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
END = b"-----END AGE ENCRYPTED FILE-----"
COLUMNS = 64

_ROW_SIZE = COLUMNS // 4 * 3
_BLOCK_SIZE = 64 * 1024
# Whitespace around the armor may be this long on one line; nothing else is longer than the two markers.
_LINE_LIMIT = 1024


def encode(file: bytes) -> bytes:
    """The armored file, with LF at the end of each line."""
    rows = [base64.b64encode(file[start : start + _ROW_SIZE]) for start in range(0, len(file), _ROW_SIZE)]
    return b"\n".join([BEGIN, *rows, END, b""])


def decode(text: bytes) -> bytes:
    """The armored file. Raises `ArmorError` where the armor is not strict."""
    return b"".join(_values(_lines(io.BytesIO(text))))


def is_armored(start: bytes) -> bool:
    """Whether a file that begins so is to be judged as armor. The dashes of PEM are enough."""
    return not start.startswith(b"age-encryption.org/") and b"-----" in start


class Unarmored:
    """The file inside an armored one, as a source. `read` raises `ArmorError` where the armor is not strict."""

    def __init__(self, armored: Source) -> None:
        self._values = _values(_lines(armored))
        self._surplus = b""

    def read(self, size: int, /) -> bytes:
        """`size` bytes; fewer only at the end."""
        block = bytearray(self._surplus)
        while len(block) < size and (value := next(self._values, b"")):
            block += value
        self._surplus = bytes(block[size:])
        return bytes(block[:size])


def _values(lines: Iterator[bytes]) -> Iterator[bytes]:
    """What each line between the markers encodes."""
    if next((line for line in lines if line.strip()), b"") != BEGIN:
        raise ArmorError("something before the armor")
    previous_size = _ROW_SIZE
    for line in lines:
        if line == END:
            break
        value = _value(line)
        if previous_size < _ROW_SIZE:
            raise ArmorError("a short line that is not the last")
        previous_size = len(value)
        yield value
    else:
        raise ArmorError("no end")
    if any(line.strip() for line in lines):
        raise ArmorError("something behind the armor")


def _value(line: bytes) -> bytes:
    try:
        value = binascii.a2b_base64(line)
    except binascii.Error:
        raise ArmorError("not base 64") from None
    if not 0 < len(value) <= _ROW_SIZE or base64.b64encode(value) != line:
        raise ArmorError("not canonical base 64")
    return value


def _lines(source: Source) -> Iterator[bytes]:
    """The lines without LF or CRLF; the last may be empty."""
    rest = b""
    while block := source.read(_BLOCK_SIZE):
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > _LINE_LIMIT:
            raise ArmorError("a line is too long")
        for line in lines:
            yield line.removesuffix(b"\r")
    yield rest.removesuffix(b"\r")
