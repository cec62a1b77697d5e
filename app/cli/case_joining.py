"""Cases beside cases: `tern case merge | split | undo`, and `link | unlink | links`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import HOME, Home, Json, show, show_list, staff, text_of
from app.cli.names import Ask, CaseId, Given, Names
from app.cli.stopped import Stopped
from app.client.casework import act_approvals, cases, links
from app.client.casework.cases import Going, OpenCase
from app.client.machine.staff import Staff
from app.protocol.case import LinkKind
from app.protocol.journal import Moving

Other = Annotated[str, typer.Argument(metavar="INTO", help="The other case's id or ref, which has the same members.")]


def merge(
    id_: CaseId,
    into: Other,
    ask: Ask = None,
    approval: Given = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Let all that a case has go to another of the same members, and go on there. It takes two, and can be undone."""
    worker = staff(machine)
    names = Names(worker)
    case, other = names.case(id_), names.case(into)
    if ask:
        _ask(worker, names, case, other, ask, as_json=as_json)
        return
    one, two = cases.ready(worker, case), cases.ready(worker, other)
    two = links.carry(worker, one, two)
    _move(worker, names, one, two, cases.all_of(worker, one, two), approval, as_json=as_json)


def split(
    id_: CaseId,
    report: Annotated[list[str], typer.Argument(metavar="REPORT...", help="Reports of the case, by id or its start.")],
    into: Annotated[
        str | None, typer.Option(help="The case to which they go; a new one of the same members, if none is named.")
    ] = None,
    title: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with the title of a new case; - for stdin.")
    ] = None,
    ask: Ask = None,
    approval: Given = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Let reports go to another case, with the people they alone tell of and what happened to these. It takes two."""
    worker = staff(machine)
    names = Names(worker)
    case = cases.ready(worker, names.case(id_))
    going = cases.with_reports(
        worker, case, {_the_one("report", (told.id for told in case.file.reports), each) for each in report}
    )
    if ask:
        said = text_of(title, "") if title else ""
        other = names.case(into) if into else cases.open_beside(worker, case, title=said)
        _ask(worker, names, case.id, other, ask, as_json=as_json)
        return
    if into is None:
        raise typer.BadParameter("--into, the case that was opened when it was asked")
    _move(worker, names, case, cases.ready(worker, names.case(into)), going, approval, as_json=as_json)


def undo(
    id_: CaseId,
    ask: Ask = None,
    approval: Given = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Let what went with a case that was merged come back to it, as it is by now. It takes two."""
    worker = staff(machine)
    names = Names(worker)
    merged = cases.open_(worker, names.case(id_))
    if merged.journal.merged_into is None:
        raise Stopped("this case was not merged into another")
    if ask:
        _ask(worker, names, merged.journal.merged_into, merged.id, ask, as_json=as_json)
        return
    case, merged = cases.ready(worker, merged.journal.merged_into), cases.ready(worker, merged.id)
    reports = cases.came_from(worker, case, merged)
    going = cases.with_reports(worker, case, reports, back_to=merged.id)
    _move(worker, names, case, merged, going, approval, as_json=as_json)


def link(
    id_: CaseId,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other case's id or ref, which you work on too.")],
    kind: Annotated[LinkKind, typer.Argument(metavar="KIND", help=", ".join(LinkKind) + ".")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Say in two cases what they have to do with each other. Neither names the other: who works on both finds it."""
    worker = staff(machine)
    names = Names(worker)
    one, two = (cases.open_(worker, names.case(each)) for each in (id_, other))
    show({"link": links.link(worker, one, two, kind)}, as_json=as_json)


def unlink(
    id_: CaseId,
    begun: Annotated[str, typer.Argument(metavar="LINK", help="The link's id or how it begins (tern case links).")],
    machine: Home = HOME,
) -> None:
    """Take a link back, in all cases of yours that have it."""
    worker = staff(machine)
    case = cases.open_(worker, Names(worker).case(id_))
    links.unlink(worker, case, _the_one("link", (each.id for each in case.file.links), begun))


def links_(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """With which cases a case has to do. Of one that you do not work on it is said that there is one."""
    worker = staff(machine)
    names = Names(worker)
    found = links.links(worker, cases.open_(worker, names.case(id_)))
    rows = [
        {
            "id": each.id,
            "kind": each.kind.value,
            "case": ", ".join(cases.view(worker, case).ref for case in each.cases) or None,
        }
        for each in found
    ]
    show_list("Links", ["id", "kind", "case"], rows, as_json=as_json)


def _ask(worker: Staff, names: Names, case: str, into: str, who: str, *, as_json: bool) -> None:
    one, two = cases.open_(worker, case), cases.open_(worker, into)
    cases.check_apart(one, two)
    asked = act_approvals.request(worker, one, Moving(into), names.person(who))
    show({"approval": asked, "into": cases.view(worker, into).ref}, as_json=as_json)


def _move(
    worker: Staff, names: Names, case: OpenCase, into: OpenCase, going: Going, approval: str | None, *, as_json: bool
) -> None:
    if approval is None:
        raise typer.BadParameter("--ask, and once it was approved --approval")
    word = act_approvals.given(worker, case, Moving(into.id), names.approval(approval))
    _, there = cases.move_parts(worker, case, into, going, word)
    cases.follow_coding(worker, there)
    ref = cases.view(worker, there.id).ref
    show({"into": there.id, "ref": ref, "parts": len(going.parts), "reports": len(going.reports)}, as_json=as_json)


def _the_one(what: str, ids: Iterable[str], begun: str) -> str:
    found = [each for each in ids if each.startswith(begun)]
    if len(found) != 1:
        raise Stopped(f"{begun} is how no one {what} of the case begins")
    return found[0]
