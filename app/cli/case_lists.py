"""Cases as the service lists them: `tern case list`, `views`, `show`, `approvals`, `lent`. `--titles` opens each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Annotated, Any, Final

import typer

from app.age import Error as AgeError
from app.cli.console import HOME, Home, Json, show, show_list, staff
from app.cli.names import CaseId, Names, short
from app.cli.saved_views import asked_or_saved, show_views
from app.client.casework import approvals, case_views
from app.client.casework.approvals import Approval
from app.client.casework.reports import news
from app.client.casework.views import View
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.errors import ProtocolError
from app.protocol.labels import Label
from app.protocol.lists import CaseOrder
from app.vocabulary import CaseStage, HandlingMark, Priority

_COLUMNS: Final = (
    *("ref", "stage", "priority", "label", "handling", "next_review", "due", "owner", "stage_entered", "news"),
    *("title", "problem"),
)


def list_(
    stage: Annotated[CaseStage | None, typer.Option(help="Only this stage.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="Only this priority.")] = None,
    label: Annotated[Label | None, typer.Option(help="Only those with this label.")] = None,
    handling: Annotated[HandlingMark | None, typer.Option(help="Only those that are held as closely.")] = None,
    sort: Annotated[
        CaseOrder | None,
        typer.Option(
            help="The most urgent first, or what is longest at its stage, or came to it last; or what is looked at"
            " again soonest, or due next, of those of which that is set.",
            show_default="urgency",
        ),
    ] = None,
    how_many: Annotated[bool, typer.Option("--count", help="Say only how many there are, as far as 1,000.")] = False,
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
    asked = asked_or_saved(person, View(stage, priority, label, handling, sort), view=view, save=save)
    if how_many:
        counted = case_views.count(person, asked)
        number = f"more than {counted.number}" if counted.is_more else counted.number
        show(asdict(counted) if as_json else {"cases": number}, as_json=as_json)
        return
    said = dict[str | None, str]()
    for report in news.unread(person):
        said[report.case] = "; ".join(filter(None, (said.get(report.case), f"{short(report.report)}: {report}")))
    rows = [
        asdict(each) | {"news": said.get(each.id)} | (_title(person, each.id) if titles else {})
        for each in case_views.list_(person, asked)
    ]
    names = Names(person)
    left_out = {
        *(() if asked.handling else ("handling",)),
        *(() if asked.sort is CaseOrder.REVIEW else ("next_review",)),
    }
    columns = [each for each in _COLUMNS if each not in left_out]
    show_list("Cases", columns, rows, as_json=as_json, words=lambda row: {"owner": names.handle(row["owner"])})


def views_(
    forget: Annotated[str | None, typer.Option(metavar="NAME", help="Forget this one.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """What you have saved of lists of cases (tern case list --save); your memory takes it to your other machines."""
    person = staff(machine)
    columns = [each.name for each in fields(View)]
    show_views(person, View, columns, forget=forget, as_json=as_json)


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
    show({**asdict(view), **said}, as_json=False)


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
