"""Commands about keys that work shares: of intake epochs, of statistics, of card-writing."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, show, show_list, staff
from app.cli.names import Names
from app.client.intake import epochs
from app.client.machine.directory import write_atomically
from app.client.machine.staff import NotGranted, Staff
from app.client.people import shared_keys
from app.protocol.intake import Intake
from app.protocol.statements import KeyKind, SharedKey

intake = typer.Typer(help="Keys of intake epochs, statistics and card-writing.", no_args_is_help=True)

Days = Annotated[int, typer.Option(min=1, help="For how many days the epoch accepts reports.")]
Notice = Annotated[Path | None, typer.Option(help="A file with words that every reporter is shown.", exists=True)]


@intake.command()
def rotate(days: Days = epochs.EPOCH_DAYS, notice: Notice = None, machine: Home = HOME, as_json: Json = False) -> None:
    """Open a new intake epoch from today on, as a supervisor."""
    words = notice.read_text() if notice else ""
    _show(epochs.rotate(staff(machine), days=days, notice=words), as_json=as_json)


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
    """Which statistics and card-writing keys are valid today."""
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
    """Grant a statistics or card-writing key to a colleague."""
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


def _show(epoch: Intake, *, as_json: bool) -> None:
    facts = {
        "epoch": epoch.epoch,
        "accepts_from": epoch.accepts_from.isoformat(),
        "accepts_until": epoch.accepts_until.isoformat(),
        "destroyed_on": epoch.destroyed_on.isoformat(),
    }
    show(facts, as_json=as_json)
