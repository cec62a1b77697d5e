"""Commands about statistics cards, which leave this machine without a session and at a random hour."""

import os
from typing import Annotated

import typer

from app.cli.case_page import tell_taken_back
from app.cli.console import HOME, Home, Json, show, staff
from app.cli.names import Names
from app.client.casework import cases, words
from app.client.statistics import cards as outbox

cards = typer.Typer(help="Write statistics cards and send them.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's id or ref.")]


@cards.command()
def write(
    id_: CaseId,
    approval: Annotated[str, typer.Argument(help="The approval of the coding, by id or how it begins.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Sign each card that was approved: of incidents whose person agreed to be counted."""
    person = staff(machine)
    names = Names(person)
    case = outbox.write(person, names.case(id_), names.approval(approval))
    tell_taken_back(words.taken_back(case.file))
    show({"waiting": outbox.waiting(person)}, as_json=as_json)


@cards.command()
def withdraw(
    id_: CaseId,
    incident: Annotated[list[str], typer.Option(help="The id of an incident; may be repeated.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Take back the cards of incidents. What was published stays."""
    person = staff(machine)
    outbox.withdraw(person, cases.open_(person, Names(person).case(id_)), incident)
    show({"waiting": outbox.waiting(person)}, as_json=as_json)


@cards.command()
def send(
    now: Annotated[bool, typer.Option("--now", help="All of them at once; only in a demo or a test.")] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Send the cards whose hour has come."""
    if now and os.environ.get("TERN_DEMO") != "1":
        raise typer.BadParameter("cards that leave at once can be joined to the case: --now is for demo and tests")
    person = staff(machine)
    count = outbox.send(person, now=now)
    show({"sent": count, "waiting": outbox.waiting(person)}, as_json=as_json)
