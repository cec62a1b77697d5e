"""`tern people`: who works here, and under which keys."""

from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, show, show_list, staff, text_of
from app.cli.leaving import leave
from app.cli.names import Names
from app.client.people import colleagues as directory
from app.client.people.colleagues import Colleague

colleagues = typer.Typer(help="Who works here, and under which keys.", no_args_is_help=True)
colleagues.command()(leave)


@colleagues.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """Everybody who joined, and who of them is certified."""
    columns = ["handle", "roles", "certified", "last_use", "fingerprint"]
    show_list("People", columns, map(row, directory.list_(staff(machine))), as_json=as_json)


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


def row(colleague: Colleague) -> dict[str, object]:
    """What is shown of a colleague, for people and for programs."""
    return {
        "id": colleague.id,
        "handle": colleague.handle,
        "roles": list(colleague.roles),
        "certified": colleague.certified,
        "last_use": colleague.last_use.isoformat() if colleague.last_use else None,
        "fingerprint": colleague.fingerprint,
    }
