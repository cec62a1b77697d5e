"""The header: version line, recipient stanzas, MAC (c2sp.org/age, section "Header")."""

import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.age import encoding, file_key
from app.age.errors import HeaderError, MacError
from app.age.source import Reader

VERSION_LINE = b"age-encryption.org/v1"
COLUMNS = 64
# About 650 post-quantum recipients. The format has no limit; memory has.
HEADER_LIMIT = 1 << 20

_BLOCK_SIZE = 64 * 1024
_ARGUMENT_LINE = re.compile(rb"-> [!-~]+(?: [!-~]+)*")
_LAST_LINE = re.compile(rb"\n---[^\n]*\n")


@dataclass(frozen=True)
class Stanza:
    """The file key, wrapped for one recipient. `arguments[0]` is the type; all are printable ASCII without spaces."""

    arguments: tuple[str, ...]
    body: bytes

    @property
    def type(self) -> str:
        return self.arguments[0]

    def serialize(self) -> bytes:
        """The bytes of the header, its last line feed included."""
        body = encoding.encode(self.body)
        # A body that fills its last line is followed by an empty one: only a short line ends a stanza.
        rows = [body[start : start + COLUMNS] for start in range(0, len(body) + 1, COLUMNS)]
        return b"\n".join([f"-> {' '.join(self.arguments)}".encode(), *rows, b""])


@dataclass(frozen=True)
class Header:
    """`authenticated` is what the MAC covers: everything up to and including the `---`."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    authenticated: bytes

    def verify(self, key: bytes) -> None:
        """Raises `MacError` unless the header was made by somebody who knew the file key `key`."""
        if not hmac.compare_digest(self.mac, _mac(key, self.authenticated)):
            raise MacError("the header is not the one that was sealed")


def serialize(stanzas: Sequence[Stanza], key: bytes) -> bytes:
    """The header with its MAC under the file key `key`."""
    authenticated = b"".join([VERSION_LINE + b"\n", *(stanza.serialize() for stanza in stanzas), b"---"])
    return authenticated + b" " + encoding.encode(_mac(key, authenticated)) + b"\n"


def read(source: Reader) -> Header:
    """The header at the head of `source`, which is left at the payload. Raises `HeaderError`."""
    text = b""
    while (end := _end(text)) is None:
        block = source.read(_BLOCK_SIZE)
        if not block or not text.startswith(VERSION_LINE[: len(text)]) or len(text) > HEADER_LIMIT:
            raise HeaderError("no age v1 header")
        text += block
    source.put_back(text[end:])
    return parse(text[:end])


def parse(text: bytes) -> Header:
    """The header in `text`, which ends with the LF of its MAC line. Raises `HeaderError`."""
    if len(text) > HEADER_LIMIT:
        raise HeaderError("the header is too long")
    authenticated, dashes, mac = text.rpartition(b"\n---")
    if not authenticated.startswith(VERSION_LINE + b"\n") or not mac.startswith(b" ") or not mac.endswith(b"\n"):
        raise HeaderError("no age v1 header")
    stanzas = tuple(_stanzas(iter(authenticated.split(b"\n")[1:])))
    if len(stanzas) > 1 and any(stanza.type == "scrypt" for stanza in stanzas):
        raise HeaderError("a passphrase beside another recipient")
    return Header(stanzas, _canonical(mac[1:-1], 32), authenticated + dashes)


def argument(stanza: Stanza, place: int, size: int) -> bytes:
    """The argument at `place`, which must be the canonical base 64 of `size` bytes. Raises `HeaderError`."""
    return _canonical(stanza.arguments[place].encode(), size)


def _stanzas(lines: Iterator[bytes]) -> Iterator[Stanza]:
    for line in lines:
        if not _ARGUMENT_LINE.fullmatch(line):
            raise HeaderError("a line that begins no stanza")
        yield Stanza(tuple(line.decode().split(" ")[1:]), _body(lines))


def _body(lines: Iterator[bytes]) -> bytes:
    rows = []
    for row in lines:
        rows.append(row)
        if len(row) < COLUMNS:
            return _canonical(b"".join(rows))
        if len(row) > COLUMNS:
            raise HeaderError("a line of more than 64 columns")
    raise HeaderError("a stanza without its last line")


def _canonical(text: bytes, size: int | None = None) -> bytes:
    try:
        value = encoding.decode(text)
    except ValueError:
        raise HeaderError("not canonical base 64") from None
    if size is not None and len(value) != size:
        raise HeaderError("a value of another length")
    return value


def _end(text: bytes) -> int | None:
    """Where the header ends: behind the first line that begins with `---`, which no other line does."""
    last_line = _LAST_LINE.search(text)
    return last_line.end() if last_line else None


def _mac(key: bytes, authenticated: bytes) -> bytes:
    return hmac.digest(file_key.derive(key, salt=b"", info=b"header"), authenticated, "sha256")
