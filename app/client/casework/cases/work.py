"""The work on a case: what its papers say is sealed and stored first, and the service is told what it may know then.

A machine that goes dark in between leaves nothing wrong: who tells next tells of what is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

from app.client.casework import at_once
from app.client.casework.case_views import CaseView, view
from app.client.casework.cases.consents import list_consents
from app.client.casework.cases.moves import step
from app.client.casework.cases.reading import OpenCase
from app.client.casework.cases.writing import write
from app.client.machine.staff import Staff
from app.protocol.case import (
    REVIEWED_WITHIN,
    Assessment,
    Closing,
    Label,
    Name,
    Note,
    PartType,
    RuleBroken,
    SafetyPlan,
    Task,
    check_code,
)
from app.protocol.encoding import new_id
from app.vocabulary import CaseStage, ConsentScope, HandlingMark, Priority, TransitionReason


@dataclass(frozen=True)
class Told:
    """What the service was told of the newest paper of a type: of which version, what, and who approved it since."""

    version: int
    says: tuple[str, ...]
    approved_by: tuple[str, ...]


@dataclass(frozen=True)
class CaseTask:
    """A task as the service has it, in this version."""

    id: str
    state: str
    urgent: bool
    due: str | None
    version: int

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        return cls(str(item["id"]), str(item["state"]), bool(item["urgent"]), item["due"], int(item["version"]))


def assess(staff: Staff, case: OpenCase, assessment: Assessment) -> OpenCase:
    """Judge the danger anew, which in the words of before is another judgement too. Raises `RuleBroken` where it would
    hold too long, and what `write` does."""
    stands_until = staff.today + timedelta(days=REVIEWED_WITHIN[_at_work(staff, case).priority])
    if not staff.today <= assessment.valid_until <= stands_until:
        raise RuleBroken("holds-too-long")
    anew = {Name(PartType.ASSESSMENT)}
    case = write(staff, case, replace(case.file, assessment=assessment), anew=anew)
    told = {"level": assessment.level.value, "valid_until": assessment.valid_until.isoformat()}
    staff.service.put(f"/cases/{case.id}/assessment", _paper(case, PartType.ASSESSMENT) | told, repeats=True)
    return case


def plan(staff: Staff, case: OpenCase, plan: SafetyPlan, *, review: date | None = None) -> OpenCase:
    """Write down a safety plan, and where it stands; `review` lies in the week in which it is looked at again. Raises
    `RuleBroken` for a case that has ended."""
    _at_work(staff, case)
    case = write(staff, case, replace(case.file, plan=plan))
    told = {"status": plan.status.value, "review": review.isoformat() if review else None}
    staff.service.put(f"/cases/{case.id}/plan", _paper(case, PartType.PLAN) | told, repeats=True)
    return case


def told(staff: Staff, case_id: str) -> tuple[Told | None, Told | None]:
    """What the service was told of the assessment and of the plan."""
    found = staff.service.get(f"/cases/{case_id}/work").json()
    assessment, plan = found["assessment"], found["plan"]
    return (
        assessment
        and Told(
            int(assessment["part_version"]),
            (str(assessment["level"]), str(assessment["valid_until"])),
            tuple(map(str, found["assessment_seen_by"])),
        ),
        plan and Told(int(plan["part_version"]), (str(plan["status"]),), tuple(map(str, found["plan_approved_by"]))),
    )


def note(staff: Staff, case: OpenCase, text: str, *, step: CaseStage | None = None) -> OpenCase:
    """Write something down for good; with `step` why the case goes to that stage."""
    return write(staff, case, replace(case.file, notes=(*case.file.notes, Note(new_id("note"), text, step))))


def add_task(staff: Staff, case: OpenCase, task: Task, *, urgent: bool = False, due: date | None = None) -> OpenCase:
    """Something more to do, in the week of the day `due`. Raises `RuleBroken` for a case that has ended."""
    _at_work(staff, case)
    case = write(staff, case, case.file.with_task(task))
    tell_task(staff, case, task, urgent=urgent, due=due)
    return case


def tell_task(staff: Staff, case: OpenCase, task: Task, *, urgent: bool = False, due: date | None = None) -> CaseTask:
    """Tell the service of a task that the case has: of one, too, whose writing was broken off, or which it forgot when
    the case was closed. Raises `Refused`."""
    part = case.whole.parts[Name(PartType.TASK, task.id)]
    told = {"part": part, "kind": task.kind.value, "urgent": urgent, "due": due.isoformat() if due else None}
    answer = staff.service.put(f"/cases/{case.id}/tasks/{task.id}", told, repeats=True)
    return CaseTask.read(answer.json())


def list_tasks(staff: Staff, case_id: str) -> dict[str, CaseTask]:
    """Where each task stands, by its id."""
    found = map(CaseTask.read, staff.service.items(f"/cases/{case_id}/tasks"))
    return {each.id: each for each in found}


def move_task(staff: Staff, case_id: str, task: CaseTask, to: str) -> None:
    """`done`, `dropped` or `open`. Raises `Refused`."""
    staff.service.post(f"/cases/{case_id}/tasks/{task.id}/transitions", {"to": to}, version=task.version)


@dataclass(frozen=True)
class Marks:
    """How soon a case is worked on, how closely it is held, when it is looked at again, and its label; what is none
    here stays as it is, and with `unlabelled` the label goes."""

    priority: Priority | None = None
    handling: HandlingMark | None = None
    next_review: date | None = None
    label: Label | None = None
    unlabelled: bool = False

    def of(self, view: CaseView) -> dict[str, Any]:
        """All of them, as the case has them then."""
        label = self.label.value if self.label else view.label
        return {
            "priority": (self.priority or view.priority).value,
            "handling": self.handling.value if self.handling else view.handling,
            "next_review": self.next_review.isoformat() if self.next_review else view.next_review,
            "label": None if self.unlabelled else label,
        }


def mark(staff: Staff, view: CaseView, marks: Marks) -> None:
    """Say so of a case. Raises `Refused`."""
    staff.service.put(f"/cases/{view.id}/marks", marks.of(view), version=view.version)


def mark_all(staff: Staff, views: Sequence[CaseView], marks: Marks) -> list[tuple[CaseView, str | None]]:
    """Say so of several: of each why it was refused, as a code, or none. Raises `Refused`."""
    items = [marks.of(view) | {"case": view.id, "version": view.version} for view in views]
    why = at_once.put(staff, "/cases/marks", items, named="case")
    return [(view, why[view.id]) for view in views]


def follow_coding(staff: Staff, case: OpenCase) -> Priority | None:
    """Let the case have the priority of its worst incident; which, where it had another.

    A case without a coded incident keeps that which its report was given, and one that is closed has none.
    """
    now = view(staff, case.id)
    if not case.file.incidents or now.stage is CaseStage.CLOSED or now.priority is case.file.priority:
        return None
    mark(staff, now, Marks(priority=case.file.priority))
    return case.file.priority


def propose_closing(staff: Staff, case: OpenCase, view: CaseView, closing: Closing) -> OpenCase:
    """Write down why the case is to end, and let it be looked at by another person.

    Raises `RuleBroken` for a reason that is no code of its list, or where somebody was never asked about statistics.
    """
    check_code("closure_reason", closing.reason)
    asked = {each.person for each in list_consents(staff, case) if each.scope is ConsentScope.STATISTICS}
    if any(each.id not in asked and each.statistics is None and each.by_reporter is None for each in case.file.persons):
        raise RuleBroken("statistics-not-asked")
    case = write(staff, case, replace(case.file, closing=closing))
    part = case.whole.parts[Name(PartType.CLOSING)]
    told = {"closing": part, "retention_class": closing.retention.value}
    step(staff, view, CaseStage.CLOSURE_REVIEW, TransitionReason.DECIDED, **told)
    return case


def _at_work(staff: Staff, case: OpenCase) -> CaseView:
    """Before anything is written of which the service would take no word."""
    now = view(staff, case.id)
    if now.stage in (CaseStage.CLOSED, CaseStage.MERGED):
        raise RuleBroken("case-ended")
    return now


def _paper(case: OpenCase, type_: PartType) -> dict[str, object]:
    part = case.whole.parts[Name(type_)]
    return {"part": part, "part_version": case.marks[part].version}
