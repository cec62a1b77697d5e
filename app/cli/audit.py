"""`tern audit`: the audit chain."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, say, show, staff
from app.cli.names import Names
from app.client import Staff
from app.client.people import audit as chain
from app.client.people.audit import Verified, Walked
from app.protocol.audit_chain import GENESIS

audit = typer.Typer(help="Check the chain of what staff did.", no_args_is_help=True)


@audit.command()
def verify(
    file: Annotated[
        Path | None, typer.Option(help="A chain that was saved, instead of the service's.", exists=True)
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the chain in a new file.")] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Begin at the newest countersigned head: what lies before it was followed."),
    ] = False,
    against: Annotated[
        Path | None, typer.Option(help="Heads that were exported and kept elsewhere.", exists=True)
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Follow the audit chain, hash by hash, to its signed heads, and to what this machine or others saw of it."""
    if save and resume:
        raise typer.BadParameter("what is saved begins at the first event: leave --resume out")
    if file:
        with file.open("rb") as lines:
            show(_ends_with(chain.walk(lines)), as_json=as_json)
        return
    person = staff(machine)
    with _new_file(save) as keep:
        verified = chain.verify_all(person, resumes=resume, keep=keep)
    missing = chain.compare(person, chain.read_heads(against.read_bytes()), verified) if against else []
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


@contextmanager
def _new_file(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Keeps each line that it is given in a file, which is not left where the chain was not followed to its end."""
    if path is None:
        yield lambda _: None
        return
    with path.open("xb") as sink:
        try:
            yield sink.write
        except BaseException:
            path.unlink()
            raise


def _ends_with(events: Walked) -> dict[str, object]:
    return {"events": events.last.version if events.last else 0, "head": events.last.sha256 if events.last else GENESIS}


def _facts(person: Staff, verified: Verified) -> dict[str, object]:
    names = Names(person)
    newest = verified.heads[-1].head if verified.heads else None
    countersigned = verified.countersigned
    return {
        **_ends_with(verified.events),
        **({"followed_from": verified.events.first} if verified.events.first > 1 else {}),
        "signed_heads": len(verified.heads),
        "signed_on": newest.day.isoformat() if newest else None,
        "countersigned_on": countersigned.day.isoformat() if countersigned else None,
        "countersigned_by": [names.handle(each.person) for each in verified.by],
    }
