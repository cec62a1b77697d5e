"""Commands for whoever runs the machine. They need no key, and could not use one."""

import errno
import gc
import math
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app import keyring, processes, recorded_day, unclean_end
from app.backup.checking import look_quickly
from app.cli.causes import disk_first, told
from app.cli.console import Json, clock, say, show
from app.cli.refusals import of_system
from app.cli.stopped import DestructionWaits, Stopped
from app.database import Database, schema
from app.database.engine import CONNECTIONS, file_of
from app.destruction import finish
from app.installation import digests, publications, shredding
from app.installation import service as installation
from app.installation.readiness import Readiness, watched
from app.installation.worker import working
from app.intake.attachments import service as attachments
from app.people.copies import service as copies
from app.people.sign_in import service as sign_in
from app.people.staff import invitations
from app.people.staff import service as staff
from app.protocol.documents import SERVICE
from app.protocol.encoding import new_id
from app.settings import Settings

if TYPE_CHECKING:
    from app.installation.state import Watched

RightClock = Annotated[
    bool, typer.Option("--the-clock-is-right", help="You have looked at the machine's clock, whatever was recorded.")
]

SetFilesAside = Annotated[
    bool, typer.Option("--set-files-aside", help="You have looked: files that no row names are left over.")
]


FilesAreHere = Annotated[
    bool,
    typer.Option(
        "--the-files-are-here",
        help="This data directory has taken the place of the one before, whatever lies in it, for good.",
    ),
]


class DataWithoutDatabase(Stopped):
    """Files of a service lie where there is no database of theirs: a new one beside them would be taken for it."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} is of a service whose database is not here; bring it back, or begin in an empty directory"
        )


@contextmanager
def opened(
    *, makes: bool = False, upgrades: bool = False, takes_over: bool = False
) -> Iterator[tuple[Settings, Database]]:
    """The settings, and the database with all its tables and the keyring that belongs to them.

    Where there is none, this stops, and makes one only for the command that `makes` it; older tables it `upgrades` for
    the command that may. The sealed files lie in this data directory, or it `takes_over` as the place where they do.
    """
    with told():
        settings = Settings()
        with disk_first(settings):
            if makes:
                settings.keep_private()
                _check_new(settings)
                database = schema.create(settings.url)
            else:
                database = schema.open_(settings.url, upgrades=upgrades)
                settings.keep_private()
        with closing(database):
            installation.open_keyring(database, settings.data_dir)
            installation.check_place(database, settings.data_dir, takes_over=takes_over)
            with database.read() as session:
                are_named = attachments.are_named(session)
            installation.check_files(settings.data_dir / "blobs", are_named=are_named, takes_over=takes_over)
            database.keys = shredding.open_keys(database, settings)
            yield settings, database


def init(as_json: Json = False) -> None:
    """Make tables and keyring, and an invitation for the first supervisor; until there is a root, also another."""
    show({"invitation": invitation()}, as_json=as_json)


def invitation() -> str:
    """What `init` prints."""
    with opened(makes=True) as (_, database), database.write() as session:
        installation.one_at_a_time(session)
        return invitations.initialise(session, clock().date())


def copy_token(
    person: Annotated[str, typer.Argument(help="The person's id or handle.")],
    as_json: Json = False,
) -> None:
    """A token for who lost their machine and forgot the password, where no supervisor can issue it."""
    now = clock()
    with opened() as (settings, database), database.write() as session:
        person_id = sign_in.candidate(session, person, now.date()).person_id
        if person_id is None:
            raise Stopped("nobody has joined under this handle or id")
        id_ = new_id("tok")
        token = copies.token_of(keyring.load(settings.data_dir), id_)
        copies.issue_token(session, SERVICE, person_id, id_=id_, token=token, now=now)
    show({"token": token}, as_json=as_json)


def data_directory() -> Path:
    """Where the service keeps its files."""
    with told():
        return Settings().data_dir.absolute()


def has_root() -> bool:
    """Whether the first supervisor is through."""
    with opened() as (_, database), database.read() as session:
        return staff.has_root(session)


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
        from app import logs
        from app.main import create_app
        from app.server import STACK, room, server

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

    def serve_here(place: int) -> None:
        """What one of the processes does; the first also what is done once."""
        with told():
            application = create_app(settings)
            state = cast("Watched", application.state)
            if place == 0:
                finish(state.database, state.blobs, state.clock.today())
        serving = server(application, connections=connections)

        def stop() -> None:
            serving.should_exit = True

        # From the first line on, whatever is still to be looked at. Later uvicorn takes the signals, and once all is
        # done sends itself the one that it heard again.
        _when_told_to_stop(stop)
        with ExitStack() as beside:
            was_unclean = place == 0 and unclean_end.is_left(settings.data_dir)
            beside.enter_context(unclean_end.marked(settings.data_dir))
            if place == 0:
                say(f"Tern listens on http://{f'[{host}]' if ':' in host else host}:{port}")
                if was_unclean:  # beside the service, for a large database is read for a while
                    look = partial(_look_again, state.database, settings.data_dir)
                    threading.Thread(target=look, daemon=True).start()
                _tell(state.readiness)
                beside.enter_context(_watched(state.readiness, settings.readiness_port, lambda: serving.turned_at))
                beside.enter_context(_by_the_day(state, is_right=the_clock_is_right, works=not no_worker))
            gc.collect()
            gc.freeze()  # what is here by now is here to stay, and need not be looked through again and again
            serving.run(sockets=[listening])

    if is_new:
        say(f"Nobody works here yet ({settings.data_dir.absolute()}): `tern setup` begins.")
    if workers == 1:
        serve_here(0)
        return
    try:
        processes.beside(workers, serve_here, begun=listening.close)
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


def of_connections(database: Database, processes: int = 1) -> str:
    """What to do where the database allows fewer connections than so many processes may open; empty where it does."""
    allowed, wanted = database.most_connections(), processes * CONNECTIONS
    if allowed is None or allowed >= wanted:
        return ""
    return f"PostgreSQL allows {allowed} connections, and the service may open {wanted}: raise its max_connections"


def _listening(host: str, port: int) -> socket.socket:
    """Made here, because a port that is taken is a line for the operator, and uvicorn has no output."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Stopped(f"cannot listen on {host}, port {port}: {_why(error)}") from None


