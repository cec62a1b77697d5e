"""A real server, and lines on which hardly anything comes."""

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from app.clock import Clock
from app.database import schema
from app.intake.no_script.state import SLOW_THREADS, THREADS
from app.settings import Settings
from tests.flows.served import served
from tests.intake.no_script.browser import HEADERS, encoded

SLOW = (
    b"POST /en/plain/ HTTP/1.1\r\nHost: tern.test\r\nContent-Type: multipart/form-data; boundary=B\r\n"
    b"Content-Length: 1000000\r\n\r\n--B\r\n"
)
WITH_FILES = SLOW + b'Content-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + bytes(300_000)


def test_slow_senders_do_not_stop_those_whose_words_are_there(tmp_path: Path, clock: Clock) -> None:
    settings = Settings(data_dir=tmp_path / "data", demo=True, demo_clock=clock.told_by)
    settings.keep_private()
    schema.create(settings.url).close()
    with served(settings, tmp_path / "log") as server, ExitStack() as lines:
        place = urlsplit(server)
        for _ in range(THREADS + SLOW_THREADS):
            line = lines.enter_context(socket.create_connection((place.hostname or "", place.port or 0)))
            line.sendall(SLOW)

        answer = httpx2.post(
            f"{server}/en/plain/",
            content=encoded([("text", "words")]),
            headers=HEADERS,
            timeout=10,
            trust_env=False,
            follow_redirects=True,
        )

    assert answer.status_code == 503  # for there is no organisation yet: somebody has read the form
    assert "The team has not opened its door here." in answer.text
