"""Commands of casework. The facts of a case come from files and go to the screen; the service sees neither."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.coding import read
from app.cli.console import HOME, Home, Json, show, show_list, staff, text_of
from app.client.casework import approvals, cases, coding_approvals
from app.client.casework.approvals import Approval
from app.client.casework.cases import Consents, OpenCase
from app.protocol.encoding import new_id
from app.vocabulary import CaseStage, ConsentMethod, ConsentScope, ConsentStatus, TransitionReason

case = typer.Typer(help="Work on cases: code what happened, have it approved.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.")]
Decision = Annotated[
    bool | None, typer.Option("--approve/--reject", help="Your decision; without it nothing is decided.")
]


@case.command("list")
def list_(
    stage: Annotated[CaseStage | None, typer.Option(help="Only this stage.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """The cases that you may know of."""
    columns = ["id", "ref", "stage", "priority", "owner", "stage_entered"]
    show_list("Cases", columns, map(asdict, cases.list_(staff(machine), stage=stage)), as_json=as_json)


@case.command("show")
def show_(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """Where the work on a case stands, and where it can go. The case is not opened."""
    person = staff(machine)
    steps = list(person.service.items(f"/cases/{id_}/transitions"))
    show({**asdict(cases.view(person, id_)), "steps": steps}, as_json=as_json)


@case.command("open")
def open_(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """Read a case, and what its people have answered about each use."""
    person = staff(machine)
    open_case = cases.open_(person, id_)
    # Whoever is asked to approve its coding reads the case and not its consents.
    is_member = person.person in open_case.members
    answers = _answers(cases.read_consents(person, open_case)) if is_member else {}
    show(_facts(open_case) | answers, as_json=as_json)


@case.command()
def code(
    id_: CaseId,
    document: Annotated[Path, typer.Option(help="JSON with persons, incidents, selectors (docs/cli.md); - for stdin.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Add persons, incidents and selectors to a case, coded from the lists."""
    person = staff(machine)
    coding = read(text_of(document, "The coding"))
    before = cases.open_(person, id_)
    show(_facts(cases.write(person, before, coding.added_to(before.file, by=person))), as_json=as_json)


@case.command()
def restore(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """Write the newest version that counts once more, where a later one was spoiled or its author has left."""
    show(_facts(cases.restore(staff(machine), id_)), as_json=as_json)


@case.command()
def consent(
    id_: CaseId,
    scope: Annotated[ConsentScope, typer.Argument(help="The use that was asked about.")],
    status: Annotated[ConsentStatus, typer.Argument(help="What the person said.")],
    person: Annotated[str, typer.Option(help="The id of the person in the case, psn_….")],
    method: Annotated[ConsentMethod, typer.Option(help="How they said it.")],
    consent: Annotated[
        str | None, typer.Option(help="The consent id of an earlier answer, which this one follows.")
    ] = None,
    wording: Annotated[Path | None, typer.Option(help="A file with what they were asked; - for stdin.")] = None,
    machine: Home = HOME,
) -> None:
    """Keep a person's answer about one use. The service learns that there was one, not to what."""
    worker = staff(machine)
    open_case = cases.open_(worker, id_)
    newest = {each.id: each.mark for each in cases.list_consents(worker, open_case)}
    cases.record_consent(
        worker,
        open_case,
        person=person,
        consent=consent or new_id("cons"),
        scope=scope,
        status=status,
        method=method,
        wording=text_of(wording, "") if wording else "",
        after=newest.get(consent) if consent else None,
    )


@case.command()
def approve(
    id_: CaseId,
    approver: Annotated[str, typer.Option(help="The id of another person, who will decide.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Ask another person to approve the coding as it stands."""
    person = staff(machine)
    request_id = coding_approvals.request(person, cases.open_(person, id_), approver)
    show({"approval": request_id}, as_json=as_json)


@case.command("approvals")
def approvals_(machine: Home = HOME, as_json: Json = False) -> None:
    """What you asked, what you are asked, and what others ask about the cases that you lead."""
    columns = ["id", "subject", "object", "state", "requester", "approver", "lent_until"]
    show_list("Approvals", columns, map(_row, approvals.list_(staff(machine))), as_json=as_json)


@case.command()
def lent(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """To whom the key of a case that you lead is lent, by whom, and until when; `tern case cancel` calls it back."""
    columns = ["id", "requester", "approver", "lent_until"]
    show_list("Lent", columns, map(_row, approvals.lent(staff(machine), id_)), as_json=as_json)


@case.command()
def decide(
    approval: Annotated[str, typer.Argument(help="The approval's id.")],
    approved: Decision = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Read the coding that you are asked about, and sign what you decide."""
    person = staff(machine)
    review = coding_approvals.review(person, approval)
    show(_facts(review.case), as_json=as_json)
    if approved is not None:
        coding_approvals.decide(person, review, approved=approved)


@case.command()
def cancel(
    approval: Annotated[str, typer.Argument(help="The approval's id.")],
    machine: Home = HOME,
) -> None:
    """Take back what was asked by you or about a case that you lead; a key that was lent for it goes."""
    person = staff(machine)
    approvals.cancel(person, approvals.get(person, approval))


@case.command()
def move(
    id_: CaseId,
    to: Annotated[CaseStage, typer.Argument(help="The next stage.")],
    reason: Annotated[TransitionReason, typer.Option(help="Why.")] = TransitionReason.DECIDED,
    machine: Home = HOME,
) -> None:
    """Take a case to another stage."""
    person = staff(machine)
    view = cases.view(person, id_)
    cases.move(person, cases.open_(person, id_), view, to, reason=reason)


@case.command()
def members(
    id_: CaseId,
    add: Annotated[list[str] | None, typer.Option(help="The id of somebody to add; may be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="The id of somebody to remove; may be repeated.")] = None,
    owner: Annotated[str | None, typer.Option(help="The id of who leads the case from now on.")] = None,
    agree: Annotated[
        list[str] | None,
        typer.Option(help="The id of an opener or owner whom a colleague may put out; may be repeated."),
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Who works on a case; with options, who from now on does."""
    person = staff(machine)
    open_case = cases.open_(person, id_)
    if add or remove or owner or agree:
        open_case = cases.change_members(
            person, open_case, add=add or (), remove=remove or (), owner=owner, agree=agree or ()
        )
    found = open_case.member_list
    facts = {"members": sorted(found.present), "opener": found.opener, "owner": found.owner}
    agreements = [{"by": by, "about": about} for by, about in sorted(found.agreements)]
    show({**facts, "agreements": agreements, "passed_over": list(found.passed_over)}, as_json=as_json)


def _row(approval: Approval) -> dict[str, Any]:
    return {**asdict(approval), "lent_until": approval.lent_until.isoformat() if approval.lent_until else None}


def _facts(open_case: OpenCase) -> dict[str, Any]:
    """All but the contribution tokens, which nobody needs to see."""
    persons = tuple(replace(each, token="") for each in open_case.file.persons)
    body = asdict(replace(open_case.file, persons=persons))
    for each in body["persons"]:
        del each["token"]
    about = {"case": open_case.id, "version": open_case.version, "author": open_case.author}
    lists = {"passed_over": list(open_case.passed_over), "members_passed_over": list(open_case.member_list.passed_over)}
    return {**about, **lists, **body}


def _answers(consents: Consents) -> dict[str, Any]:
    newest = [
        {"id": each.id, "person": each.person, "scope": each.scope.value, "status": each.status.value}
        for each in consents.newest
    ]
    return {"answers": newest, "spoiled": [asdict(each) for each in consents.spoiled]}
