"""The course of a case as its members' machines take it: from its first danger to its end, and on again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from app.client.casework import approvals, cases, course
from app.client.casework.cases import OpenCase
from app.client.casework.views import View
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.protocol.case import Assessment, Closing, Label, RuleBroken, SafetyPlan, Task
from app.protocol.encoding import new_id
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    ConsentMethod,
    HandlingMark,
    HoldReason,
    Imminence,
    Outcome,
    Priority,
    RetentionClass,
    RiskLevel,
    SafetyPlanStatus,
    TaskType,
)
from tests.client.casework.scene import accepted, agree_to_service, coded
from tests.client.installation import Installation

PLAN, CLOSURE = ApprovalSubject.PLAN, ApprovalSubject.CLOSURE
AGREED = SafetyPlan(SafetyPlanStatus.AGREED, "Stay with friends.", "To that.", "To write.")
CLOSING = Closing("risk_resolved", Outcome.SAFER, RetentionClass.STANDARD, "Nobody came for months.")


def judged(staff: Staff, case: OpenCase, level: RiskLevel = RiskLevel.HIGH) -> OpenCase:
    until = staff.today + timedelta(days=3)
    return cases.assess(staff, case, Assessment(level, until, Imminence.WEEKS, reasoning="They know the address."))


def in_assessment(owner: Staff, case: OpenCase) -> OpenCase:
    """The same case, once its reporter's answer about service is kept."""
    agree_to_service(owner, case, method=ConsentMethod.FORM)
    go(owner, case.id, CaseStage.ASSESSMENT)
    return case


def go(staff: Staff, case_id: str, to: CaseStage, *, why: str = "") -> OpenCase:
    course.move(staff, cases.open_(staff, case_id), cases.view(staff, case_id), to, why=why)
    return cases.open_(staff, case_id)


def approved(owner: Staff, case: OpenCase, subject: ApprovalSubject, by: Staff) -> None:
    asked = course.request(owner, case, subject, by.person)
    course.decide(by, course.review(by, asked), approved=True)


def test_a_danger_that_is_judged_anew_in_the_words_of_before_is_judged_where_the_case_is_now(
    here: Installation,
) -> None:
    boris = here.staff("boris")
    case = judged(boris, in_assessment(boris, coded(here, here.staff("anna"), boris)), RiskLevel.LOW)
    case = go(boris, case.id, CaseStage.PLANNING)
    cases.plan(boris, case, AGREED)
    go(boris, case.id, CaseStage.ACTIVE)
    assert judged_here(boris, case) is False

    judged(boris, cases.open_(boris, case.id), RiskLevel.LOW)

    assert judged_here(boris, case) is True


def judged_here(staff: Staff, case: OpenCase) -> bool:
    steps = staff.service.items(f"/cases/{case.id}/transitions")
    failing = next(each["failing"] for each in steps if each["to"] == "closure_review")
    return "danger_judged_here" not in failing


def test_an_end_for_a_reason_that_is_no_code_is_refused_before_it_is_written(here: Installation) -> None:
    boris = here.staff("boris")
    case = coded(here, here.staff("anna"), boris)

    with pytest.raises(RuleBroken, match="code-closure-reason"):
        cases.propose_closing(boris, case, cases.view(boris, case.id), replace(CLOSING, reason="tired"))

    assert cases.open_(boris, case.id).journal.mark == case.journal.mark


def test_nothing_is_written_of_which_the_service_takes_no_word_once_a_case_has_ended(here: Installation) -> None:
    boris = here.staff("boris")
    case = accepted(here, here.staff("anna"), boris)
    with closing(sqlite3.connect(here.directory / "server/tern.sqlite")) as rows, rows:
        rows.execute("UPDATE cases SET stage = 'closed' WHERE id = ?", (case.id,))

    with pytest.raises(RuleBroken, match="case-ended"):
        cases.add_task(boris, case, Task(new_id("task"), TaskType.CONTACT, "Ring back."))
    with pytest.raises(RuleBroken, match="case-ended"):
        cases.plan(boris, case, AGREED)
    with pytest.raises(RuleBroken, match="case-ended"):
        judged(boris, case)

    assert cases.open_(boris, case.id).journal.mark == case.journal.mark


