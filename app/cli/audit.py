"""`tern audit`: the audit chain."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, show, staff
from app.client.people import audit as chain

audit = typer.Typer(help="Check the chain of what staff did.", no_args_is_help=True)


@audit.command()
def verify(
    file: Annotated[
        Path | None, typer.Option(help="A chain that was saved, instead of the service's.", exists=True)
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the chain in a new file.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Follow the audit chain from its first event, hash by hash."""
    events = chain.read(file.read_bytes()) if file else chain.fetch(staff(machine))
    head = chain.verify(events)
    if save:
        with save.open("xb") as sink:
            sink.write(chain.write(events))
    show({"events": len(events), "head": head}, as_json=as_json)
