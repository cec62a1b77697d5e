"""multipart/form-data (RFC 7578) as a stream that is pulled: no part is ever whole, in memory or on a disk.

Starlette's own reader writes what is larger than a mebibyte to a temporary file, in clear.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.age.source import Source

MEDIA_TYPE: Final = "multipart/form-data"
_HEADERS_LIMIT: Final = 8192  # bytes of all headers of a part: file names are the longest of it
_PARTS_LIMIT: Final = 300  # more than the form has boxes and files
_PIECE: Final = 2**16


class MalformedForm(Exception):
    """This is not what a browser sends for the form. The message quotes nothing."""


class Part:
    """One field of the form. A file of it is read as it arrives; what is not read is skipped."""

    def __init__(self, name: str, filename: str | None, media_type: str, read: Callable[[], bytes]) -> None:
        self.name = name
        self.filename = filename
        self.media_type = media_type
        self._read = read
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; nothing only at the end. Raises `MalformedForm`."""
        if not self._rest:
            self._rest = self._read()
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def text(self, limit: int) -> str:
        """The field, of at most `limit` bytes. Raises `TooMuch`, and `MalformedForm` for what is not UTF-8."""
        pieces, size = [], 0
        while piece := self.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise TooMuch
            pieces.append(piece)
        try:
            return b"".join(pieces).decode()
        except UnicodeDecodeError:
            raise MalformedForm("a field is not UTF-8") from None


class TooMuch(Exception):
    """A field is longer than its limit."""


def boundary_of(content_type: str) -> bytes:
    """Raises `MalformedForm` where the header is not that of a form."""
    media_type, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if media_type.decode("latin-1") != MEDIA_TYPE or not 1 <= len(boundary) <= 70:
        raise MalformedForm("not a form")
    return boundary


def parts(source: Source, boundary: bytes) -> Iterator[Part]:
    """The fields in their order. Raises `MalformedForm`, also where the form ends before its end."""
    return _Reader(source, boundary).parts()


class _Reader:
    """Turns what the parser pushes into what its caller pulls."""

    def __init__(self, source: Source, boundary: bytes) -> None:
        self._source = source
        self._events: deque[_Head | bytes | _Mark] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = b"", b""
        self._header_size = 0
        self._in_part = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_to_name,
                "on_header_value": self._add_to_value,
                "on_header_end": self._keep_header,
                "on_headers_finished": lambda: self._events.append(_head(self._headers)),
                "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                "on_part_end": lambda: self._events.append(_Mark.PART_ENDS),
                "on_end": lambda: self._events.append(_Mark.FORM_ENDS),
            },
        )

    def parts(self) -> Iterator[Part]:
        for _ in range(_PARTS_LIMIT):
            event = self._next()
            if event is _Mark.FORM_ENDS:
                return
            if not isinstance(event, _Head):
                raise MalformedForm("not a form")
            self._in_part = True
            yield Part(event.name, event.filename, event.media_type, self._piece)
            while self._in_part:
                self._piece()
        raise MalformedForm("too many fields")

    def _piece(self) -> bytes:
        """The next bytes of the present part; none at its end, however often one asks."""
        if not self._in_part:
            return b""
        event = self._next()
        if isinstance(event, bytes):
            return event
        self._in_part = False
        return b""

    def _next(self) -> "_Head | bytes | _Mark":
        while not self._events:
            piece = self._source.read(_PIECE)
            if not piece:
                raise MalformedForm("the form was cut off")
            try:
                self._parser.write(piece)
            except FormParserError:
                raise MalformedForm("not a form") from None
        return self._events.popleft()

    def _begin(self) -> None:
        self._headers, self._name, self._value, self._header_size = {}, b"", b"", 0

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += data[start:end]

    def _count(self, size: int) -> None:
        self._header_size += size
        if self._header_size > _HEADERS_LIMIT:
            raise MalformedForm("a field with too long a head")

    def _keep_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name, self._value = b"", b""


@dataclass(frozen=True)
class _Head:
    name: str
    filename: str | None = field(repr=False)
    media_type: str


class _Mark(Enum):
    PART_ENDS = "part ends"
    FORM_ENDS = "form ends"


def _head(headers: Mapping[bytes, bytes]) -> _Head:
    disposition, options = parse_options_header(headers.get(b"content-disposition"))
    if disposition != b"form-data" or b"name" not in options:
        raise MalformedForm("a part that is no field")
    filename = options.get(b"filename")
    return _Head(
        name=options[b"name"].decode(errors="replace"),
        filename=None if filename is None else filename.decode(errors="replace"),
        media_type=headers.get(b"content-type", b"").decode("latin-1"),
    )
