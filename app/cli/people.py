"""Commands with which somebody becomes one of staff: invited, joined, certified."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.colleagues import row
from app.cli.console import (
    HOME,
    Home,
    Json,
    Server,
    clock,
    invitation,
    passphrase,
    password,
    say,
    show,
    staff,
    text_of,
    whole_pin,
)
from app.cli.machines import make_copy
from app.cli.names import Names
from app.cli.sheets import Sheets
from app.client import Staff
from app.client.people import colleagues as directory
from app.client.people import new_keys as keys_anew
from app.client.people import sign_in as sessions
from app.client.people.colleagues import Colleague
from app.protocol.sign_in import check_handle
from app.vocabulary import Role

Roles = Annotated[list[Role], typer.Option("--role", help="A role of the person; may be repeated.")]


def join(
    server: Server,
    handle: Annotated[str, typer.Option(help="The name by which colleagues will know you.")],
    pin: Annotated[
        str | None,
        typer.Option(
            envvar="TERN_PIN",
            help="The root's fingerprint, told by a colleague; the first has none.",
            callback=whole_pin,
        ),
    ] = None,
    new_keys: Annotated[
        bool, typer.Option("--new-keys", help="You lost machine and sheet: your invitation is a supervisor's token.")
    ] = False,
    sheets: Sheets = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Make your keys on this machine, join with your invitation, and leave a copy that opens with your sheet alone."""
    check_handle(handle)  # before anybody thinks of a passphrase
    token, typed, word = invitation(), passphrase(confirm=True), password(confirm=True)
    if new_keys:
        _bring(machine, server, token, handle, passphrase=typed, password=word, pin=pin, as_json=as_json)
        return
    membership = sessions.join(
        machine, server, invitation=token, handle=handle, passphrase=typed, password=word, pin=pin
    )
    joined = {"person": membership.about.person, "machine": str(machine)}
    if pin is None:
        show(joined, as_json=as_json)
    else:
        with Staff(machine, typed, clock=clock) as person, sessions.passing(person, word):
            make_copy(person, typed, sheets, told=joined, as_json=as_json)
    if not as_json:
        say("Sign in, then read your fingerprint out to a supervisor, who certifies you.")


def _bring(
    machine: Path,
    server: str,
    token: str,
    handle: str,
    *,
    passphrase: str,
    password: str,
    pin: str | None,
    as_json: bool,
) -> None:
    if pin is None:
        raise typer.BadParameter("let a colleague tell you the pin, as when you joined")
    brought = keys_anew.bring(
        machine, server, token=token, handle=handle, passphrase=passphrase, password=password, pin=pin
    )
    with Staff(machine, passphrase, clock=clock) as person:
        words = directory.fingerprint(person)
    show({"person": brought.about.person, "machine": str(machine), "fingerprint": words}, as_json=as_json)
    say("Read these words out to a supervisor, who certifies them; then sign in, and make a sheet: tern machine sheet")


def invite(
    role: Roles,
    team: Annotated[str | None, typer.Option(help="The id of the person's team, if not your own.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Make an invitation for one person, to be handed over outside Tern."""
    show({"invitation": directory.invite(staff(machine), role, team=team)}, as_json=as_json)


def certify(
    person: Annotated[str, typer.Argument(help="The person's id or handle.")],
    role: Roles,
    words: Annotated[str | None, typer.Option(help="The twelve words; without it they are asked for.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; a year if not.")] = None,
    new_keys: Annotated[
        bool, typer.Option("--new-keys", help="The keys that they brought replace theirs, which are lost for good.")
    ] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Vouch for a person's keys, after they read their twelve words out to you by voice."""
    supervisor = staff(machine)
    spoken_words = words or text_of(None, "The words that the person reads out")
    valid_until = until.date() if until else None
    _show(
        directory.certify(
            supervisor,
            Names(supervisor).person(person),
            spoken_words,
            role,
            valid_until=valid_until,
            new_keys=new_keys,
        ),
        as_json=as_json,
    )


def fingerprint(machine: Home = HOME, as_json: Json = False) -> None:
    """The twelve words of your own keys, to be read out to a supervisor."""
    show({"fingerprint": directory.fingerprint(staff(machine))}, as_json=as_json)


def _show(colleague: Colleague, *, as_json: bool) -> None:
    show(row(replace(colleague, certified=True)), as_json=as_json)
