"""The work on a case: danger judged, plans, tasks, notes, how soon and how closely, and its end: `tern case assess`…"""

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli.case_edits import Text
from app.cli.console import HOME, Home, Json, show, show_list, staff, text_of, words_of
from app.cli.names import CaseId, Names, short
from app.cli.stopped import Stopped
from app.client.casework import cases, clocks, course
from app.client.casework.cases import CaseTask, CaseView, OpenCase
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.clock import monday_of
from app.protocol.case import REVIEWED_WITHIN, Assessment, Closing, Label, SafetyPlan, Task
from app.protocol.encoding import check_day, new_id
from app.protocol.errors import Malformed
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    HandlingMark,
    HoldReason,
    Imminence,
    Outcome,
    Priority,
    RetentionClass,
    RiskLevel,
    SafetyPlanStatus,
    TaskType,
    TransitionReason,
)


def _day(text: str) -> date:
    try:
        return check_day(text)
    except Malformed:
        raise typer.BadParameter("a day is written 2026-06-15") from None


_Words = Annotated[Path | None, typer.Option(metavar="FILE", help="A file with the words, or - for stdin.")]
_Day = Annotated[date | None, typer.Option(parser=_day, metavar="DAY", help="A day, as 2026-06-15.")]
# What a kind of act takes first, as far as it is the same for everybody; each is written down, and can be dropped.
TEMPLATES: Final[dict[str, tuple[tuple[TaskType, bool, str], ...]]] = {
    "hoax_booking": (
        (TaskType.DOCUMENT, True, "Write the letter that says whose name was used, for hotels and the police."),
        (TaskType.CONTACT, False, "Ask the hotels to keep what they received, with its headers."),
        (TaskType.ARRANGE, False, "Find out whether the police treat the person as a suspect, and name a lawyer."),
    ),
    "bomb_threat": (
        (TaskType.CONTACT, True, "Tell the police at once that the name was used by somebody else."),
        (TaskType.ARRANGE, True, "Name a lawyer before the person is questioned."),
        (TaskType.DOCUMENT, False, "Write the letter for airlines and hotels."),
    ),
    "family_detained": (
        (TaskType.CONTACT, True, "Ask what the family knows, and whether speaking of it harms whoever is held."),
        (TaskType.ARRANGE, False, "Find a lawyer at the place of detention."),
        (TaskType.DOCUMENT, False, "Prepare a submission to the United Nations, where the person agrees."),
    ),
    "passport_refused": (
        (TaskType.DOCUMENT, True, "Keep the refusal, or write down when, where and by whom it was said."),
        (TaskType.ARRANGE, False, "Ask for a travel document of the host country, with a lawyer."),
    ),
    "spyware": (
        (TaskType.CONTACT, True, "Agree on another device before anything else is written."),
        (TaskType.ARRANGE, True, "Bring the device to a laboratory, switched on as it is."),
        (TaskType.REVIEW, False, "Look with the person at who else was reached through it."),
    ),
    "threat_to_life": (
        (TaskType.CONTACT, True, "Call the emergency number with the person, or for them where they wish it."),
        (TaskType.ARRANGE, True, "Find a safe place for tonight."),
        (TaskType.REVIEW, True, "Judge the danger anew tomorrow."),
    ),
}


def assess(
    id_: CaseId,
    level: Annotated[RiskLevel, typer.Argument(help="How great the danger is.")],
    imminence: Annotated[Imminence, typer.Option(help="How soon harm may come.")] = Imminence.UNKNOWN,
    until: _Day = None,
    threats: _Words = None,
    vulnerabilities: _Words = None,
    capacities: _Words = None,
    text: Text = None,
    machine: Home = HOME,
) -> None:
    """Judge the danger anew, with reasons. It holds for 3, 14, 30 or 90 days at most, by the case's priority."""
    person, case, _ = _opened(machine, id_)
    if until and until < person.today:
        raise typer.BadParameter(f"{until} is over; name a day from today on")
    priority = cases.view(person, case.id).priority
    most = min(REVIEWED_WITHIN[priority], clocks.review_days(person, priority))
    assessment = Assessment(
        level,
        until or person.today + timedelta(days=most),
        imminence,
        threats=_text(threats),
        vulnerabilities=_text(vulnerabilities),
        capacities=_text(capacities),
        reasoning=words_of(text, "Reasoning"),
    )
    cases.assess(person, case, assessment)


