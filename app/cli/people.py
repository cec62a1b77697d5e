"""Commands with which somebody becomes one of staff: invited, joined, certified, signed in."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli import custodians
from app.cli import losses as losses_of
from app.cli.console import (
    HOME,
    Home,
    Json,
    Server,
    clock,
    invitation,
    leave_memory,
    passphrase,
    password,
    say,
    say_failure,
    show,
    show_list,
    staff,
    tell_ends,
    text_of,
    whole_pin,
)
from app.cli.duties import sign_ahead, tell
from app.cli.machines import WORDS, make_copy, tells_of_new_keys
from app.cli.names import Names, short
from app.cli.roots import next_loss
from app.cli.sheets import Sheets
from app.cli.stopped import Stopped
from app.client import Staff
from app.client.casework import leaving
from app.client.casework.leaving import Holdings, Turned
from app.client.machine import unlocked
from app.client.machine.directory import Machine
from app.client.machine.staff import NotGranted
from app.client.machine.transport import Refused, Unreachable
from app.client.people import audit, losses
from app.client.people import colleagues as directory
from app.client.people import new_keys as keys_anew
from app.client.people import sign_in as sessions
from app.client.people.colleagues import Colleague, OfTheRoot
from app.client.statistics import cards
from app.protocol.errors import ProtocolError
from app.protocol.sign_in import check_handle
from app.vocabulary import Role

_HEADS_WAIT: Final = 2  # days without a head that nobody has to hear of
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

colleagues = typer.Typer(help="Who works here, and under which keys.", no_args_is_help=True)

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


def sign_in(machine: Home = HOME) -> None:
    """Open a session at the service."""
    with staff(machine, tells=False) as person:
        word = password()
        with tells_of_new_keys(person):
            copy = sessions.sign_in(person, word)
        tell_ends(person)
        if person.about.pin is not None and (told := WORDS[copy]):
            say(told)
        if person.about.pin is not None and person.person in person.log.trust.supervisors:
            say(f"The root: {next_loss(person.log.trust.root)}")
            _write_again(person)
            sign_ahead(person)
            _end_handed_over(person)
            _tell_objections(person)
        if person.about.pin is not None:
            _follow_audit(person)
            losses_of.tell(person)
            _follow_words(person)
            tell(person)
            custodians.tell(person)


def _tell_objections(supervisor: Staff) -> None:
    """Every supervisor hears of keys that their person may never have asked for."""
    try:
        objected = keys_anew.objected(supervisor)
    except (ProtocolError, Refused, Unreachable) as error:
        say_failure("Whether somebody objects to new keys was not heard", error)
        return
    for each in objected:
        say(
            f"The machine of the keys that {Names(supervisor).handle(each)} had before says that the new ones are not "
            "theirs. Call them: somebody may have made them up. If they are: tern people compare --although-objected"
        )


def _write_again(supervisor: Staff) -> None:
    """What a loss took of certificates, and this machine still has."""
    for each in losses.write_again(supervisor):
        say(f"Written again, for the service has lost it: a certificate of {Names(supervisor).handle(each)}.")


def _follow_words(person: Staff) -> None:
    """What reporters have said of being counted since, in all cases of this person at once."""
    try:
        for case in cards.follow_words(person):
            say(f"A reporter has changed what they agreed to: {short(case)} says so now, and its cards follow.")
    except (ProtocolError, NotGranted, Refused, Unreachable) as error:
        say_failure("What reporters have said since was not followed", error)


def _follow_audit(person: Staff) -> None:
    """Whatever is found, the session is open: who cannot work cannot help either."""
    try:
        newest = audit.follow(person)
    except (ProtocolError, Refused, Unreachable) as error:
        say_failure("The audit chain was not followed", error)
        return
    if newest is not None and (days := (person.today - newest.day).days) > _HEADS_WAIT:
        say(f"The service signed no head of the audit chain for {days} days: let the operator look at its worker.")


def sign_out(machine: Home = HOME) -> None:
    """End the session at the service."""
    person = staff(machine)
    leave_memory(person)
    sessions.sign_out(person)


def unlock(
    hours: Annotated[
        int, typer.Option(min=1, max=unlocked.LONGEST_HOURS, help="For how long, unless you lock before.")
    ] = 4,
    machine: Home = HOME,
) -> None:
    """Keep your keys unlocked for a stretch of work, so that no command asks for the passphrase."""
    lock_of = Machine(machine)
    keys = lock_of.unlock(passphrase())
    with Staff(machine, keys, clock=clock) as person:
        tell_ends(person)
    unlocked.keep(lock_of, keys, seconds=hours * 3600)
    say(f"Unlocked for {hours} h. `tern lock` ends it.")


def lock(machine: Home = HOME) -> None:
    """Forget the keys that were unlocked, and leave what this machine has seen for your next one."""
    if keys := unlocked.ask(Machine(machine)):
        with Staff(machine, keys, clock=clock) as person:
            if person.machine.session is not None:
                leave_memory(person)
    say("Locked." if unlocked.forget(Machine(machine)) else "Nothing was unlocked.")


def fingerprint(machine: Home = HOME, as_json: Json = False) -> None:
    """The twelve words of your own keys, to be read out to a supervisor."""
    show({"fingerprint": directory.fingerprint(staff(machine))}, as_json=as_json)


@colleagues.command()
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
    for error in turned.failed:
        say(f"Not done: {error}. `tern duties` of a supervisor shows it until it is.")
    for sentence in _LEFT:
        say(sentence)


def _end_handed_over(supervisor: Staff) -> None:
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


@colleagues.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """Everybody who joined, and who of them is certified."""
    columns = ["handle", "roles", "certified", "last_use", "fingerprint"]
    show_list("People", columns, map(_row, directory.list_(staff(machine))), as_json=as_json)


@colleagues.command("compare")
def compare(
    person: Annotated[str, typer.Argument(help="The person's id or handle.")],
    words: Annotated[str | None, typer.Option(help="The twelve words; without it they are asked for.")] = None,
    although_objected: Annotated[
        bool,
        typer.Option(
            "--although-objected", help="You asked them about what their machine before says against these keys."
        ),
    ] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Say which twelve words somebody with new keys read out to you, so that your machine grants to them again."""
    me = staff(machine)
    spoken_words = words or text_of(None, "The words that the person reads out")
    compared = directory.compare(me, Names(me).person(person), spoken_words, although_objected=although_objected)
    show({"person": compared.person, "fingerprint": compared.fingerprint}, as_json=as_json)


def _show(colleague: Colleague, *, as_json: bool) -> None:
    show(_row(replace(colleague, certified=True)), as_json=as_json)


def _row(colleague: Colleague) -> dict[str, object]:
    return {
        "id": colleague.id,
        "handle": colleague.handle,
        "roles": list(colleague.roles),
        "certified": colleague.certified,
        "last_use": colleague.last_use.isoformat() if colleague.last_use else None,
        "fingerprint": colleague.fingerprint,
    }
