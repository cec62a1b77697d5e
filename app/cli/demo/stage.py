"""Where the story takes place: a server process with its own clock, and a directory for each person's machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx2

from app.cli.stopped import Stopped
from app.clock import Clock
from app.settings import Settings

_START_SECONDS = 60


@dataclass(frozen=True)
class Stage:
    """`directory` holds `server/`, `people/NAME/`, the clock's file and what the reporters attach.

    The database lies there too, unless `database_url` names another that is the story's alone.
    """

    directory: Path
    port: int
    database_url: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock(self) -> Clock:
        return Clock(self.directory / "clock")

    @property
    def settings(self) -> Settings:
        """Those of a service that keeps everything here: a database that the environment names is somebody's own."""
        return Settings(data_dir=self.directory / "server", database_url=self.database_url)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the server process and the operator's commands are told."""
        return {
            **os.environ,
            "TERN_DATA_DIR": str(self.settings.data_dir),
            "TERN_DATABASE_URL": self.settings.database_url,
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(self.directory / "clock"),
        }

    def person(self, name: str) -> Path:
        """The machine of this person."""
        return self.directory / "people" / name

    def set_clock(self, moment: datetime) -> None:
        """The service reads it at its next request; a reader never sees a half of it."""
        file = self.directory / "clock.new"
        file.write_text(moment.isoformat())
        file.replace(self.directory / "clock")

    @contextmanager
    def served(self) -> Iterator["subprocess.Popen[bytes]"]:
        """A server process that answers, ended with the block. Raises `Stopped` where it does not start."""
        log = (self.directory / "server.log").open("ab")
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        process = subprocess.Popen(command, env=dict(self.environment), stdout=log, stderr=log)  # noqa: S603  our own
        try:
            self._wait_for(process)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)
            log.close()

    def _wait_for(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_SECONDS
        with httpx2.Client(trust_env=False) as http:
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    http.get(f"{self.url}/v1/health")
                except httpx2.TransportError:
                    time.sleep(0.1)
                else:
                    return
        words = (self.directory / "server.log").read_text(errors="replace").splitlines()
        raise Stopped(f"the service did not start: {words[-1].removeprefix('tern: ') if words else 'it said nothing'}")
