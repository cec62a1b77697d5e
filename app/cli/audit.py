"""`tern audit`: the audit chain."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, say, show, staff
from app.cli.names import Names
from app.client import Staff
from app.client.people import audit as chain
from app.client.people.audit import Verified

audit = typer.Typer(help="Check the chain of what staff did.", no_args_is_help=True)


@audit.command()
def verify(
    file: Annotated[
        Path | None, typer.Option(help="A chain that was saved, instead of the service's.", exists=True)
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the chain in a new file.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Heads that were exported and kept elsewhere.", exists=True)
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Follow the audit chain, hash by hash, to its signed heads, and to what this machine or others saw of it."""
    if file:
        events = chain.read(file.read_bytes())
        show({"events": len(events), "head": chain.verify(events)}, as_json=as_json)
        return
    person = staff(machine)
    verified = chain.verify_all(person)
    missing = chain.compare(person, chain.read_heads(against.read_bytes()), verified) if against else []
    if save:
        with save.open("xb") as sink:
            sink.write(chain.write(verified.events))
    gone = {each.day for each in missing} | {each.since for each in person.seen.lost() if each.type in chain.OF_AUDIT}
    lost = {"lost_since": min(gone).isoformat()} if gone else {}
    show({**_facts(person, verified), **lost}, as_json=as_json)


@audit.command()
def export(
    file: Annotated[Path, typer.Argument(help="The new file.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Write the chain's signed heads, for somebody to keep who does not run the service: how many events each day."""
    person = staff(machine)
    verified = chain.verify_all(person)
    with file.open("xb") as sink:
        sink.write(chain.write_heads(verified.heads))
    show(_facts(person, verified), as_json=as_json)
    if not as_json:
        say(f"Keep {file} where nobody reaches it who runs the service. `tern audit verify --against` compares.")


def _facts(person: Staff, verified: Verified) -> dict[str, object]:
    names = Names(person)
    newest = verified.heads[-1].head if verified.heads else None
    countersigned = verified.countersigned
    return {
        "events": len(verified.events),
        "head": chain.verify(verified.events),
        "signed_heads": len(verified.heads),
        "signed_on": newest.day.isoformat() if newest else None,
        "countersigned_on": countersigned.day.isoformat() if countersigned else None,
        "countersigned_by": [names.handle(each.person) for each in verified.by],
    }