@contextmanager
def _by_the_day(state: "Watched", *, is_right: bool, works: bool) -> Iterator[None]:
    """The day is recorded, and what is due by the day or hour is done here if this process `works`."""
    from app.main import jobs
    from app.statistics.releases.requests import published

    with ExitStack() as beside:
        beside.enter_context(recorded_day.recording(state.database, state.clock.today, say, is_right=is_right))
        if works:
            due = jobs(state.keyring)
            beside.enter_context(working(due, state.database, state.blobs, state.clock.now, say))
            beside.enter_context(digests.sending(state.settings, state.database, state.clock.now, say))
            hearing = publications.telling(state.settings, state.database, published, state.clock.now, say)
            beside.enter_context(hearing)
        yield


def _when_told_to_stop(act: Callable[[], None]) -> None:
    """In the place of what a signal would do."""
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: act())


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
    from app.main import jobs
    from app.statistics.releases.requests import published

    ended = threading.Event()
    _when_told_to_stop(ended.set)
    with opened() as (settings, database):
        say("Tern works until it is stopped.")
        with (
            recorded_day.recording(database, lambda: clock().date(), say, is_right=the_clock_is_right),
            working(jobs(keyring.load(settings.data_dir)), database, Blobs(settings.data_dir / "blobs"), clock, say),
            digests.sending(settings, database, clock, say),
            publications.telling(settings, database, published, clock, say),
        ):
            ended.wait()


def sweep(
    the_clock_is_right: RightClock = False, set_files_aside: SetFilesAside = False, as_json: Json = False
) -> None:
    """Destroy what a rule says is due, and set aside files that no row names: what `tern worker --once` does."""
    from app.blobs import Blobs
    from app.main import jobs

    now = clock()
    with opened() as (settings, database):
        installation.record_free_space(database, settings.data_dir, now.date())
        try:
            done = jobs(keyring.load(settings.data_dir)).run(
                database,
                Blobs(settings.data_dir / "blobs"),
                now,
                clock_is_right=the_clock_is_right,
                however_many=set_files_aside,
            )
        except recorded_day.DayNotBelievable as error:
            raise DestructionWaits(str(error)) from error
        installation.record_sweep(database, now.date())
    show({"blobs_destroyed": len(done.destroyed), "files_set_aside": len(done.aside)}, as_json=as_json)


def _check_new(settings: Settings) -> None:
    """Raises `DataWithoutDatabase` where files of a service lie here whose database does not: it is to come back."""
    # In this order: another `init` that runs at the same time makes tables first and the keyring when they are there.
    files = [settings.data_dir / keyring.FILE, *(settings.data_dir / "blobs").glob("*")]
    path = file_of(make_url(settings.url))
    log = path and path.with_name(f"{path.name}-wal")
    found, is_log_there = [each for each in files if each.exists()], log is not None and log.exists()
    if path is None or path.is_file():
        with closing(Database(settings.url)) as database:
            if schema.look(database) is not schema.Tables.NONE:
                return
    elif log is not None and is_log_there:
        found.append(log)
    if found:
        raise DataWithoutDatabase(found[0])


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


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program listens there; end it, or choose another with --port"
        case errno.EACCES:
            return "ports below 1024 are for root; choose another with --port, and let a proxy listen there"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address"
    return of_system(error)