def plan(
    id_: CaseId,
    status: Annotated[SafetyPlanStatus, typer.Argument(help="Where the plan stands with the person.")],
    agreed: _Words = None,
    goes_on: _Words = None,
    review: _Day = None,
    text: Text = None,
    machine: Home = HOME,
) -> None:
    """Write down the safety plan, what of it the person agreed to, and what they want to go on doing."""
    person, case, _ = _opened(machine, id_)
    _check_week(person, review)
    written = SafetyPlan(status, words_of(text, "Plan"), _text(agreed), _text(goes_on))
    cases.plan(person, case, written, review=review)


def note(
    id_: CaseId,
    text: Text = None,
    machine: Home = HOME,
) -> None:
    """Write something down in a case. It is never changed."""
    person, case, _ = _opened(machine, id_)
    cases.note(person, case, words_of(text, "Note"))


def task(
    id_: CaseId,
    kind: Annotated[TaskType | None, typer.Argument(help="What kind of thing is to be done.")] = None,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help=f"What such an act takes first, this week what is urgent: {', '.join(TEMPLATES)}."
        ),
    ] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="The case is not only watched before it is done.")] = False,
    due: _Day = None,
    text: Text = None,
    machine: Home = HOME,
) -> None:
    """Add something to do, due in the week of a day; or with --template all that a kind of act takes first."""
    if (kind is None) == (template is None) or (template is not None and template not in TEMPLATES):
        raise typer.BadParameter(f"a kind of task, or --template with one of {', '.join(TEMPLATES)}")
    person, case, _ = _opened(machine, id_)
    _check_week(person, due)
    told = cases.list_tasks(person, case.id) if template else {}
    to_do = {each.text for each in case.file.tasks if each.id in told and told[each.id].state == "open"}
    for each, is_urgent, words in TEMPLATES[template] if template else ():
        if words not in to_do:  # it was broken off, or given twice
            by = due or (person.today if is_urgent else None)
            case = cases.add_task(person, case, Task(new_id("task"), each, words), urgent=is_urgent, due=by)
    if kind:
        new = Task(new_id("task"), kind, words_of(text, "Task"))
        cases.add_task(person, case, new, urgent=urgent, due=due)


