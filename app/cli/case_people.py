"""People over cases: `tern case same`."""

from typing import Annotated, Any

import typer

from app.cli.case_edits import person_of
from app.cli.console import HOME, Home, Json, show, staff
from app.cli.names import CaseId, Names
from app.client.casework import cases, ties
from app.client.casework.cases import OpenCase
from app.client.casework.ties import AskedTie
from app.protocol.card import Says


def same(
    id_: CaseId,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="person-1, as the case's page counts them.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other case's id or ref, which you work on too.")],
    who: Annotated[str, typer.Argument(metavar="WHO", help="person-1, as that page counts them.")],
    not_: Annotated[bool, typer.Option("--not", help="They are not, though somebody said so.")] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Say that a person is one of another case too: both are counted as one, once a colleague in both has signed it."""
    worker = staff(machine)
    names = Names(worker)
    one, two = (cases.open_(worker, names.case(each)) for each in (id_, other))
    here, there = (ties.someone(worker, case, person_of(case, named).id) for case, named in ((one, person), (two, who)))
    said = (ties.take_back if not_ else ties.say)(worker, here, there)
    ref = cases.view(worker, said.case.id).ref
    show({"case": said.case.id, "ref": ref, "next": f"tern case approve {ref} --approver WHO"}, as_json=as_json)


def row(asked: AskedTie) -> dict[str, Any]:
    """What somebody is asked to sign of a person, without the tokens."""
    other = {"case": asked.other.case.id, "other": asked.other.person}
    return {"person": asked.person, "joins": asked.card.says is Says.JOIN, **other}


def told(asked: AskedTie, open_case: OpenCase, names: Names) -> str:
    """The same in a sentence."""
    here, there = (
        f"person {[each.id for each in file.persons].index(person) + 1}"
        for file, person in ((open_case.file, asked.person), (asked.other.file, asked.other.person))
    )
    where = cases.view(names.staff, asked.other.case.id).ref
    is_one = "is one human being with" if asked.card.says is Says.JOIN else "is not, as was said before,"
    return f"You are asked whether {here} {is_one} {there} of case {where}: read both before you say yes."
