"""What runs until it is stopped: the service, and what it does by the day or hour where that runs by itself."""

import errno
import gc
import math
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from sqlalchemy.exc import SQLAlchemyError

from app import keyring, processes, recorded_day, unclean_end
from app.backup.checking import look_quickly
from app.cli.causes import told
from app.cli.console import Json, clock, say
from app.cli.operator import FilesAreHere, RightClock, SetFilesAside, of_connections, opened, sweep
from app.cli.refusals import of_system
from app.cli.stopped import Stopped
from app.database import Database
from app.destruction import finish
from app.installation import digests, publications
from app.installation.readiness import Readiness, watched
from app.installation.worker import working
from app.keyring import Keyring
from app.people.staff import invitations
from app.settings import Settings

if TYPE_CHECKING:
    from app.blobs import Blobs
    from app.installation.state import Watched


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8470,
    the_clock_is_right: RightClock = False,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave what is due by the day or hour to tern worker.")
    ] = False,
    workers: Annotated[
        int,
        typer.Option(min=1, max=64, help="Processes that serve beside one another; more than one needs PostgreSQL."),
    ] = 1,
    the_files_are_here: FilesAreHere = False,
) -> None:
    """Run the service. It keeps no log of requests."""
    with _not_collecting():
        import app.main  # noqa: F401  before any process has a sibling
        from app import logs
        from app.server import STACK, room

    logs.install()
    with told():
        connections = room()
    threading.stack_size(STACK)
    with opened(upgrades=True, takes_over=the_files_are_here) as (settings, database):
        if workers > 1 and database.dialect == "sqlite":
            raise Stopped("an SQLite file is written by one process at a time: --workers needs PostgreSQL")
        with database.read() as session:
            is_new = not invitations.has_begun(session)
        if todo := of_connections(database, workers):
            say(todo)
    listening = _listening(host, port)
    if is_new:
        say(f"Nobody works here yet ({settings.data_dir.absolute()}): `tern setup` begins.")
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    one = _Process(settings, address, listening, connections, is_right=the_clock_is_right, works=not no_worker)
    if workers == 1:
        one.run(place=0)
        return
    try:
        processes.beside(workers, one.run, begun=listening.close)
    except processes.OneEnded as error:
        raise Stopped(str(error)) from None


@contextmanager
def _not_collecting() -> Iterator[None]:
    """For imports, as in `__main__`."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _listening(host: str, port: int) -> socket.socket:
    """Made here, because a port that is taken is a line for the operator, and uvicorn has no output."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Stopped(f"cannot listen on {host}, port {port}: {_why(error)}") from None


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program listens there; end it, or choose another with --port"
        case errno.EACCES:
            return "ports below 1024 are for root; choose another with --port, and let a proxy listen there"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address"
    return of_system(error)


@dataclass(frozen=True)
class _Process:
    """One of the processes that serve on a socket; the one at place 0 also does what is done once."""

    settings: Settings
    address: str  # in the operator's own words
    listening: socket.socket
    connections: int
    is_right: bool  # the machine's clock, whatever was recorded
    works: bool

    def run(self, place: int) -> None:
        """Serve until it is told to stop."""
        from app.main import create_app
        from app.server import server

        with told():
            application = create_app(self.settings)
            state = cast("Watched", application.state)
            if place == 0:
                finish(state.database, state.blobs, state.clock.today())
        serving = server(application, connections=self.connections)

        def stop() -> None:
            serving.should_exit = True

        # From the first line on, whatever is still to be looked at. Later uvicorn takes the signals, and once all is
        # done sends itself the one that it heard again.
        _when_told_to_stop(stop)
        with ExitStack() as beside:
            was_unclean = place == 0 and unclean_end.is_left(self.settings.data_dir)
            beside.enter_context(unclean_end.marked(self.settings.data_dir))
            if place == 0:
                beside.enter_context(self._alone(state, lambda: serving.turned_at, looks=was_unclean))
            gc.collect()
            gc.freeze()  # what is here by now is here to stay, and need not be looked through again and again
            serving.run(sockets=[self.listening])

    @contextmanager
    def _alone(self, state: "Watched", turned_at: Callable[[], float], *, looks: bool) -> Iterator[None]:
        """What one process does for all of them while they serve."""
        say(f"Tern listens on {self.address}")
        if looks:  # beside the service, for a large database is read for a while
            look = partial(_look_again, state.database, self.settings.data_dir)
            threading.Thread(target=look, daemon=True).start()
        _tell(state.readiness)
        with (
            _watched(state.readiness, self.settings.readiness_port, turned_at),
            recorded_day.recording(state.database, state.clock.today, say, is_right=self.is_right),
            _working(state.settings, state.keyring, state.database, state.blobs, state.clock.now)
            if self.works
            else nullcontext(),
        ):
            yield


@contextmanager
def _working(
    settings: Settings, keys: Keyring, database: Database, blobs: "Blobs", now: Callable[[], datetime]
) -> Iterator[None]:
    """What is due by the day or hour is done here until the block ends."""
    from app.main import jobs
    from app.statistics.releases.requests import published

    with (
        working(jobs(keys), database, blobs, now, say),
        digests.sending(settings, database, now, say),
        publications.telling(settings, database, published, now, say),
    ):
        yield


def _look_again(database: Database, data_dir: Path) -> None:
    """Say what a short look at the service finds, and how long it took; it goes on whatever that is."""
    say("The service before did not come to its end; this one serves, and looks meanwhile at what that left.")
    began = time.monotonic()
    try:
        found = look_quickly(database, data_dir / "blobs")
    except (SQLAlchemyError, OSError):
        found = "the database could not be read to its end"
    took = f"A short look took {math.ceil(time.monotonic() - began)} s"
    say(f"{took}, and {found}: look with tern check." if found else f"{took} and finds nothing wrong.")


def _tell(readiness: Readiness) -> None:
    """Say why nothing can be taken yet, and what comes to an end."""
    look = readiness.look()
    for line in ([f"Nothing is taken yet: {look.why}."] if look.why else []) + list(look.ends):
        say(line)


@contextmanager
def _watched(readiness: Readiness, port: int, turned_at: Callable[[], float]) -> Iterator[None]:
    """Whoever watches the machine asks at this port, which may be none."""
    with ExitStack() as answering:
        if port:
            try:
                answering.enter_context(watched(readiness, port, turned_at=turned_at))
            except OSError as error:
                raise Stopped(f"TERN_READINESS_PORT: cannot listen on port {port}: {of_system(error)}") from None
        yield


def _when_told_to_stop(act: Callable[[], None]) -> None:
    """In the place of what a signal would do."""
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: act())


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do all of it now, and end.")] = False,
    the_clock_is_right: RightClock = False,
    set_files_aside: SetFilesAside = False,
    as_json: Json = False,
) -> None:
    """Do what is due by the day or hour and needs no key. `tern serve` does it too, unless told not to."""
    if once:
        sweep(the_clock_is_right, set_files_aside, as_json)
        return
    from app.blobs import Blobs

    ended = threading.Event()
    _when_told_to_stop(ended.set)
    with opened() as (settings, database):
        say("Tern works until it is stopped.")
        with (
            recorded_day.recording(database, lambda: clock().date(), say, is_right=the_clock_is_right),
            _working(settings, keyring.load(settings.data_dir), database, Blobs(settings.data_dir / "blobs"), clock),
        ):
            ended.wait()
