"""Commands about a person's machines: what another one is made of when this one is gone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli import sheets as paper
from app.cli.console import (
    HOME,
    NOT_TAKEN,
    Home,
    Json,
    Server,
    account_key,
    agrees,
    clock,
    copy_token,
    new_passphrase,
    new_password,
    passphrase,
    password,
    say,
    say_failure,
    show,
    show_list,
    show_surely,
    staff,
)
from app.cli.names import Names
from app.cli.sheets import Sheets
from app.cli.stopped import Stopped
from app.client.machine import unlocked
from app.client.machine.directory import Machine
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused, Unreachable
from app.client.people import copies, machines, memories, new_keys, sign_in
from app.client.people.copies import Standing
from app.protocol.errors import ProtocolError
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


_LOOK: Final = (
    "Look at what you last worked on: this machine could be shown something older than you know. If it is older, "
    "tell a supervisor."
)


@machine.command("add")
def add(
    server: Server,
    handle: Annotated[str, typer.Option(help="The name by which colleagues know you.")],
    new_password_too: Annotated[
        bool, typer.Option("--new-password", help="You forgot the password: a supervisor gave you a token.")
    ] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Make this machine yours, with your passphrase and your sheet, and sign in: a second one, or a new one."""
    check_handle(handle)
    token = copy_token() if new_password_too else None
    with machines.add(
        machine,
        server,
        handle=handle,
        account_key=AccountKey.read(account_key()),
        passphrase=passphrase(),
        password=new_password() if new_password_too else password(),
        token=token,
        clock=clock,
    ) as person:
        show({"person": person.person, "machine": str(machine), "pin": str(person.pin)}, as_json=as_json)
        _take_memory(person)


def _take_memory(person: Staff) -> None:
    """The service can show an old one, or none: whether it did, this person alone can know."""
    try:
        taken = memories.take(person)
    except ProtocolError as error:
        say_failure(NOT_TAKEN, error)
        taken = None
    if taken is not None and taken.left_out:
        say(f"Of what they have seen, {taken.left_out} marks had no place in it.")
    if taken is None:
        say(f"The service shows nothing that another machine of yours has left. {_LOOK}")
    elif not agrees(f"What your machines have seen was last left here on {taken.day}. Was that your last day of work?"):
        say(f"Then it may be an older one. {_LOOK}")


@machine.command("token")
def token(
    person: Annotated[str, typer.Argument(help="The person's id or handle.")],
    for_new_keys: Annotated[
        bool, typer.Option("--new-keys", help="They lost the sheet or the passphrase too, and make new keys.")
    ] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """As a supervisor: a token for who lost their machine and forgot the password. It opens nothing by itself."""
    me = staff(machine)
    issue = new_keys.issue_token if for_new_keys else machines.issue_token
    show({"token": issue(me, Names(me).person(person))}, as_json=as_json)


@machine.command("sheet")
def sheet(sheets: Sheets = None, machine: Home = HOME, as_json: Json = False) -> None:
    """Draw a new account key, print a new sheet, and replace the copy of your keys: an older sheet opens nothing."""
    typed = passphrase()
    with Staff(machine, typed, clock=clock) as person:
        make_copy(person, typed, sheets, as_json=as_json)


@machine.command("passphrase")
def passphrase_(sheets: Sheets = None, machine: Home = HOME, as_json: Json = False) -> None:
    """Change the passphrase of this machine's keys: with a new sheet, for the copy goes with it."""
    typed, new = passphrase(), new_passphrase()
    with Staff(machine, typed, clock=clock) as person:
        make_copy(person, typed, sheets, new=new, as_json=as_json)
        person.machine.lock_with(new, person.keys)
    unlocked.forget(Machine(machine))


@machine.command("password")
def password_(machine: Home = HOME) -> None:
    """Set a new password of the service with your keys: the old one is not asked for, and every sign-in ends."""
    new, person = new_password(), staff(machine, tells=False)
    with tells_of_new_keys(person):
        sign_in.set_password(person, new)
    say("Every sign-in of yours has ended. Sign in with the new password.")


@machine.command("object")
def object_(machine: Home = HOME, as_json: Json = False) -> None:
    """Say that the keys in the place of this machine's are none of yours: whoever would grant to them is told."""
    found = new_keys.object_(staff(machine, tells=False))
    if found is None:
        raise Stopped("nothing has taken the place of this machine's keys: sign in, or set a new password")
    show({"person": found.certified.person, "objected_to": found.certified.fingerprint}, as_json=as_json)
    say("Every supervisor hears of it at sign-in, and everybody before they grant. Call somebody whom you trust too.")


@contextmanager
def tells_of_new_keys(person: Staff) -> Iterator[None]:
    """Where the block is refused: whether that is because this person has other keys by now. Nobody else tells them."""
    try:
        yield
    except Refused:
        if person.about.pin is not None and person.about.person is not None:
            _tell_of_new_keys(person)
        raise


def _tell_of_new_keys(person: Staff) -> None:
    try:
        found = new_keys.replacement(person)
    except (ProtocolError, Refused, Unreachable) as error:
        say_failure("Whether other keys took the place of yours was not found out", error)
        return
    if found is not None:
        whose = f"a root that {found.handle} proposed" if found.is_by_root else f"a certificate of {found.handle}"
        say(
            f"Other keys have taken the place of this machine's, by {whose} ({found.by}). Their words: "
            f"{found.certified.fingerprint}. If you did not ask for them: tern machine object, and call somebody else."
        )


@machine.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """Your sign-ins that have not ended, on whichever machines."""
    rows = [asdict(each) for each in sign_in.sessions(staff(machine))]
    show_list("Sign-ins", ["id", "begun_on", "expires", "is_current"], rows, as_json=as_json)


@machine.command("end")
def end(
    session: Annotated[str | None, typer.Argument(help="The id of a sign-in of yours.")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="As a supervisor: end every sign-in of this person.")
    ] = None,
    machine: Home = HOME,
) -> None:
    """End a sign-in of yours on another machine, or, as a supervisor, every one of a person whose machine is lost."""
    if (session is None) == (person is None):
        raise typer.BadParameter("name one sign-in, or a person with --person")
    me = staff(machine)
    if session is not None:
        sign_in.end_session(me, session)
    else:
        sign_in.end_sessions_of(me, Names(me).person(str(person)))


def make_copy(
    person: Staff,
    typed: str,
    sheets: Path | None,
    *,
    new: str | None = None,
    told: Mapping[str, object] | None = None,
    as_json: bool = False,
) -> None:
    """The sheet is handed out first: a copy that nobody can open would take the place of one that somebody can.

    `told` is shown with it.
    """
    drafted = copies.draft(person, typed, new_passphrase=new)
    if as_json:
        show_surely({**(told or {}), **paper.facts(drafted.sheet, sheets)}, as_json=True)
    else:
        show(told or {}, as_json=False)
        paper.hand_out(drafted.sheet, sheets)
    copies.keep(person, drafted)
    if not as_json:
        say("This sheet counts from now on.")
