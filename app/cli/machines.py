"""Commands about a person's machines: what another one is made of when this one is gone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.cli import sheets as paper
from app.cli.console import HOME, Home, Json, Server, account_key, clock, passphrase, password, say, show, show_surely
from app.cli.sheets import Sheets
from app.client.machine.staff import Staff
from app.client.people import copies, machines
from app.client.people.copies import Standing
from app.protocol.key_copy import AccountKey
from app.protocol.sign_in import check_handle

machine = typer.Typer(help="Your machines, and the sheet without which none can be made anew.", no_args_is_help=True)

WORDS = {
    Standing.KEPT: None,
    Standing.NONE: "There is no copy of your keys: if this machine breaks, they are gone. Make one: tern machine sheet",
    Standing.ANOTHER: (
        "The copy of your keys was replaced, and not from this machine. If that was not you: tern machine sheet"
    ),
}


@machine.command("add")
def add(
    server: Server,
    handle: Annotated[str, typer.Option(help="The name by which colleagues know you.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Make this machine yours, with your passphrase and your sheet, and sign in: a second one, or a new one."""
    check_handle(handle)
    key = AccountKey.read(account_key())
    with machines.add(
        machine, server, handle=handle, password=password(), passphrase=passphrase(), account_key=key, clock=clock
    ) as person:
        show({"person": person.person, "machine": str(machine), "pin": str(person.pin)}, as_json=as_json)


@machine.command("sheet")
def sheet(sheets: Sheets = None, machine: Home = HOME, as_json: Json = False) -> None:
    """Draw a new account key, print a new sheet, and replace the copy of your keys: an older sheet opens nothing."""
    typed = passphrase()
    with Staff(machine, typed, clock=clock) as person:
        make_copy(person, typed, sheets, as_json=as_json)


def make_copy(
    person: Staff,
    typed: str,
    sheets: Path | None,
    *,
    told: Mapping[str, object] | None = None,
    as_json: bool = False,
) -> None:
    """The sheet is handed out first: a copy that nobody can open would take the place of one that somebody can.

    `told` is shown with it.
    """
    drafted = copies.draft(person, typed)
    if as_json:
        show_surely({**(told or {}), **paper.facts(drafted.sheet, sheets)}, as_json=True)
    else:
        show(told or {}, as_json=False)
        paper.hand_out(drafted.sheet, sheets)
    copies.keep(person, drafted)
    if not as_json:
        say("This sheet counts from now on.")
