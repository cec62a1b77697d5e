"""`tern people leave`: what somebody has ends, and what they knew turns."""

from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, say, show, show_list, staff
from app.cli.names import Names
from app.cli.stopped import Stopped
from app.client import Staff
from app.client.casework import leaving
from app.client.casework.leaving import Holdings, Turned
from app.client.machine.transport import Refused
from app.client.people.colleagues import OfTheRoot
from app.protocol.errors import ProtocolError

_NOTHING: Final = "Nothing was ended. --hand-over ends it once nothing opens for them alone, --now at once."
_HAND_OVER: Final = (
    "Nothing was ended yet. In a case let them add a member; `tern duties --do` at their machine grants epochs; what"
    " they were handed they attach to a case. Your first sign-in after that ends it; --stay calls it back."
)
_LEFT: Final = (
    "Ended: certificate, sessions, keys, memberships, the copy of their keys. What they had claimed is in the queue.",
    "What they have read stays read. Of what was sealed before to keys that they had, they open what they get.",
    "The keys of cases that they worked on turn when a member signs in, and before anything is written there.",
)
_WHAT: Final = {
    "case": "case",
    "epoch": "reports of an epoch",
    "part": "who somebody of a case is",
    "rep": "report that they were handed",
    "key": "shared key",
}


def leave(
    person: Annotated[str, typer.Argument(help="Who leaves, by id or handle.")],
    now: Annotated[bool, typer.Option("--now", help="End it all at once, whatever is lost with it.")] = False,
    hand_over: Annotated[
        bool,
        typer.Option("--hand-over", help="End it once nothing opens for them alone; your sign-in looks."),
    ] = False,
    stay: Annotated[bool, typer.Option("--stay", help="Call --hand-over back.")] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """End what somebody has who leaves, and turn what they knew; without an option, only say what is theirs alone."""
    if now + hand_over + stay > 1:
        raise typer.BadParameter("it is one of them: --now, --hand-over or --stay")
    supervisor = staff(machine)
    id_ = Names(supervisor).person(person)
    if stay:
        leaving.call_back(supervisor, id_)
        return
    held = leaving.holdings(supervisor, id_)
    if not now and (held.alone or not hand_over):
        _show_alone(held, as_json=as_json)
        if hand_over:
            leaving.hand_over(supervisor, id_)
        say(_HAND_OVER if leaving.is_handing_over(supervisor, id_) else _NOTHING)
        return
    try:
        turned = leaving.leave(supervisor, id_)
    except OfTheRoot:
        raise Stopped(
            f"the root lists {person}: let `tern root propose --drop {person}` be signed first, then come back"
        ) from None
    show(
        {
            "person": id_,
            "epochs": list(turned.epochs),
            "keys": list(turned.keys),
            "lost": list(held.alone),
            "custodians": list(held.in_pairs),
        },
        as_json=as_json,
    )
    if held.in_pairs:
        say(f"Only two custodians can give these to somebody now: {', '.join(held.in_pairs)}.")
    _tell_left(turned)


def _tell_left(turned: Turned) -> None:
    if turned.templates:
        say("Sealed anew, to the newest key of the desk: the answer templates.")
    for error in turned.failed:
        say(f"Not done: {error}. `tern duties` of a supervisor shows it until it is.")
    for sentence in _LEFT:
        say(sentence)


def end_handed_over(supervisor: Staff) -> None:
    """Whatever is found, the session is open."""
    try:
        for person, turned in leaving.leave_where_handed_over(supervisor):
            say(f"{Names(supervisor).handle(person)} has left: nothing opened for them alone any more.")
            _tell_left(turned)
    except (ProtocolError, Refused, OfTheRoot) as error:
        say(f"Who leaves was not ended: {error}")


def _show_alone(held: Holdings, *, as_json: bool) -> None:
    rows = [
        {"what": _WHAT.get(each.partition("_")[0], "key"), "id": each, "custodians": each in held.in_pairs}
        for each in (*held.alone, *held.in_pairs)
    ]
    show_list("Opens for them alone, or for custodians too", ["what", "id", "custodians"], rows, as_json=as_json)