def tasks(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """What is to do in a case, and what is done."""
    person, case, _ = _opened(machine, id_)
    told = cases.list_tasks(person, case.id)
    rows: list[dict[str, Any]] = [
        {
            "id": each.id,
            "kind": each.kind.value,
            "state": told[each.id].state if each.id in told else None,
            "urgent": told[each.id].urgent if each.id in told else None,
            "due": told[each.id].due if each.id in told else None,
            "text": each.text,
        }
        for each in case.file.tasks
    ]
    columns = ["id", "kind", "state", "urgent", "due", "text"]
    show_list("Tasks", columns, rows, as_json=as_json, words=lambda row: {"id": short(str(row["id"]))})


def done(
    id_: CaseId,
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task's id or how it begins (tern case tasks).")],
    dropped: Annotated[bool, typer.Option("--dropped", help="It is not to be done.")] = False,
    again: Annotated[bool, typer.Option("--again", help="It is to be done after all.")] = False,
    machine: Home = HOME,
) -> None:
    """Say that a task is done."""
    person = staff(machine)
    case_id = Names(person).case(id_)
    told = cases.list_tasks(person, case_id)
    found = [each for name, each in told.items() if name.startswith(task)] or _untold(person, case_id, task, told)
    if len(found) != 1 or (dropped and again):
        raise typer.BadParameter("one task of this case, which is done, or --dropped, or to be done --again")
    cases.move_task(person, case_id, found[0], "dropped" if dropped else "open" if again else "done")


def _untold(person: Staff, case_id: str, task: str, told: Collection[str]) -> list[CaseTask]:
    """What stands in the case alone, the service is told of first."""
    case = cases.open_(person, case_id)
    meant = [each for each in case.file.tasks if each.id.startswith(task) and each.id not in told]
    return [cases.tell_task(person, case, meant[0])] if len(meant) == 1 else []


def mark(
    ids: Annotated[list[str], typer.Argument(metavar="CASE...", help="The ids or refs of the cases.")],
    handling: Annotated[HandlingMark | None, typer.Option(help="Who may be told.")] = None,
    priority: Annotated[
        Priority | None, typer.Option(help="Only where nothing is coded yet: else it follows that.")
    ] = None,
    review: _Day = None,
    label: Annotated[Label | None, typer.Option(help="A colour that tells it apart in lists.")] = None,
    no_label: Annotated[bool, typer.Option("--no-label", help="Take its label away.")] = False,
    machine: Home = HOME,
) -> None:
    """Say of cases how closely they are held, how soon and in which week they are looked at, and give them a label."""
    person = staff(machine)
    _check_week(person, review)
    views = [cases.view(person, each) for each in Names(person).cases(ids)]
    if priority and any(_is_coded_otherwise(cases.open_(person, view.id), priority) for view in views):
        raise Stopped("the priority follows what is coded: tern case set CASE incident-1 imminence, or severity")
    marks = cases.Marks(priority, handling, review, label, unlabelled=no_label)
    if len(views) == 1:
        cases.mark(person, views[0], marks)
        return
    refused = [(view.ref, why) for view, why in cases.mark_all(person, views, marks) if why]
    if refused:
        said = ", ".join(f"{ref} ({why})" for ref, why in refused)
        raise Stopped(f"the others are marked; not done: {said}. Try these again")


def ask(
    id_: CaseId,
    about: Annotated[
        ApprovalSubject, typer.Argument(metavar="WHAT", help="assessment, plan or closure, as it stands.")
    ],
    approver: Annotated[str, typer.Option(help="Another person, by id or handle, who will decide.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Ask another person about a grave danger, a plan against it, or the end of a case; `tern case decide` answers."""
    if about not in course.PAPERS:
        raise typer.BadParameter("assessment, plan or closure")
    person, case, names = _opened(machine, id_)
    show({"approval": course.request(person, case, about, names.person(approver))}, as_json=as_json)


def close(
    id_: CaseId,
    why: Annotated[str, typer.Argument(metavar="REASON", help="Why it ends, a code of closure_reason.")],
    outcome: Annotated[Outcome, typer.Argument(help="How the person is.")],
    retention: Annotated[RetentionClass, typer.Option(help="How long it is kept.")] = RetentionClass.STANDARD,
    text: Text = None,
    machine: Home = HOME,
) -> None:
    """Say why a case is to end, and take it to closure_review: another person then looks at it (`tern case ask`)."""
    person, case, _ = _opened(machine, id_)
    closing = Closing(why, outcome, retention, words_of(text, "Why"))
    cases.propose_closing(person, case, cases.view(person, case.id), closing)


def move(
    id_: CaseId,
    to: Annotated[CaseStage, typer.Argument(help="The next stage.")],
    reason: Annotated[TransitionReason, typer.Option(help="Why.")] = TransitionReason.DECIDED,
    why: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with the reason in words, which stays in the case.")
    ] = None,
    waits_for: Annotated[HoldReason | None, typer.Option("--for", help="For whom a case waits on hold.")] = None,
    until: _Day = None,
    machine: Home = HOME,
) -> None:
    """Take a case to another stage, or on hold until a day and back; a closed one to assessment."""
    person = staff(machine)
    view = cases.view(person, Names(person).case(id_))
    if view.stage is CaseStage.CLOSED:
        _reopen(person, view, to, reason, why=_text(why))
        return
    case = cases.open_(person, view.id)
    try:
        course.move(person, case, view, to, reason=reason, why=_text(why), held_for=waits_for, resume_on=until)
    except Refused as refusal:
        if refusal.type != "no-such-step":
            raise
        ways = f"tern case show {view.ref} says where it goes"
        raise Stopped(f"from {view.stage} a case does not go to {to}, or not by you; {ways}") from None


def _reopen(person: Staff, view: CaseView, to: CaseStage, reason: TransitionReason, *, why: str) -> None:
    is_member = person.person in view.members
    if why and not is_member:
        raise typer.BadParameter("who works on the case keeps words in it: leave out --why")
    cases.reopen(person, view, to, reason=reason)
    if is_member:  # the service has forgotten how urgent it is
        case = cases.open_(person, view.id)
        cases.follow_coding(person, case)
        if why:
            cases.note(person, case, why, step=to)


def _opened(machine: Path, id_: str) -> tuple[Staff, OpenCase, Names]:
    person = staff(machine)
    names = Names(person)
    return person, cases.open_(person, names.case(id_)), names


def _is_coded_otherwise(case: OpenCase, priority: Priority) -> bool:
    return bool(case.file.incidents) and case.file.priority is not priority


def _check_week(person: Staff, day: date | None) -> None:
    if day and monday_of(day) < monday_of(person.today):
        raise typer.BadParameter(f"the week of {day} is over")


def _text(file: Path | None) -> str:
    return text_of(file, "") if file else ""
