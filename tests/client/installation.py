"""A real service on a real socket, and the machines of the people who work with it."""

import atexit
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx2

from app import keyring
from app.blobs import Blobs
from app.client import Reporter, Staff
from app.client.intake import epochs
from app.client.machine.directory import Machine
from app.client.people import colleagues, roots, shared_keys, sign_in
from app.database import Database, schema
from app.installation import shredding
from app.main import create_app, jobs
from app.people.staff import invitations
from app.protocol.roots import Paper
from app.protocol.statements import KeyKind
from app.server import server
from app.settings import Settings
from app.site.site import Site
from app.vocabulary import Role
from tests.strength import HASHER, WORK_FACTOR

PASSPHRASE = "the passphrase of a test"
PASSWORD = "the password of a test"
START = datetime(2026, 6, 15, 9, tzinfo=UTC)
SESSION = timedelta(hours=Settings.model_fields["session_hours"].default)

# Counted, not drawn: one organisation is founded, and all others are copies of it.
PAPERS = [Paper(f"paper_{number:032x}", bytes([number]) * 16) for number in (1, 2)]

STAFF = {
    "anna": {Role.TRIAGER, Role.CASEWORKER},
    "emil": {Role.TRIAGER},
    "boris": {Role.CASEWORKER},
    "chen": {Role.CASEWORKER, Role.ANALYST},
    "dina": {Role.AUDITOR},
}


@dataclass
class Installation:
    """The service at `server`, at the time that `clock` tells, and the people by handle."""

    server: str
    directory: Path
    pin: str = ""
    opened: ExitStack = field(default_factory=ExitStack)
    came_in: dict[str, datetime] = field(default_factory=dict)  # who has signed in before anything happened, and when

    @property
    def site(self) -> Path:
        """What the organisation adds to the built pages."""
        return self.directory / "server" / "site"

    @property
    def clock(self) -> Path:
        return self.directory / "clock"

    def now(self) -> datetime:
        return datetime.fromisoformat(self.clock.read_text())

    def pass_(self, time_passed: timedelta) -> None:
        self.clock.write_text((self.now() + time_passed).isoformat())

    def work(self) -> None:
        """What `tern worker --once` does."""
        settings = _settings(self.directory)
        with closing(Database(settings.url)) as database:
            database.keys = shredding.open_keys(database, settings)
            due = jobs(keyring.load(settings.data_dir))
            due.run(database, Blobs(settings.data_dir / "blobs"), self.now())

    def reporter(self) -> Reporter:
        return self.opened.enter_context(Reporter(self.server, self.pin, clock=self.now))

    def machine(self, handle: str) -> Path:
        return self.directory / "people" / handle

    def environment(self, handle: str) -> dict[str, str]:
        """What a command of `tern` is told at somebody's machine, so that it asks for nothing."""
        return {
            "TERN_MACHINE": str(self.machine(handle)),
            "TERN_PASSPHRASE": PASSPHRASE,
            "TERN_PASSWORD": PASSWORD,
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(self.clock),
        }

    def staff(self, handle: str) -> Staff:
        """The person at their machine, signed in today: anew, unless it is the first time and they were in before."""
        opened = self.unlock(handle)
        came_in = self.came_in.pop(handle, None)
        if came_in is None or self.now() >= came_in + SESSION:
            sign_in.sign_in(opened, PASSWORD)
        return opened

    def unlock(self, handle: str) -> Staff:
        return self.opened.enter_context(Staff(self.machine(handle), PASSPHRASE, clock=self.now))

    @contextmanager
    def through(self, handle: str, wire: httpx2.BaseTransport) -> Iterator[Staff]:
        """The person at their machine in another run, all of whose requests go by this wire."""
        with httpx2.Client(transport=wire, base_url=self.server) as http:
            yield Staff(self.machine(handle), PASSPHRASE, http=http, clock=self.now)

    def join(self, handle: str, invitation: str, *, pin: str | None) -> None:
        sign_in.join(
            self.machine(handle),
            self.server,
            invitation=invitation,
            handle=handle,
            password=PASSWORD,
            passphrase=PASSPHRASE,
            pin=pin,
            work_factor=WORK_FACTOR,
        )


@contextmanager
def installation(
    directory: Path,
    *,
    built: Path | None = None,
    start: datetime = START,
    founded: tuple[Path, str] | None = None,
) -> Iterator[Installation]:
    """A service where everybody of `STAFF` works under the supervisor `sara`, with an open epoch and shared keys.

    It serves the pages that are `built`, or those in the directory of that name, if any. It is a copy of the one that
    was `founded` elsewhere, if one is given with its pin.
    """
    copied, pin = founded or _founded(start)
    shutil.copytree(copied, directory, dirs_exist_ok=True)
    with serving(_settings(directory), built or directory / "built") as server, ExitStack() as opened:
        for each in (directory / "people").iterdir():
            machine = Machine(each)
            machine.tell(replace(machine.about, server=server))
        here = Installation(server, directory, pin, opened)
        if founded is None:
            here.came_in = dict.fromkeys(("sara", *STAFF), start)
        yield here


@cache
def _founded(start: datetime) -> tuple[Path, str]:
    """Where one lies of which all others are copies, and its pin."""
    directory = Path(tempfile.mkdtemp(prefix="tern-installation-"))
    atexit.register(shutil.rmtree, directory)
    (directory / "clock").write_text(start.isoformat())
    settings = _settings(directory)
    settings.data_dir.mkdir()
    database = schema.create(settings.url)
    with database.write() as session:
        invitation = invitations.initialise(session, start.date())
    database.close()
    with serving(settings, directory / "built") as server, ExitStack() as opened:
        here = Installation(server, directory, opened=opened)
        here.join("sara", invitation, pin=None)
        sara = here.staff("sara")
        here.pin = roots.publish(sara, roots.draft(sara, papers=PAPERS))
        for handle, roles in STAFF.items():
            here.join(handle, colleagues.invite(sara, roles), pin=here.pin)
            newcomer = here.unlock(handle)
            colleagues.certify(sara, newcomer.person, colleagues.fingerprint(newcomer), roles)
        epochs.rotate(sara)
        for kind in KeyKind:
            shared_keys.make_shared(sara, kind)
        for handle in ("sara", *STAFF):
            here.staff(handle)
    return directory, here.pin


def _settings(directory: Path) -> Settings:
    data_dir = directory / "server"
    return Settings(data_dir=data_dir, shred_dir=directory / "keys", demo=True, demo_clock=directory / "clock")


@contextmanager
def serving(settings: Settings, built: Path, *, port: int = 0) -> Iterator[str]:
    """The address of the service, in a thread of this process, at a port of its own choice unless one is given."""
    running = server(create_app(settings, site=Site.load(built), hasher=HASHER))
    listening = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()
