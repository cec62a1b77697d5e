"""Commands about the pages that a browser is served."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, clock, progress, say, show, staff
from app.client.intake import browser as browsers
from app.client.intake import pages
from app.client.intake.browser import Browser
from app.client.intake.pages import Visited
from app.protocol.errors import NotAuthentic
from app.protocol.manifest import MANIFEST
from app.site.site import BUILT

# No machine of a person is needed to look at what everybody is served, so this lies beside it.
_VISITED: Final = Path.home() / ".tern-pages.json"

client = typer.Typer(help="Sign the reporter's pages, and check what is served.", no_args_is_help=True)

BuiltPages = Annotated[
    Path,
    typer.Argument(
        help="The directory of the built pages.",
        exists=True,
        file_okay=False,
        show_default="those of this installation",
    ),
]


@client.command()
def sign(
    *,
    built: BuiltPages = BUILT,
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
    visited: Annotated[
        Path,
        typer.Option("--list", help="Where what was seen under this pin is kept.", show_default="~/.tern-pages.json"),
    ] = _VISITED,
    program: Annotated[
        Path | None, typer.Option("--browser", help="The Chromium to look with, if not an installed one.", exists=True)
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often the browser opens each page.")] = 2,
    as_json: Json = False,
) -> None:
    """Fetch all that is served, with a browser where one is installed, and compare it with what a supervisor signed."""
    program = program or browsers.installed()
    with progress("Fetching", hidden=as_json) as bar, Browser(program) if program else nullcontext() as browser:
        check = pages.verify(
            server,
            pin=pin,
            today=clock().date(),
            against=against,
            visited=_visited(visited, server, pin) if pin else None,
            browser=browser,
            rounds=rounds,
            progress=lambda size: bar.update(bar.task_ids[0], completed=size),
        )
    if pin:
        check.visited.save(visited, server, pin)
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
        "browser": str(program) if program else None,
        "visits": check.visits,
    }
    show(facts, as_json=as_json)
    if pin is None:
        say("This pin is the service's own word. Compare it with one that you know from elsewhere, with --pin.")
    if program is None:
        say(
            "No Chromium is installed, so this looked like no browser: a service can tell it from one, and serve others"
        )
        say("other pages. Install one (in Debian the package chromium), and look again.")
    if not check.is_as_signed:
        raise NotAuthentic("client")


def _visited(file: Path, server: str, pin: str) -> Visited:
    try:
        return Visited.load(file, server, pin)
    except (ValueError, KeyError, TypeError):
        raise typer.BadParameter("this is no list of visited pages") from None