def test_a_case_lives_to_its_end_and_is_taken_up_again(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    case = in_assessment(boris, coded(here, anna, boris))
    judged(boris, case)
    case = go(boris, case.id, CaseStage.PLANNING, why="They came nearer.")
    case = cases.plan(boris, case, AGREED)
    with pytest.raises(RuleBroken, match="plan-not-approved"):
        go(boris, case.id, CaseStage.ACTIVE)
    approved(boris, case, PLAN, chen)
    case = judged(boris, go(boris, case.id, CaseStage.ACTIVE), RiskLevel.LOW)

    cases.propose_closing(boris, case, cases.view(boris, case.id), CLOSING)
    with pytest.raises(RuleBroken, match="closed-by-one"):
        go(boris, case.id, CaseStage.CLOSED)
    approved(boris, cases.open_(boris, case.id), CLOSURE, chen)
    closed = go(boris, case.id, CaseStage.CLOSED)

    view = cases.view(boris, case.id)
    assert (view.stage, view.retention_class, view.risk_level) == (CaseStage.CLOSED, "standard", None)
    assert (closed.file.closing, [each.step for each in closed.file.notes]) == (CLOSING, [CaseStage.PLANNING])
    assert course.unsound(boris, closed, view) == []
    assert course.approved_by(boris, closed, CLOSURE) == {chen.person}
    cases.reopen(boris, view, CaseStage.ASSESSMENT)
    assert cases.view(boris, case.id).stage is CaseStage.ASSESSMENT


def test_a_case_that_the_service_closes_by_itself_is_shown_as_closed_by_nobody_else(here: Installation) -> None:
    boris = here.staff("boris")
    case = coded(here, here.staff("anna"), boris)

    closed = replace(cases.view(boris, case.id), stage=CaseStage.CLOSED)

    assert course.unsound(boris, case, closed) == ["closed-by-one"]


def test_whoever_opens_the_case_sees_what_the_service_was_told_otherwise(here: Installation) -> None:
    boris = here.staff("boris")
    case = judged(boris, in_assessment(boris, coded(here, here.staff("anna"), boris)), RiskLevel.LOW)
    case = cases.plan(boris, case, replace(AGREED, status=SafetyPlanStatus.DRAFT))
    go(boris, case.id, CaseStage.PLANNING)

    # A member who speaks to the service past their client.
    assert case.file.assessment is not None
    graver = replace(case.file.assessment, level=RiskLevel.HIGH)
    case = cases.write(boris, case, replace(case.file, assessment=graver))
    case = cases.write(boris, case, replace(case.file, plan=replace(AGREED, status=SafetyPlanStatus.DRAFT, text="…")))
    for name, said in (
        ("assessment", {"level": "low", "valid_until": str(boris.today)}),
        ("plan", {"status": "agreed"}),
    ):
        part = next(part for part, each in case.said.items() if each.type == f"part.{name}")
        paper = {"part": part, "part_version": case.marks[part].version}
        boris.service.put(f"/cases/{case.id}/{name}", paper | said)
    cases.mark(boris, cases.view(boris, case.id), cases.Marks(priority=Priority.P4))

    assert course.unsound(boris, case, cases.view(boris, case.id)) == [
        "priority-of-another-coding",
        "danger-told-otherwise",
        "plan-told-otherwise",
    ]
    with pytest.raises(RuleBroken, match="plan-not-settled"):
        go(boris, case.id, CaseStage.ACTIVE)


def test_the_priority_follows_the_coding_and_never_what_is_not_coded(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    bare, case = accepted(here, anna, boris), coded(here, anna, boris)
    cases.mark(boris, cases.view(boris, case.id), cases.Marks(priority=Priority.P4, handling=HandlingMark.TLP_RED))

    assert cases.follow_coding(boris, bare) is None
    assert cases.follow_coding(boris, case) is Priority.P2
    assert cases.follow_coding(boris, case) is None
    assert cases.view(boris, case.id).handling == "tlp_red"


def test_several_cases_are_marked_at_once_and_told_apart_by_their_label(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    one, other = (accepted(here, anna, boris).id for _ in range(2))
    views = [cases.view(boris, each) for each in (one, other)]
    cases.mark(boris, views[1], cases.Marks(priority=Priority.P4))

    marked = cases.mark_all(boris, views, cases.Marks(label=Label.VIOLET))

    assert [(view.id, why) for view, why in marked] == [(one, None), (other, "stale-version")]
    assert [each.id for each in cases.list_(boris, View(label=Label.VIOLET))] == [one]
    cases.mark(boris, cases.view(boris, one), cases.Marks(unlabelled=True))
    assert cases.list_(boris, View(label=Label.VIOLET)) == []


def test_nobody_approves_what_they_wrote_or_the_end_of_a_case_that_they_lead(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    case = in_assessment(boris, coded(here, anna, boris))
    with pytest.raises(RuleBroken, match="no-such-paper"):
        course.request(boris, case, PLAN, chen.person)
    case = cases.plan(anna, cases.open_(anna, case.id), AGREED)
    with pytest.raises(RuleBroken, match="another-person"):
        course.request(boris, cases.open_(boris, case.id), PLAN, anna.person)
    case = cases.write(anna, case, replace(case.file, closing=CLOSING))

    with pytest.raises(RuleBroken, match="another-person"):
        course.request(anna, case, CLOSURE, boris.person)


def test_what_has_changed_since_it_was_asked_is_not_signed(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case = cases.plan(boris, coded(here, here.staff("anna"), boris), AGREED)
    asked = course.request(boris, case, PLAN, chen.person)
    cases.plan(boris, cases.open_(boris, case.id), replace(AGREED, text="Nothing."))

    with pytest.raises(RuleBroken, match="changed-since"):
        course.review(chen, asked)
    approvals.cancel(boris, approvals.get(boris, asked))


def test_a_case_does_not_end_before_everybody_was_asked_about_statistics(here: Installation) -> None:
    boris = here.staff("boris")
    case = coded(here, here.staff("anna"), boris)
    person = replace(case.file.persons[0], statistics=None)
    case = cases.write(boris, case, replace(case.file, persons=(person,)))

    with pytest.raises(RuleBroken, match="statistics-not-asked"):
        cases.propose_closing(boris, case, cases.view(boris, case.id), CLOSING)


def test_a_case_waits_on_hold_until_a_day_and_goes_on_where_it_was(here: Installation) -> None:
    boris = here.staff("boris")
    case = coded(here, here.staff("anna"), boris)
    with pytest.raises(Refused, match="may not take this step yet"):
        go(boris, case.id, CaseStage.ON_HOLD)

    until = boris.today + timedelta(days=20)
    view = cases.view(boris, case.id)
    course.move(boris, case, view, CaseStage.ON_HOLD, held_for=HoldReason.CLIENT, resume_on=until)

    held = cases.view(boris, case.id)
    assert (held.held_from, held.resume_on) == ("intake", until.isoformat())
    go(boris, case.id, CaseStage.INTAKE)


def test_a_task_is_told_in_words_to_members_alone_and_a_danger_holds_for_no_longer_than_it_may(
    here: Installation,
) -> None:
    boris = here.staff("boris")
    case = coded(here, here.staff("anna"), boris)
    task = Task(new_id("task"), TaskType.CONTACT, "Ask her brother.")

    case = cases.add_task(boris, case, task, urgent=True, due=boris.today)
    [found] = cases.list_tasks(boris, case.id).values()
    cases.move_task(boris, case.id, found, "done")

    assert (found.id, found.urgent, cases.open_(boris, case.id).file.tasks) == (task.id, True, (task,))
    assert [each.state for each in cases.list_tasks(boris, case.id).values()] == ["done"]
    with pytest.raises(RuleBroken, match="holds-too-long"):
        cases.assess(boris, case, Assessment(RiskLevel.LOW, boris.today + timedelta(days=15)))
