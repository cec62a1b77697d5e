"""Commands for a service that was put back to a backup: what is lost, and that it is accepted."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, say, show, show_list, staff
from app.cli.duties import sign_ahead
from app.cli.names import Names, short
from app.client.casework import cases
from app.client.casework.cases import lost as lost_of_cases
from app.client.machine.seen import Lost
from app.client.machine.staff import Staff
from app.client.people import losses
from app.client.people.losses import Proposed

_DAY: Final = "The day of the backup; without it, what your machine can tell."
_MONTH: Final = 31
# What is to be done again, by what is gone.
_AGAIN: Final = {
    "key-log": "epochs that were signed since are signed anew at a supervisor's sign-in, or by tern intake rotate",
    "staff-log": "supervisors' machines write certificates again; who has joined since joins again",
    "certificate": "a supervisor looks whether it is as it was: tern people list, tern certify, tern people leave",
    "journal": "write again what is missing; of a case that is not there, accept its report again",
    "consent": "record the answer again",
    "audit": "what staff did in these days is in no chain any more: write down what you know of it",
    "audit-head": "whoever keeps exported heads keeps them: tern audit verify --against",
    "ledger": "a release has spent a budget that is in no ledger any more: request nothing of its period",
    "templates": "a supervisor looks at what is ready, and keeps the rest again: tern template list, tern template add",
    "message.reporter": "ask the reporter to write again",
    "message.copy": "look whether the reporter has the reply",
}


def accept_loss(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=_DAY)] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Accept that the service was put back to a backup: propose it, or sign what a colleague has proposed."""
    person = staff(machine)
    proposed = losses.accept(person, day=day.date() if day else None)
    facts = told(Names(person), proposed)
    if not proposed.lacks:
        names = Names(person)
        facts["certificates_written_again"] = [names.handle(each) for each in losses.write_again(person)]
        sign_ahead(person)
    show(facts, as_json=as_json)


def lost(machine: Home = HOME, as_json: Json = False) -> None:
    """What a backup that was put back has taken of what your machine had seen; each case that it knows is looked at."""
    person = staff(machine)
    names = Names(person)
    for case, fault in cases.look_after_loss(person).items():
        say(f"Not looked at: {short(case)}: {fault}.")
    rows = [_row(person, names, each) for each in person.seen.lost()]
    show_list("Lost", ["what", "about", "since", "number", "of_it", "again"], rows, as_json=as_json)


def told(names: Names, proposed: Proposed) -> dict[str, object]:
    """A loss, as those are shown it who sign it."""
    return {
        "day_of_backup": proposed.loss.day.isoformat(),
        "accepted_on": proposed.loss.accepted_on.isoformat(),
        "key_log_lines_left": proposed.loss.key_log.version,
        "audit_events_left": proposed.loss.audit.version,
        "signed_by": [names.handle(each) for each in proposed.signers],
        "signatures_missing": proposed.lacks,
        "missing_here": [f"{each.what} since {each.since}" for each in proposed.missing],
    }


def waiting(person: Staff, names: Names) -> list[dict[str, object]]:
    """The losses that are proposed, with what this machine misses: what its person would accept."""
    return [told(names, each) for each in losses.proposals(person)]


def tell(person: Staff) -> None:
    """At sign-in for a month: that there is something to look at."""
    number = sum(1 for each in person.seen.lost() if (person.today - each.since).days <= _MONTH)
    if number:
        say(f"A backup was put back. Gone of what this machine had seen: {number}. See it with tern root lost.")


def or_as_shown(person: Staff) -> Staff:
    """For the commands of the root, which are there also where the service is behind what this machine has seen."""
    if losses.is_behind(person):
        say("The service is behind what this machine has seen. Roots can be proposed and signed all the same.")
        person.take_as_shown()
    return person


def _row(person: Staff, names: Names, each: Lost) -> dict[str, object]:
    of_it = lost_of_cases.find(person, each.subject) if each.type == "journal" else None
    return {
        "what": each.type,
        "about": "" if each.subject == person.org else short(each.subject),
        "since": each.since.isoformat(),
        "number": each.version,
        "of_it": "; ".join(_of_case(names, of_it)) if of_it else "",
        "again": _AGAIN.get(each.type, ""),
    }


def _of_case(names: Names, gone: lost_of_cases.LostOfCase) -> Iterator[str]:
    if gone.written:
        yield f"written: {', '.join(gone.written)}"
    if gone.ended:
        yield f"ended, and there again: {', '.join(gone.ended)}"
    if gone.removed:
        yield f"taken off, and members again: {_handles(names, gone.removed)}"
    if gone.added:
        yield f"added, and members no more: {_handles(names, gone.added)}"
    if gone.turned:
        yield "its key had turned"


def _handles(names: Names, people: tuple[str, ...]) -> str:
    return ", ".join(str(names.handle(each)) for each in people)
