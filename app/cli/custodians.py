"""`tern custodian`: two custodians give a key to somebody who has lost it. Neither can alone."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, agrees, say, show_list, staff
from app.cli.names import Names
from app.client import Staff
from app.client.casework import recoveries
from app.client.machine.transport import Refused
from app.client.people import custodians, shared_keys
from app.client.people.custodians import Told
from app.protocol.errors import ProtocolError
from app.protocol.pairs import DRILLED_WITHIN, RecoveryReason
from app.vocabulary import Role

_TWO: Final = 2
_TOLD_FOR: Final = timedelta(days=30)  # at each sign-in

custodian = typer.Typer(help="Keys that two custodians open together, and neither alone.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="The id of the epoch, key or case whose key it is, or its beginning.")]


@custodian.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """What was peeled and given to somebody, which whoever holds the key hears of; and the pairs that you can peel."""
    person = staff(machine)
    names = Names(person)
    rows = [_row(names, each) for each in custodians.recoveries(person)]
    rows += [
        {"id": each.id, "key": each.subject, "first": names.handle(each.first), "second": names.handle(person.person)}
        for each in (custodians.pairs(person) if _is_custodian(person) else ())
        if each.case is None  # what is peeled with its case is not listed beside it
    ]
    show_list(
        "Keys of two", ["id", "key", "first", "second", "peeled_on", "granted_on", "until"], rows, as_json=as_json
    )


@custodian.command()
def peel(
    key: Key,
    to: Annotated[list[str], typer.Option("--for", help="Who is to have the key; may be repeated.")],
    reason: Annotated[RecoveryReason, typer.Option(help="Why nobody gives it to them who holds it.")],
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Of a case: their last day on it, unless a member confirms them."),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--with", help="The custodian who is to grant it; any of yours if not.")
    ] = None,
    machine: Home = HOME,
) -> None:
    """Open your layer of a key for the other custodian, and sign for whom it is. Owner and supervisors are told."""
    person = staff(machine)
    names = Names(person)
    people = names.persons(to)
    if not all(_may(person, names, each) for each in people):
        raise typer.Abort
    subject, last_day = _subject(person, key), until.date() if until else None
    if last_day and (last_day < person.today or not subject.startswith("case_")):
        raise typer.BadParameter("a last day is of a case, and not over; other keys end by themselves, or never")
    peeled = custodians.peel(person, subject, people, reason, first=first and names.person(first), until=last_day)
    _tell_of_parts(peeled.faults)
    say(f"Peeled for {names.handle(peeled.first)}, who has 14 days: tern custodian list, then tern custodian grant.")


@custodian.command()
def grant(
    recovery: Annotated[str, typer.Argument(help="The id of what was peeled for you, or its beginning.")],
    machine: Home = HOME,
) -> None:
    """Give a key to those for whom the other custodian has peeled it. Owner and supervisors are told."""
    person = staff(machine)
    names = Names(person)
    found = custodians.waiting(person, _one(recovery, [each.id for each in custodians.recoveries(person)]))
    last_day = f", until {found.act.until}" if found.act.until else ""
    say(f"{names.handle(found.second)} has peeled {found.act.subject}, because: {found.act.reason.value}{last_day}.")
    if not all(_may(person, names, each) for each in found.act.people):
        raise typer.Abort
    if found.act.subject.startswith("case_"):
        _tell_of_parts(recoveries.grant(person, found))
    else:
        custodians.grant(person, found)
    say(f"Granted: {found.act.subject} to {names.handles(found.act.people)}.")


@custodian.command()
def drill(machine: Home = HOME) -> None:
    """Try a pair, with another custodian, of a key that opens nothing: once a month, by one of each two."""
    person = staff(machine)
    try_pair(person, Names(person))


def try_pair(person: Staff, names: Names) -> None:
    """Say what was tried. Raises what a recovery raises where a pair does not open."""
    tried = custodians.drill(person)
    for second in tried.opened:
        say(f"It opens: what {names.handle(second)} peeled you have opened, and granted to a supervisor.")
    if tried.peeled_for:
        say(f"Peeled for {names.handle(tried.peeled_for)}, who has 14 days to try it too: tern custodian drill.")


def tell(person: Staff) -> None:
    """At sign-in: what was recovered lately, and for a custodian whether what is new for them opens."""
    with suppress(Refused, ProtocolError):  # a service that says nothing, or nothing of sense, keeps nobody out
        names, drills = Names(person), shared_keys.drill_keys(person)
        for each in custodians.recoveries(person):
            if each.peeled_on > person.today - _TOLD_FOR:
                say(_line(names, each, is_drill=each.subject in drills))
        if _is_custodian(person):
            _tell_of_pairs(person)
        if drills and Role.SUPERVISOR in person.certified(person.person).roles:
            _tell_of_drills(person)
    if told := few_holders(person):
        say(told)


def few_holders(person: Staff) -> str | None:
    """What one loss would cost, as long as there are keys that neither two people nor a pair can open."""
    everybody = person.trust.everybody(person.today)

    def few(*roles: Role) -> bool:
        return sum(1 for each in everybody if each.roles & {*roles}) < _TWO

    if not few(Role.CUSTODIAN):
        return None
    of_each = {"statistics": (Role.SUPERVISOR,), "intake": (Role.TRIAGER, Role.SUPERVISOR)}
    alone = [what for what, roles in of_each.items() if few(*roles)]
    what = ", ".join(["a case of one member", *alone])
    return (
        f"No two custodians are certified: what one person alone holds ({what}) is lost with their machine and sheet."
    )


def _tell_of_pairs(person: Staff) -> None:
    looked = custodians.look(person)
    if looked.opened:
        say(f"Your layer of {looked.opened} new pairs opens.")
    for subject in looked.faults:
        say(f"Your layer of the pair of {subject} does not open: let who holds that key make its pairs anew.")


def _tell_of_drills(person: Staff) -> None:
    custodians_ = [each for each in person.trust.everybody(person.today) if Role.CUSTODIAN in each.roles]
    last = custodians.drilled_on(person)
    if len(custodians_) >= _TWO and (last is None or last + DRILLED_WITHIN < person.today):
        when = f"since {last}" if last else "yet"
        say(f"No two custodians have tried a pair {when}: let them (tern custodian drill).")


def _line(names: Names, told: Told, *, is_drill: bool) -> str:
    second, first = names.handle(told.second), names.handle(told.first)
    last_day = f", until {told.until}" if told.until else ""
    if is_drill:
        return f"Tried: a pair, by {second} and {first}, " + (
            f"on {told.granted_on}." if told.granted_on else "by half."
        )
    if told.granted_on:
        return f"Recovered: the key of {told.subject}, by {second} and {first}, on {told.granted_on}{last_day}."
    return f"Peeled: the key of {told.subject}, by {second} for {first}, on {told.peeled_on}{last_day}."


def _row(names: Names, told: Told) -> dict[str, object]:
    return {
        "id": told.id,
        "key": told.subject,
        "first": names.handle(told.first),
        "second": names.handle(told.second),
        "peeled_on": str(told.peeled_on),
        "granted_on": None if told.granted_on is None else str(told.granted_on),
        "until": None if told.until is None else str(told.until),
    }


def _may(person: Staff, names: Names, other: str) -> bool:
    """Ask whether somebody shall have a key, naming who vouches for them and since when, by their certificate."""
    roles = ", ".join(sorted(person.certified(other).roles))
    return agrees(f"{names.handle(other)} ({roles}), certified by {names.certifier(other)}. Give them the key?")


def _tell_of_parts(parts: tuple[str, ...]) -> None:
    for part in parts:
        say(f"Not with it: {part}, whose pair is not one of this case. A member who holds that key can make it anew.")


def _is_custodian(person: Staff) -> bool:
    with suppress(ProtocolError):
        return Role.CUSTODIAN in person.certified(person.person).roles
    return False


def _subject(person: Staff, text: str) -> str:
    return _one(text, [each.subject for each in custodians.pairs(person) if each.case is None])


def _one(text: str, ids: list[str]) -> str:
    found = {each for each in ids if each.startswith(text)} if "_" in text else set()
    if len(found) != 1:
        raise typer.BadParameter(f"{'several' if found else 'none'} of what you can open with another begins so")
    return found.pop()
