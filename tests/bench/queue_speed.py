"""How soon `tern triage list` shows the first of what waits, and when all is sorted, for queues of several lengths.

Every report is one that a reporter's client has sealed. The command runs at a terminal; the service is in this process.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Final

from tests.client.installation import Installation, installation

LENGTHS: Final = (1_000, 10_000)
_LINES, _COLUMNS = 40, 120
_ASKS, _PEAK = "asks ", "VmHWM:"
# Says when it connects first, and at the end what it held at most (of Linux).
_LIST: Final = f"""
import sys, time
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
said = []
def tell(event, arguments):
    if event == "socket.connect" and not said:
        said.append(time.monotonic())
sys.addaudithook(tell)
from app.cli.__main__ import main
try:
    main()
finally:
    print("{_ASKS}", said[0], Path("/proc/self/status").read_text(), file=sys.stderr)
"""
_FORMS: Final = tuple(
    {"language": "fa", "text": "They wrote to my mother.", "answers": {"danger_now": danger, "consent": ["service"]}}
    for danger in ("days", "weeks", "none")
)
_NOW: Final = {"language": "fa", "text": "They are at the door.", "answers": {"danger_now": "now"}}


def run(lengths: Sequence[int] = LENGTHS) -> list[dict[str, object]]:
    """A row a length: seconds from the first request, the peak of the client's process in MiB, and the seconds of
    processor that the client took from its start, and the service (which is in this process) meanwhile.

    `now on top` is when the one report stands there that cannot wait, which is among the last to be read.
    """
    rows = list[dict[str, object]]()
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as here:
        here.staff("anna")
        waiting = 0
        for length in lengths:
            _send(here, length - waiting)
            waiting = length
            rows.append({"waiting": length, **_listed(here)})
    return rows


def _send(here: Installation, reports: int) -> None:
    reporter = here.reporter()
    for number in range(reports - 1):
        reporter.submit(_FORMS[number % len(_FORMS)])
    reporter.submit(_NOW)


def _listed(here: Installation) -> Mapping[str, object]:
    terminal, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
    environment = {**os.environ, **here.environment("anna"), "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    client, service = _processor(RUSAGE_CHILDREN), _processor(RUSAGE_SELF)
    with subprocess.Popen(
        [sys.executable, "-c", _LIST, "triage", "list"], env=environment, stdout=other, stderr=subprocess.PIPE
    ) as process:
        os.close(other)
        first, now, ended = _seen(terminal)
        assert process.stderr is not None
        told = process.stderr.read().decode()
    assert process.returncode == 0, told
    asked = float(re.findall(rf"{_ASKS} (\S+)", told)[0])
    peak = int(re.findall(rf"{_PEAK}\s+(\d+) kB", told)[0]) / 1024
    return {
        "first rows": first - asked,
        "now on top": now - asked,
        "all sorted": ended - asked,
        "peak MiB": peak,
        "client's processor": _processor(RUSAGE_CHILDREN) - client,
        "service's processor": _processor(RUSAGE_SELF) - service,
    }


def _processor(who: int) -> float:
    used = getrusage(who)
    return used.ru_utime + used.ru_stime


def _seen(terminal: int) -> tuple[float, float, float]:
    """When the first row was on the screen, when the first that cannot wait, and when the last sign was written."""
    first = now = ended = 0.0
    seen = b""
    with closing(os.fdopen(terminal, "rb", buffering=0)) as screen, suppress(OSError):  # Linux's way to say the end
        while some := screen.read(65536):
            ended = time.monotonic()
            seen += some
            if not first and re.search(rb"\d{4}-\d\d-\d\d", seen):
                first = ended
            if not now and re.search(rb"\bnow\b", seen):
                now = ended
    return first, now, ended


if __name__ == "__main__":
    for row in run(tuple(map(int, sys.argv[1:])) or LENGTHS):
        print(row)  # noqa: T201  alone it is run to be read
