"""What a browser without script sends (HTML, "Multipart form data")."""

from collections.abc import Sequence
from dataclasses import dataclass

BOUNDARY = b"----formboundary7MA4YWxkTrZu0gW"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    content: bytes


def encoded(fields: Sequence[tuple[str, str | File]]) -> bytes:
    lines = []
    for name, value in fields:
        lines.append(b"--" + BOUNDARY)
        if isinstance(value, File):
            filename = value.name.replace('"', "%22").encode()
            lines.append(b'Content-Disposition: form-data; name="%b"; filename="%b"' % (name.encode(), filename))
            lines += [b"Content-Type: " + value.media_type.encode(), b"", value.content]
        else:
            lines += [b'Content-Disposition: form-data; name="%b"' % name.encode(), b"", value.encode()]
    return b"\r\n".join([*lines, b"--" + BOUNDARY + b"--", b""])
