"""How much processor time `tern` takes from the shell to its first request, beside six lines that ask too."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.client.machine.directory import About, Machine
from tests.strength import WORK_FACTOR

ROUNDS: Final = 3
_PASSPHRASE: Final = "plums under a wide sky"
# What no client of this kind is without: a reader of its arguments, HTTP, what a machine keeps, and a cipher.
_BARE: Final = """
import os, sqlite3, typer, httpx2
from pathlib import Path
from cryptography.hazmat.primitives.hpke import KEM
def ask(home: Path = Path()): httpx2.Client(trust_env=False).get(os.environ["TERN_SERVER"])
typer.run(ask)
"""
_TERN: Final = "from app.cli.__main__ import main; main()"
# Of each role one that asks the service before anything else.
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "report submit": ("report", "submit", "--pin", "0" * 64, "--document", "-"),
    "triage list": ("triage", "list"),
    "case list": ("case", "list"),
    "case show": ("case", "show", "R-1"),
    "case open": ("case", "open", "R-1"),
    "case tasks": ("case", "tasks", "R-1"),
    "duties": ("duties",),
    "triage open": ("triage", "open", "R-1"),
    "me": ("me",),
    "people list": ("people", "list"),
    "audit verify": ("audit", "verify"),
}
FORM: Final = '{"language": "en", "text": "Somebody follows me.", "answers": {"danger_now": "days"}}'


def run(rounds: int = ROUNDS) -> list[dict[str, object]]:
    """One row a program: the least processor time of all rounds, in milliseconds."""
    bare = min(_until_it_asks([_BARE]) for _ in range(rounds))
    rows: list[dict[str, object]] = [{"program": "six lines", "ms": bare, "of them": 1.0}]
    for name, command in COMMANDS.items():
        spent = min(_until_it_asks([_TERN, *command]) for _ in range(rounds))
        rows.append({"program": f"tern {name}", "ms": spent, "of them": spent / bare})
    return rows


def environment_of(home: Path, address: str) -> dict[str, str]:
    """Of a command of somebody who has just joined the service at `address`, with the machine made that it names."""
    about = About(server=address, handle="anna", pin="0" * 64, person=f"per_{'0' * 32}")
    Machine.create(home, about, _PASSPHRASE, work_factor=WORK_FACTOR)
    return {**os.environ, "TERN_MACHINE": str(home), "TERN_PASSPHRASE": _PASSPHRASE, "TERN_SERVER": address}


def _until_it_asks(program: Sequence[str]) -> float:
    """Milliseconds of processor time that a program has spent when it connects to the service."""
    with _service() as service, TemporaryDirectory() as folder:
        environment = environment_of(Path(folder, "machine"), f"http://127.0.0.1:{service.getsockname()[1]}")
        with subprocess.Popen(
            [sys.executable, "-c", *program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as process:
            assert process.stdin is not None
            process.stdin.write(FORM.encode())
            process.stdin.close()
            with service.accept()[0]:
                # Of Linux: how long it was on a processor, in nanoseconds.
                spent = int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e6
                process.kill()
            return spent


@contextmanager
def _service() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        yield listening


if __name__ == "__main__":
    for row in run():
        print(row)  # noqa: T201  alone it is run to be read
