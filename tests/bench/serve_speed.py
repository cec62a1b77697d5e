"""How long `tern serve` takes on a database of many reports until it answers: after a clean end, and after none.

The rows are those of `tests.bench.data`, made where they are not kept.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import httpx2

from tests import factories
from tests.bench import data
from tests.running import free_port

SIZES: Final = (10_000, 1_000_000)
ROUNDS: Final = 3
_SERVE: Final = "import sys; sys.argv[1:1] = ['serve']; from app.cli.__main__ import main; main()"
_PATIENCE: Final = 600  # seconds, for what is looked at after an unclean end
_LOOKED: Final = "A short look took"


@dataclass
class Serving:
    """A service that has begun: when it first answered, and what it said."""

    process: subprocess.Popen[str]
    answered: float
    said: list[str] = field(default_factory=list)


def run(sizes: Sequence[int] = SIZES, databases: Sequence[str] = ("sqlite", "postgresql")) -> list[dict[str, object]]:
    """A row for each database and size, in seconds."""
    return [{"what": f"{database}, {size} reports", **_of(database, size)} for database in databases for size in sizes]


def _of(database: str, size: int) -> Mapping[str, object]:
    with data.kept(database, size) as (folder, url):
        with _begun(folder, url):
            pass  # the first looks, perhaps, at what an earlier bench left
        clean = list[float]()
        for _ in range(ROUNDS):
            with _begun(folder, url) as serving:
                clean.append(serving.answered)
        with _begun(folder, url) as serving:
            serving.process.kill()
        with _begun(folder, url) as serving:
            began = time.monotonic()
            while not any(_LOOKED in line for line in serving.said) and time.monotonic() < began + _PATIENCE:
                time.sleep(0.05)
            return {
                "after a clean end": min(clean),
                "after none": serving.answered,
                "looked through": time.monotonic() - began,
                "said": " / ".join(line.strip() for line in serving.said if "look" in line),
            }


@contextmanager
def _begun(folder: Path, url: str) -> Iterator[Serving]:
    """`tern serve`, until it is ended as its operator ends it."""
    clock, port = folder / "clock", free_port()
    clock.write_text(factories.HOUR.isoformat())
    environment = {
        **os.environ,
        "TERN_DATA_DIR": str(folder),
        "TERN_DATABASE_URL": url,
        "TERN_DEMO": "1",
        "TERN_DEMO_CLOCK": str(clock),
    }
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, "--port", str(port), "--no-worker"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _wait_for(port, process)
            serving = Serving(process, time.monotonic() - began)
            assert process.stderr is not None
            threading.Thread(target=_listen, args=(process.stderr, serving.said), daemon=True).start()
            yield serving
        finally:
            process.terminate()
            process.wait(60)


def _listen(to: IO[str], said: list[str]) -> None:
    with suppress(ValueError):  # closed when its process has ended
        said.extend(to)


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while process.poll() is None:
            with suppress(httpx2.TransportError):
                client.get("/v1/intake-channel")
                return
            time.sleep(0.01)
    raise AssertionError("tern serve ended")


if __name__ == "__main__":
    numbers = tuple(int(each) for each in sys.argv[1:] if each.isdecimal())
    names = tuple(each for each in sys.argv[1:] if not each.isdecimal())
    for row in run(numbers or SIZES, names or ("sqlite", "postgresql")):
        print(row)  # noqa: T201  alone it is run to be read
