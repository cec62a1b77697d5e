"""Commands for whoever runs the machine. They need no key, and could not use one."""

import socket
from datetime import timedelta
from typing import Annotated

import typer

from app import private
from app.cli.console import Json, clock, say, show
from app.database import Database
from app.database.schema import upgrade
from app.people.staff import service as staff
from app.settings import Settings


def init(as_json: Json = False) -> None:
    """Make the tables, and an invitation for the first supervisor."""
    settings = Settings()
    settings.keep_private()
    database = Database(settings.url)
    upgrade(database)
    with database.write() as session:
        invitation = staff.initialise(session, clock().date())
    database.close()
    show({"invitation": invitation}, as_json=as_json)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8470,
) -> None:
    """Run the service. It keeps no log of requests."""
    import uvicorn

    from app import logs
    from app.main import create_app

    logs.install()

    settings = Settings()
    private.make_directory(settings.data_dir)  # the application closes what lies in it
    database = Database(settings.url)
    upgrade(database)
    database.close()
    application = create_app(settings)
    # Here, because a port that is taken is a line for the operator, and uvicorn has no output.
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    say(f"Tern listens on http://{host}:{port}")
    config = uvicorn.Config(
        application,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(timedelta(seconds=10).total_seconds()),
    )
    uvicorn.Server(config).run(sockets=[listening])


def sweep(as_json: Json = False) -> None:
    """Destroy what a rule says is due today. Run it once a day."""
    from app.blobs import Blobs
    from app.main import SWEEP

    settings = Settings()
    settings.keep_private()
    database = Database(settings.url)
    try:
        names = SWEEP.run(database, Blobs(settings.data_dir / "blobs"), clock().date())
    finally:
        database.close()
    show({"blobs_destroyed": len(names)}, as_json=as_json)
