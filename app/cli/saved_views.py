"""What a person saves of what they ask a list for: `--save`, `--view`, `tern case views` and `tern triage views`."""

from collections.abc import Sequence
from typing import TypeVar

import typer

from app.cli.console import show_list
from app.cli.stopped import Stopped
from app.client.casework import views
from app.client.casework.views import QueueView, View
from app.client.machine.staff import Staff

_View = TypeVar("_View", bound=View | QueueView)


def asked_or_saved(person: Staff, asked: _View, *, view: str | None, save: str | None) -> _View:
    """What is asked for, or what was saved as `view`; it is saved under the name `save`, where there is one."""
    if view is not None:
        if asked != type(asked)():
            raise typer.BadParameter("--view, or what to ask for")
        asked = _saved(person, view, type(asked))
    if save is not None:
        _save(person, save, asked)
    return asked


def show_views(
    person: Staff, of: type[View] | type[QueueView], columns: Sequence[str], *, forget: str | None, as_json: bool
) -> None:
    """All that are saved of a list, once the one named `forget` is forgotten."""
    if forget is not None:
        _saved(person, forget, of)
        views.forget(person, forget, of)
    nothing = dict.fromkeys(columns)
    rows = [{"name": name, **nothing, **view.asked} for name, view in views.views(person, of).items()]
    show_list("Views", ["name", *columns], rows, as_json=as_json)


def _saved(person: Staff, name: str, of: type[_View]) -> _View:
    try:
        return views.named(person, name, of)
    except views.NoSuchView:
        raise Stopped(f"nothing is saved under this name: tern {_LISTS[of]} views") from None


def _save(person: Staff, name: str, view: View | QueueView) -> None:
    try:
        views.save(person, name, view)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except views.TooManyViews:
        forget = f"tern {_LISTS[type(view)]} views --forget NAME"
        raise Stopped(f"there are {views.MOST} already: {forget}") from None


_LISTS = {View: "case", QueueView: "triage"}
