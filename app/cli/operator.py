"""Commands for whoever runs the machine. They need no key, and could not use one."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from app.cli.causes import told
from app.cli.console import Json, Stopped, clock, say, show
from app.cli.refusals import of_system
from app.database import Database
from app.database.schema import upgrade
from app.installation import service as installation
from app.people.staff import service as staff
from app.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[Settings, Database]]:
    """The settings, and the database with all its tables and the keyring that belongs to them."""
    with told():
        settings = Settings()
        settings.keep_private()
        with closing(Database(settings.url)) as database:
            upgrade(database)
            installation.open_keyring(database, settings.data_dir)
            yield settings, database


def init(as_json: Json = False) -> None:
    """Make tables and keyring, and an invitation for the first supervisor; until there is a root, also another."""
    show({"invitation": invitation()}, as_json=as_json)


def invitation() -> str:
    """What `init` prints."""
    with opened() as (_, database), database.write() as session:
        return staff.initialise(session, clock().date())


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8470,
) -> None:
    """Run the service. It keeps no log of requests."""
    from app import logs
    from app.main import create_app
    from app.server import server

    logs.install()
    with opened() as (settings, database), database.read() as session:
        is_new = not staff.has_begun(session)
        application = create_app(settings)
    # Here, because a port that is taken is a line for the operator, and uvicorn has no output.
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Stopped(f"cannot listen on {host}, port {port}: {_why(error)}") from None
    say(f"Tern listens on http://{f'[{host}]' if ':' in host else host}:{port}")
    if is_new:
        say(f"Nobody works here yet ({settings.data_dir.absolute()}): `tern setup` begins.")
    server(application).run(sockets=[listening])


def sweep(as_json: Json = False) -> None:
    """Destroy what a rule says is due today. Run it once a day."""
    from app.blobs import Blobs
    from app.main import SWEEP

    today = clock().date()
    with opened() as (settings, database):
        names = SWEEP.run(database, Blobs(settings.data_dir / "blobs"), today)
        with database.write() as session:
            installation.record_sweep(session, today)
    show({"blobs_destroyed": len(names)}, as_json=as_json)


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program listens there; end it, or choose another with --port"
        case errno.EACCES:
            return "ports below 1024 are for root; choose another with --port, and let a proxy listen there"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address"
    return of_system(error)
