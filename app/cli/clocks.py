"""`tern clocks`: how soon reports shall be answered and decided, as your organisation has set it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.console import HOME, Home, Json, say, show, show_list, staff
from app.cli.names import Names
from app.cli.stopped import Stopped
from app.client.casework import clocks as policies
from app.client.casework.clocks import ClockPolicy

clocks = typer.Typer(help="How soon reports shall be answered and decided.", no_args_is_help=True)


@clocks.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """Every version that was set, the newest first, and since when it counts."""
    person = staff(machine)
    names = Names(person)
    rows = [_row(each, names) for each in policies.policies(person)]
    show_list("Policies of clocks", ["version", "set_at", "author", "agreed_at", "agreed_by"], rows, as_json=as_json)


@clocks.command("show")
def show_(
    version: Annotated[int | None, typer.Argument(help="A version; without it the one that counts.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """The rules of a version: what counts now, or any that was set. With --json they are a file for tern clocks set."""
    person = staff(machine)
    if version is None:
        show(policies.in_force(person)[1], as_json=as_json)
        return
    found = next((each for each in policies.policies(person) if each.version == version), None)
    if found is None:
        raise Stopped(f"there is no version {version}: tern clocks list has all")
    show(found.rules if as_json else {**found.rules, "closed_on": list(found.closed_on)}, as_json=as_json)


@clocks.command("set")
def set_(
    file: Annotated[Path, typer.Argument(help="The rules, in JSON, as tern clocks show --json prints them.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Set the next version. It counts at once, or when another supervisor agrees if anything may take longer by it."""
    person = staff(machine)
    newest = next(iter(policies.policies(person)), None)
    made = policies.set_(person, _rules(file), after=newest.version if newest else 0)
    show(_row(made, Names(person)), as_json=as_json)
    if made.agreed_at is None and not as_json:
        say(f"Another supervisor agrees: tern clocks agree {made.version}. Until then nothing changes.")


@clocks.command()
def agree(
    version: Annotated[int, typer.Argument(help="The newest version, which somebody else has set.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Let a version count that another supervisor has set, once you have read it (tern clocks show)."""
    person = staff(machine)
    show(_row(policies.agree(person, version), Names(person)), as_json=as_json)


def _rules(file: Path) -> dict[str, Any]:
    try:
        rules = json.loads(file.read_bytes())
    except ValueError:
        rules = None
    if not isinstance(rules, dict):
        raise Stopped(f"{file} holds no rules: tern clocks show --json prints some")
    return rules


def _row(policy: ClockPolicy, names: Names) -> dict[str, object]:
    return {
        "version": policy.version,
        "set_at": policy.set_at,
        "author": names.handle(policy.author),
        "agreed_at": policy.agreed_at,
        "agreed_by": names.handle(policy.agreed_by),
    }
