"""A service in a process of its own, for as long as a test needs it."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx2


def free_port() -> int:
    """One of this machine that nobody listens on now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as chosen:
        return int(chosen.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    server: str,
    *,
    environment: Mapping[str, str],
    directory: Path | None = None,
    sink: BinaryIO | None = None,
    said: Callable[[], str] = str,
) -> Iterator[subprocess.Popen[bytes]]:
    """Begins when it answers at the address `server`, and ends it. `said` is what it wrote, for when it does not."""
    process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink, cwd=directory)
    try:
        until = time.monotonic() + 60
        with httpx2.Client(base_url=server, trust_env=False) as http:
            while True:
                assert process.poll() is None, said()
                assert time.monotonic() < until, "the service does not answer"
                try:
                    http.get("/v1/health")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)
