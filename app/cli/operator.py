"""Commands for whoever runs the machine. They need no key, and could not use one."""

from datetime import timedelta
from typing import Annotated

import typer

from app.cli.console import Json, clock, say, show
from app.database import Database
from app.database.schema import upgrade
from app.people.staff import service as staff
from app.settings import Settings


def init(as_json: Json = False) -> None:
    """Make the tables, and an invitation for the first supervisor."""
    settings = Settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    from app.main import create_app

    settings = Settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.url)
    upgrade(database)
    database.close()
    say(f"Tern listens on http://{host}:{port}")
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(timedelta(seconds=10).total_seconds()),
    )


def sweep(as_json: Json = False) -> None:
    """Destroy what a rule says is due today. Run it once a day."""
    from app.blobs import Blobs
    from app.main import SWEEP

    settings = Settings()
    database = Database(settings.url)
    try:
        names = SWEEP.run(database, Blobs(settings.data_dir / "blobs"), clock().date())
    finally:
        database.close()
    show({"blobs_destroyed": len(names)}, as_json=as_json)
