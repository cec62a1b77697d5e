"""Whether the service can take what it is sent: found by writing, and told to this machine alone.

Liveness is another question. A service whose database is away lives, and to begin it anew would not help.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import private
from app.database import Database
from app.installation.models import Installation

LOOK_SECONDS: Final = 10.0  # between two looks, which write
STALL_SECONDS: Final = 10.0  # without a turn of its loop, after which a service does not live any more
_FILE: Final = ".writable"
_SIZE: Final = 4096  # bytes: a block, so that a full disk shows


@dataclass(frozen=True)
class Look:
    """`why` says what cannot be written to, and is empty where all can; `ends` are lines about what comes."""

    why: str = ""
    ends: tuple[str, ...] = ()


@dataclass
class Readiness:
    """Looks whether a row and a file can be written, not more often than every ten seconds, whoever asks.

    `check_files` raises `OSError` where the sealed files are not where they were.
    """

    database: Database
    data_dir: Path
    check_files: Callable[[], None]
    ends: Callable[[Session], list[str]]
    _last: Look = field(default_factory=Look, init=False)
    _looked_at: float = field(default=-LOOK_SECONDS, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def look(self) -> Look:
        """The last one, or a new one."""
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                self._last = self._look()
                self._looked_at = time.monotonic()
            return self._last

    def _look(self) -> Look:
        try:
            self.check_files()
            write_file(self.data_dir)
        except OSError:
            return Look("no file can be written")
        try:
            with self.database.write() as session:
                session.execute(update(Installation).values(name=Installation.name))  # to what it is
            with self.database.read() as session:
                return Look(ends=tuple(self.ends(session)))
        except (SQLAlchemyError, OSError):
            return Look("the database cannot be written to")


def write_file(directory: Path) -> None:
    """Bring a small file to disk there, and take it away. Raises `OSError`."""
    path = directory / _FILE
    try:
        with open(path, "wb", opener=private.opener) as file:
            file.write(bytes(_SIZE))
            file.flush()
            os.fsync(file.fileno())
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def watched(readiness: Readiness, port: int, *, turned_at: Callable[[], float]) -> Iterator[None]:
    """Answer at `port` of this machine's own address, until the block ends: `/live` and `/ready`.

    `turned_at` is when the service's loop last had its turn, of the monotonic clock. Raises `OSError`.
    """

    class Answers(BaseHTTPRequestHandler):
        timeout = LOOK_SECONDS

        def do_GET(self) -> None:
            if self.path == "/live":
                lives = time.monotonic() - turned_at() < STALL_SECONDS
                self._say(200 if lives else 503, "live" if lives else "its loop stands still")
            elif self.path == "/ready":
                look = readiness.look()
                self._say(
                    503 if look.why else 200, "\n".join([f"not ready: {look.why}" if look.why else "ready", *look.ends])
                )
            else:
                self._say(404, "ask for /live or /ready")

        def _say(self, status: int, text: str) -> None:
            body = f"{text}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody asks who asked."""

    with ThreadingHTTPServer(("127.0.0.1", port), Answers) as answering:
        thread = threading.Thread(target=answering.serve_forever, name="readiness", daemon=True)
        thread.start()
        try:
            yield
        finally:
            answering.shutdown()
            thread.join()
