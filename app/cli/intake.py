"""Commands about keys that work shares: of intake epochs, of statistics, of card-writing, of the desk."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, show_list, staff
from app.cli.names import Names
from app.client.intake import epochs
from app.client.machine.directory import write_atomically
from app.client.machine.staff import NotGranted, Staff
from app.client.people import shared_keys
from app.protocol.intake import LONGEST_ACCEPTANCE, Intake
from app.protocol.statements import KeyKind, SharedKey

intake = typer.Typer(help="Keys of intake epochs, statistics, card-writing and answer templates.", no_args_is_help=True)

Days = Annotated[
    int, typer.Option(min=1, max=LONGEST_ACCEPTANCE.days + 1, help="For how many days each accepts reports.")
]
Notice = Annotated[Path | None, typer.Option(help="A file with words that every reporter is shown.", exists=True)]


@intake.command()
def rotate(
    number: Annotated[
        int, typer.Option("--epochs", min=1, help="How many epochs, one behind the other.")
    ] = epochs.AHEAD,
    days: Days = epochs.EPOCH_DAYS,
    notice: Notice = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Sign new intake epochs from today on, in the place of all that were signed for these days, as a supervisor."""
    words = notice.read_text() if notice else ""
    _show(epochs.rotate(staff(machine), number=number, days=days, notice=words), as_json=as_json)


@intake.command()
def draft(
    file: Annotated[Path, typer.Argument(help="Where to write the draft. It holds no secret.")],
    days: Days = epochs.EPOCH_DAYS,
    notice: Notice = None,
    machine: Home = HOME,
) -> None:
    """Make the key of a new epoch as a triager, for a supervisor to sign."""
    words = notice.read_text() if notice else ""
    epoch_draft = epochs.draft(staff(machine), days=days, notice=words)
    write_atomically(file, epochs.write_draft(epoch_draft).encode())


@intake.command()
def sign(
    file: Annotated[Path, typer.Argument(help="A draft that a triager or a supervisor made.", exists=True)],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Open the epoch of a colleague's draft, as a supervisor."""
    _show(epochs.sign(staff(machine), epochs.read_draft(file.read_text())), as_json=as_json)


@intake.command()
def keys(
    make: Annotated[
        list[KeyKind] | None, typer.Option(help="Make a new key of this kind first; may be repeated.")
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Which keys of statistics, card-writing and answer templates (desk) are valid today."""
    person = staff(machine)
    for kind in make or ():
        shared_keys.make_shared(person, kind)
    rows = [_row(kind, _newest(person, kind)) for kind in KeyKind]
    show_list("Shared keys", ["kind", "id", "from", "until"], rows, as_json=as_json)


@intake.command()
def share(
    kind: Annotated[KeyKind, typer.Argument(help="A key that you hold.")],
    person: Annotated[str, typer.Argument(help="Somebody certified since it was made, by id or handle.")],
    machine: Home = HOME,
) -> None:
    """Grant a key of statistics, card-writing or answer templates (desk) to a colleague."""
    holder = staff(machine)
    shared_keys.share(holder, kind, Names(holder).person(person))


def _newest(person: Staff, kind: KeyKind) -> SharedKey | None:
    try:
        return shared_keys.newest_key(person, kind)
    except NotGranted:
        return None


def _row(kind: KeyKind, key: SharedKey | None) -> dict[str, object]:
    if key is None:
        return {"kind": kind.value, "id": None, "from": None, "until": None}
    return {
        "kind": kind.value,
        "id": key.id,
        "from": key.valid_from.isoformat(),
        "until": key.valid_until.isoformat(),
    }


def _show(signed: list[Intake], *, as_json: bool) -> None:
    columns = ["epoch", "accepts_from", "accepts_until", "destroyed_on"]
    rows = [{name: str(getattr(each, name)) for name in columns} for each in signed]
    show_list("Epochs", columns, rows, as_json=as_json)
