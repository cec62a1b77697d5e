"""Cases as the service lists them: `tern case list`, `views`, `show`, `approvals`, `lent`. `--titles` opens each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.age import Error as AgeError
from app.cli.console import HOME, Home, Json, show, show_list, staff
from app.cli.names import CaseId, Names, short
from app.cli.stopped import Stopped
from app.client.casework import approvals, case_views, views
from app.client.casework.approvals import Approval
from app.client.casework.reports import news
from app.client.casework.views import View
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.errors import ProtocolError
from app.protocol.labels import Label
from app.vocabulary import CaseStage, Priority


def list_(
    stage: Annotated[CaseStage | None, typer.Option(help="Only this stage.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="Only this priority.")] = None,
    label: Annotated[Label | None, typer.Option(help="Only those with this label.")] = None,
    view: Annotated[str | None, typer.Option(help="What was saved under this name.")] = None,
    save: Annotated[
        str | None, typer.Option(help="Save what is asked here under a name, for all your machines.")
    ] = None,
    titles: Annotated[bool, typer.Option("--titles", help="Open each case, and show its title.")] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """The cases that you may know of."""
    person = staff(machine)
    asked = View(stage, priority, label)
    if view is not None:
        if asked != View():
            raise typer.BadParameter("--view, or what to ask for")
        asked = _saved(person, view)
    if save is not None:
        _save(person, save, asked)
    said = dict[str | None, str]()
    for report in news.unread(person):
        said[report.case] = "; ".join(filter(None, (said.get(report.case), f"{short(report.report)}: {report}")))
    rows = [
        asdict(each) | {"news": said.get(each.id)} | (_title(person, each.id) if titles else {})
        for each in case_views.list_(person, stage=asked.stage, priority=asked.priority, label=asked.label)
    ]
    names = Names(person)
    columns = ["ref", "stage", "priority", "label", "due", "owner", "stage_entered", "news", "title", "problem"]
    show_list("Cases", columns, rows, as_json=as_json, words=lambda row: {"owner": names.handle(row["owner"])})


def views_(
    forget: Annotated[str | None, typer.Option(metavar="NAME", help="Forget this one.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """What you have saved of lists of cases (tern case list --save); your memory takes it to your other machines."""
    person = staff(machine)
    if forget is not None:
        _saved(person, forget)
        views.forget(person, forget)
    rows = [{"name": name, **asdict(view)} for name, view in views.views(person).items()]
    show_list("Views", ["name", "stage", "priority", "label"], rows, as_json=as_json)


def _saved(person: Staff, name: str) -> View:
    try:
        return views.named(person, name)
    except views.NoSuchView:
        raise Stopped("nothing is saved under this name: tern case views") from None


def _save(person: Staff, name: str, view: View) -> None:
    try:
        views.save(person, name, view)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except views.TooManyViews:
        raise Stopped(f"there are {views.MOST} already: tern case views --forget NAME") from None


def show_(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """Where the work on a case stands, and where it can go. The case is not opened."""
    person = staff(machine)
    view = case_views.view(person, Names(person).case(id_))
    steps = list(person.service.items(f"/cases/{view.id}/transitions"))
    if as_json:
        show({**asdict(view), "steps": steps}, as_json=True)
        return
    names = Names(person)
    ways = [f"{step['to']}{_until(step['failing'])}" for step in steps]
    said = {
        "owner": names.handle(view.owner),
        "members": names.handles(view.members),
        "steps": "\n".join(ways) or "none for you now",
    }
    show({name: str(value) for name, value in {**asdict(view), **said}.items()}, as_json=False)


def approvals_(machine: Home = HOME, as_json: Json = False) -> None:
    """What you asked, what you are asked, and what others ask about the cases that you work on."""
    person = staff(machine)
    _show_approvals("Approvals", person, approvals.list_(person), as_json=as_json)


def lent(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """To whom the key of a case that you lead is lent, by whom, and until when; `tern case cancel` calls it back."""
    person = staff(machine)
    _show_approvals("Lent", person, approvals.lent(person, Names(person).case(id_)), as_json=as_json)


def _until(failing: Sequence[str]) -> str:
    if not failing:
        return ""
    from app.cli.refusals import words

    return ": " + "; ".join(words()["guard"].get(each, each) for each in failing)


def _title(person: Staff, id_: str) -> dict[str, str | None]:
    """The title as it stands in the case; where that does not open, why, and the list goes on."""
    from app.cli.refusals import sentence
    from app.client.casework import cases

    try:
        return {"title": cases.open_(person, id_).file.title, "problem": None}
    except (ProtocolError, AgeError, NotGranted, Refused) as error:
        return {"title": None, "problem": sentence(error)}


def _show_approvals(title: str, person: Staff, found: Sequence[Approval], *, as_json: bool) -> None:
    names = Names(person)

    def words(row: Mapping[str, object]) -> dict[str, object]:
        people = {name: names.handle(row[name]) for name in ("requester", "approver")}
        return {"id": short(str(row["id"])), "about": short(str(row["object"])), **people}

    columns = ["id", "subject", "about", "state", "requester", "approver", "lent_until"]
    show_list(title, columns, map(_row, found), as_json=as_json, words=words)


def _row(approval: Approval) -> dict[str, Any]:
    return {**asdict(approval), "lent_until": approval.lent_until.isoformat() if approval.lent_until else None}
