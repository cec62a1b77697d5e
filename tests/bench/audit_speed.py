"""How fast a client follows the audit chain, and how much memory that takes, for chains of several lengths."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select

from app.audit.models import AuditEvent, AuditHead
from app.clock import hour_of
from app.database import Database
from app.protocol import audit_chain
from tests.client.installation import Installation, installation

LENGTHS: Final = (5_000, 50_000)
_AT_ONCE: Final = 5_000
# Of Linux: what the process itself held at most, and not what the one held that began it.
_VERIFY: Final = """
import os
from pathlib import Path
from app.cli.__main__ import main
try:
    main()
finally:
    os.write(1, Path("/proc/self/status").read_bytes())
"""


def run(lengths: tuple[int, ...] = LENGTHS) -> list[dict[str, object]]:
    """A row a length: events a second, and the peak of the client's process in MiB."""
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as here:
        return [_followed(here, length) for length in lengths]


def _followed(here: Installation, length: int) -> dict[str, object]:
    lengthen(here, length)
    here.staff("dina")
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-c", _VERIFY, "audit", "verify", "--json"],
        env={**os.environ, **here.environment("dina")},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    took = time.monotonic() - began
    peak = int(re.findall(rb"VmHWM:\s+(\d+) kB", told)[0]) / 1024
    return {"events": length, "seconds": took, "a second": length / took, "peak MiB": peak}


def lengthen(here: Installation, length: int) -> None:
    """Bring the chain to so many events, of which all that are added are alike."""
    url = f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}"
    with closing(Database(url)) as database, database.write() as session:
        head = session.scalars(select(AuditHead)).one()
        events = _events(here, head, length)
        while rows := list(islice(events, _AT_ONCE)):
            session.execute(insert(AuditEvent), rows)


def _events(here: Installation, head: AuditHead, length: int) -> Iterator[dict[str, Any]]:
    hour = hour_of(here.now())
    written = f"{hour:%Y-%m-%dT%H}:00Z"
    who, what, of = "service", "audit.read", "audit"
    while head.seq < length:
        previous, head.seq = head.hash, head.seq + 1
        head.hash = audit_chain.event_hash(
            seq=head.seq, hour=written, actor=who, action=what, object_=of, object_hash=None, previous=previous
        )
        yield {
            "seq": head.seq,
            "hour": hour,
            "actor_id": who,
            "action": what,
            "object_id": of,
            "object_hash": None,
            "previous": previous,
            "hash": head.hash,
        }


if __name__ == "__main__":
    for row in run():
        print(row)  # noqa: T201  alone it is run to be read
