"""`tern retention`: what the rules destroy, looked at before they do."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Final

import typer

from app.casework.retention import service
from app.cli.console import Json, clock, show_list
from app.cli.operator import opened

_AHEAD: Final = timedelta(days=31)

retention = typer.Typer(help="What is destroyed when its time is over.", no_args_is_help=True)


@retention.callback()
def _of_retention() -> None:
    """What is destroyed when its time is over."""


@retention.command()
def plan(
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to look at; else a month from today.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what the rules destroy by a day, and what waits: nothing is changed."""
    last: date = until.date() if until else clock().date() + _AHEAD
    with opened() as (_, database), database.read() as session:
        due = [asdict(each) | {"day": each.day.isoformat()} for each in service.plan(session, last)]
    show_list(f"Destroyed by {last}", ["object", "rule", "day", "waits"], due, as_json=as_json)
