"""`tern serve` in a process of its own, whose log holds all that anybody in it has to say."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import Settings
from tests.running import free_port, running

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
    port = free_port()
    server = f"http://localhost:{port}"
    command = [sys.executable, "-c", _TALKATIVE, "serve", "--host", "localhost", "--port", str(port)]
    environment = os.environ | {
        "TERN_DATA_DIR": str(settings.data_dir),
        "TERN_DATABASE_URL": settings.url,
        "TERN_DEMO": "1",
        "TERN_DEMO_CLOCK": str(settings.demo_clock),
    }
    root = Path(__file__).parents[2]
    with (
        log.open("wb") as sink,
        running(command, server, environment=environment, directory=root, sink=sink, said=log.read_text),
    ):
        yield server
