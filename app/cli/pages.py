"""Commands about the pages that a browser is served."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, clock, progress, say, show, staff
from app.client.intake import pages
from app.protocol.errors import NotAuthentic
from app.protocol.manifest import MANIFEST

client = typer.Typer(help="Sign the reporter's pages, and check what is served.", no_args_is_help=True)

BuiltPages = Annotated[Path, typer.Argument(help="The directory of the built pages.", exists=True, file_okay=False)]


@client.command()
def sign(
    built: BuiltPages,
    name: Annotated[str, typer.Option(help="The organisation's name, as reporters will read it.")],
    out: Annotated[Path, typer.Option(help="The directory `site` in the data of the service.", file_okay=False)],
    leave_to: Annotated[
        str | None, typer.Option(help="An https address where leaving in a hurry leads; without it, an empty page.")
    ] = None,
    no_script_pages: Annotated[
        bool, typer.Option(help="Whether the service serves the page without script (TERN_NO_SCRIPT_PAGES).")
    ] = True,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Sign the built pages and the organisation's name, as a supervisor of the root."""
    document = pages.sign(staff(machine), built, out, name=name, leave_to=leave_to, no_script_pages=no_script_pages)
    show({"version": document.header.version, "manifest": str(out / MANIFEST)}, as_json=as_json)


@client.command()
def verify(
    server: Annotated[str, typer.Argument(metavar="URL", help="The address that reporters are given.")],
    pin: Annotated[
        str | None, typer.Option(envvar="TERN_PIN", help="The fingerprint of the organisation's root.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Pages that you built yourself from the source.", exists=True, file_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch every page and file that is served, and compare it with what a supervisor signed."""
    with progress("Fetching", hidden=as_json) as bar:
        check = pages.verify(
            server,
            pin=pin,
            today=clock().date(),
            against=against,
            progress=lambda size: bar.update(bar.task_ids[0], completed=size),
        )
    facts = {
        "version": check.version,
        "signed_on": check.signed_on,
        "signer": check.signer,
        "pin": check.pin,
        "files": check.files,
        "differing": list(check.differing),
        "missing": list(check.missing),
        "beside": list(check.beside),
        "unlike_source": list(check.unlike_source),
    }
    show(facts, as_json=as_json)
    if pin is None:
        say("This pin is the service's own word. Compare it with one that you know from elsewhere, with --pin.")
    if not check.is_as_signed:
        raise NotAuthentic("client")
