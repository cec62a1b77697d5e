"""Whatever a stranger sends, to whichever address, the service has nothing to say of it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from app.clock import Clock
from app.database import schema
from app.settings import Settings
from tests.flows.served import served

MARK = b"a-stranger-wrote-this"
DESCRIPTION = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())


def addresses() -> Iterator[tuple[bytes, bytes]]:
    for path, operations in DESCRIPTION["paths"].items():
        for method in operations.keys() & {"get", "put", "post", "patch", "delete", "head"}:
            yield method.upper().encode(), path.replace("{", "").replace("}", "").encode()
    yield from ((b"POST", b"/en/plain/"), (b"POST", b"/en/plain/replies/"), (b"GET", b"/en/"), (b"PUT", b"/nowhere"))


def malformed(method: bytes, path: bytes) -> Iterator[bytes]:
    head = b"%b %b HTTP/1.1\r\nHost: tern.test\r\nAuthorization: Bearer %b\r\n" % (method, path, b"a" * 43)
    types = (b"application/json", b"application/octet-stream", b"multipart/form-data; boundary=B")
    for media_type in types:
        typed = head + b"Content-Type: %b\r\n" % media_type
        chunked = typed + b"Transfer-Encoding: chunked\r\n\r\n"
        yield chunked + b"not hexadecimal " + MARK
        yield chunked + b"5\r\nhello" + MARK + b"\r\n0\r\n\r\n"
        yield typed + b"Content-Length: 100\r\n\r\n--B\r\n" + MARK  # and no more of it
        yield typed + b"Content-Length: %d\r\n\r\n" % len(MARK) + MARK
        part = b'--B\r\nContent-Disposition: form-data; name="\xff"\r\n' + MARK + b"\r\n\r\n"
        yield typed + b"Content-Length: %d\r\n\r\n" % len(part) + part
    yield head + b"X-\xff\x00" + MARK + b": 1\r\n\r\n"
    yield head + MARK


def test_what_is_malformed_ends_quietly_at_every_address(tmp_path: Path, clock: Clock) -> None:
    log = tmp_path / "log"
    settings = Settings(data_dir=tmp_path / "data", demo=True, demo_clock=clock.told_by)
    settings.keep_private()
    schema.create(settings.url).close()
    with served(settings, log) as server:
        place = urlsplit(server)
        for method, path in addresses():
            for request in (*malformed(method, path), MARK + b"\r\n\r\n"):
                with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
                    connection.sendall(request)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65_536):
                        pass

    assert log.read_text().partition(f"Tern listens on {server}\n")[1:] == (f"Tern listens on {server}\n", "")
