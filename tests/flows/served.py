"""`tern serve` in a process of its own, whose log holds all that anybody in it has to say."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2

from app.settings import Settings

# Every library's logger speaks of everything, the database's of every statement and of every row that it gets. What the
# command sets for its own it sets after this.
_TALKATIVE = """
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
from app.cli.main import main
main()
"""


@contextmanager
def served(settings: Settings, log: Path) -> Iterator[str]:
    """The address of a service that answers. It ends with the block; what it logged and printed is in `log`."""
    with closing(socket.socket()) as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", _TALKATIVE, "serve", "--host", "localhost", "--port", str(port)],
            env=os.environ
            | {
                "TERN_DATA_DIR": str(settings.data_dir),
                "TERN_DATABASE_URL": settings.url,
                "TERN_DEMO": "1",
                "TERN_DEMO_CLOCK": str(settings.demo_clock),
            },
            stdout=sink,
            stderr=sink,
            cwd=Path(__file__).parents[2],
        )
        try:
            server = f"http://localhost:{port}"
            _wait_for(process, server, log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(process: "subprocess.Popen[bytes]", server: str, log: Path) -> None:
    until = time.monotonic() + 60
    with httpx2.Client(base_url=server, trust_env=False) as http:
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, "the service does not answer"
            try:
                http.get("/v1/health")
            except httpx2.TransportError:
                time.sleep(0.05)
            else:
                return
