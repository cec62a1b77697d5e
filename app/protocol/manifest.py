"""What a browser is served: the hash of every file of the reporter's pages, signed, and the organisation's own file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from urllib.parse import urlsplit

from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import canonical, check_hash, parse_object
from app.protocol.errors import Malformed
from app.protocol.roots import Pin

SUBJECT: Final = "client"
MANIFEST: Final = "manifest.txt"
ORGANISATION: Final = "organisation.json"

# As it is asked for, without the leading slash; that of a page ends in one.
_SEGMENT: Final = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,100}"
_PATH: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,7}}/?")
_NAME_LENGTH: Final = 200


@dataclass(frozen=True)
class Organisation:
    """What the pages say of who serves them. `pin` is as people hand it on (`roots.Pin`). `leave_to` is where leaving
    in a hurry leads, None for an empty page.
    """

    name: str
    pin: str
    leave_to: str | None

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= len(self.name) <= _NAME_LENGTH or not self.name.isprintable():
            raise Malformed("an organisation has a name of one line")
        Pin.read(self.pin)
        if self.leave_to is not None and not _is_elsewhere(self.leave_to):
            raise Malformed("leaving leads to an https address")

    def content(self) -> bytes:
        """The file `organisation.json`: one object, LF."""
        return canonical({"name": self.name, "pin": self.pin, "leave_to": self.leave_to}) + b"\n"

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Raises `Malformed`, also for another writing."""
        match parse_object(content):
            case {"name": str(name), "pin": str(pin), "leave_to": str() | None as leave_to}:
                organisation = cls(name, pin, leave_to)
                if organisation.content() == content:
                    return organisation
        raise Malformed("an organisation of another form")


def make(files: Mapping[str, str], *, org: str, previous: Document | None, signer: Signer, on: date) -> Document:
    """The next manifest. `files` has the SHA-256 of each by its path."""
    header = Header.new(
        "client",
        SUBJECT,
        {"files": dict(sorted(files.items()))},
        org=org,
        author=signer.person,
        at=on.isoformat(),
        after=previous.public_link.mark if previous else None,
    )
    document = signed(header, signer)
    read(document)
    return document


def read(document: Document) -> dict[str, str]:
    """The files by path. Whose word it is, `Trust.check_public` tells. Raises `Malformed`."""
    match document.header.body:
        case {"files": dict(files), **rest} if not rest and list(files) == sorted(files):
            if ORGANISATION in files and all(_is_path(path) for path in files):
                return {path: check_hash(sha256) for path, sha256 in files.items()}
    raise Malformed("a manifest of another form")


def _is_path(path: str) -> bool:
    return _PATH.fullmatch(path) is not None and path != MANIFEST


def _is_elsewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    return is_plain and parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
