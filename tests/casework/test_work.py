"""The work on a case between its steps: told of what is stored, once, by members, and not once it is closed."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.cases.models import Case, CasePart
from app.clock import Clock
from app.people.staff.models import Person
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, CaseStage, Priority, Role
from tests import factories
from tests.casework.conftest import Office, problem

TODAY = date(2026, 6, 15)
OF = sha256_hex(factories.sealed(Kind.PART))


@pytest.fixture
def part(rows: Session, case: Case) -> str:
    rows.commit()
    return rows.scalars(select(CasePart.id).where(CasePart.case_id == case.id)).one()


def assessment(part: str, *, days: int = 14, version: int = 1, level: str = "high") -> dict[str, object]:
    until = str(TODAY + timedelta(days=days))
    return {"part": part, "part_version": version, "level": level, "valid_until": until}


def told(office: Office, who: Person, case: Case, what: str, said: Mapping[str, object]) -> Response:
    return office.put(who, f"/cases/{case.id}/{what}", said, version=1)


def test_what_is_told_twice_is_told_once_and_not_otherwise(
    office: Office, case: Case, caseworker: Person, part: str
) -> None:
    first, again = (told(office, caseworker, case, "assessment", assessment(part)) for _ in range(2))
    other = told(office, caseworker, case, "assessment", assessment(part, level="low"))

    assert (first.json(), first.json()["number"]) == (again.json(), 1)
    assert office.get(caseworker, f"/cases/{case.id}").json()["due"] == str(TODAY + timedelta(days=14))
    assert problem(other) == (422, "paper-unfit")
    plan: dict[str, object] = {"part": part, "part_version": 1, "status": "agreed", "review": "2026-06-20"}
    assert told(office, caseworker, case, "plan", plan).json()["review"] == "2026-06-15"
    assert told(office, caseworker, case, "plan", plan).json()["number"] == 1
    later = told(office, caseworker, case, "plan", plan | {"review": "2026-06-30"}).json()
    assert (later["number"], later["review"]) == (1, "2026-06-29")
    assert problem(told(office, caseworker, case, "plan", plan | {"status": "draft"})) == (422, "paper-unfit")


def test_a_grave_danger_that_no_supervisor_has_seen_is_a_duty_of_members_from_the_next_day(
    office: Office, rows: Session, case: Case, caseworker: Person, supervisor: Person, part: str, clock: Clock
) -> None:
    told(office, caseworker, case, "assessment", assessment(part))
    at_once = duties(office, caseworker)
    assert clock.told_by is not None
    clock.told_by.write_text(f"{TODAY + timedelta(days=1)}T09:00:00Z")

    assert at_once == []
    assert duties(office, caseworker) == [("show_danger", case.id, str(TODAY))]
    assert duties(office, supervisor) == []

    seen = factories.approval(rows, caseworker, supervisor, subject=ApprovalSubject.ASSESSMENT, of=case)
    seen.of, seen.state = OF, ApprovalState.APPROVED
    assert duties(office, caseworker) == []


@pytest.mark.both_databases
def test_each_clock_of_a_case_that_has_run_out_is_a_duty_of_its_members_until_that_is_done(
    office: Office, rows: Session, case: Case, caseworker: Person, colleague: Person, part: str
) -> None:
    yesterday, monday = TODAY - timedelta(days=1), TODAY - timedelta(days=7)
    sunday = monday + timedelta(days=6)
    case.judged_until, case.next_review, case.plan_review = yesterday, monday, monday
    case.stage, case.held_from, case.resume_on = CaseStage.ON_HOLD, CaseStage.INTAKE, yesterday
    rows.flush()

    assert set(duties(office, caseworker)) == {
        ("judge_danger", case.id, str(yesterday)),
        ("look_at_case", case.id, str(sunday)),
        ("look_at_plan", case.id, str(sunday)),
        ("go_on", case.id, str(yesterday)),
    }
    assert duties(office, colleague) == []
    told(office, caseworker, case, "assessment", assessment(part, level="low"))
    told(office, caseworker, case, "plan", {"part": part, "part_version": 1, "status": "agreed", "review": str(TODAY)})
    marks = {"priority": "p3", "handling": "tlp_red", "next_review": str(TODAY), "label": None}
    office.put(caseworker, f"/cases/{case.id}/marks", marks, version=case.version)
    assert duties(office, caseworker) == [("go_on", case.id, str(yesterday))]
    move = {"to": "intake", "reason": "decided"}
    office.post(caseworker, f"/cases/{case.id}/transitions", move, version=case.version)
    assert duties(office, caseworker) == []


@pytest.mark.both_databases
def test_a_case_is_due_when_the_first_of_what_is_to_do_in_it_is_and_later_once_that_is_done(
    office: Office, rows: Session, case: Case, caseworker: Person, colleague: Person, part: str
) -> None:
    monday, next_ = TODAY - timedelta(days=7), TODAY + timedelta(days=7)
    first, then, some_day = (factories.id_("task") for _ in range(3))

    def due() -> tuple[str, str] | None:
        rows.expire_all()
        [listed] = office.get(caseworker, "/cases").json()["items"]
        in_order = office.get(caseworker, "/cases?sort=due").json()["items"]
        assert in_order == ([listed] if listed["due"] else [])
        return (listed["due_for"], listed["due"]) if listed["due"] else None

    def move(task: str, to: str) -> None:
        path = f"/cases/{case.id}/tasks/{task}"
        version = office.get(caseworker, path).json()["version"]
        office.post(caseworker, f"{path}/transitions", {"to": to}, version=version).raise_for_status()

    for task, day in ((then, str(next_)), (some_day, None), (first, str(monday + timedelta(days=2)))):
        told(office, caseworker, case, f"tasks/{task}", {"part": part, "kind": "contact", "due": day})

    over = monday + timedelta(days=6)
    assert due() == ("task", str(over))
    assert duties(office, caseworker) == [("do_task", case.id, str(over))]
    assert duties(office, colleague) == []
    move(first, "done")
    assert (due(), duties(office, caseworker)) == (("task", str(next_ + timedelta(days=6))), [])
    move(first, "open")
    assert due() == ("task", str(over))
    for task in (first, then):
        move(task, "dropped")
    assert due() is None


@pytest.mark.parametrize("what", ["plan", "task", "marks"])
def test_a_week_that_the_calendar_does_not_finish_is_refused(
    office: Office, case: Case, caseworker: Person, part: str, what: str
) -> None:
    said: dict[str, tuple[str, dict[str, object]]] = {
        "plan": ("plan", {"part": part, "part_version": 1, "status": "agreed", "review": "9999-12-31"}),
        "task": (f"tasks/{factories.id_('task')}", {"part": part, "kind": "contact", "due": "9999-12-31"}),
        "marks": ("marks", {"priority": "p1", "handling": "tlp_red", "next_review": "9999-12-31"}),
    }

    refused = told(office, caseworker, case, *said[what])

    assert problem(refused) == (422, "invalid-request")
    assert office.get(caseworker, "/cases").json()["items"][0]["due"] is None


@pytest.mark.both_databases
def test_a_case_that_becomes_more_urgent_is_judged_anew_sooner_and_one_that_becomes_less_so_no_later(
    office: Office, rows: Session, case: Case, caseworker: Person, part: str
) -> None:
    def mark(priority: str) -> str | None:
        rows.refresh(case)
        marks = {"priority": priority, "handling": "tlp_red", "next_review": None, "label": None}
        marked = office.put(caseworker, f"/cases/{case.id}/marks", marks, version=case.version).json()
        return None if marked["due"] is None else f"{marked['due_for']} {marked['due']}"

    case.priority = Priority.P3
    told(office, caseworker, case, "assessment", assessment(part, days=10))

    assert mark("p4") == f"danger {TODAY + timedelta(days=10)}"
    assert mark("p1") == f"danger {TODAY + timedelta(days=3)}"
    assert mark("p3") == f"danger {TODAY + timedelta(days=10)}"


@pytest.mark.both_databases
def test_a_policy_that_is_set_later_changes_nothing_of_a_danger_that_was_judged_before(
    office: Office, rows: Session, case: Case, caseworker: Person, supervisor: Person, part: str
) -> None:
    case.priority = Priority.P3
    told(office, caseworker, case, "assessment", assessment(part, days=10))
    rules = office.get(supervisor, "/clock-policies/in-force").json()["rules"]
    shorter = {"after": 0, "rules": rules | {"review_days": {"p1": 1, "p2": 1, "p3": 1, "p4": 1}}}
    office.post(supervisor, "/clock-policies", shorter).raise_for_status()

    marks = {"priority": "p1", "handling": "tlp_red", "next_review": None, "label": None}
    before = office.put(caseworker, f"/cases/{case.id}/marks", marks, version=case.version).json()
    other = CasePart(case_id=case.id, id=factories.id_("part"), version=1, hour=case.stage_entered)
    other.sha256, other.file = OF, factories.sealed(Kind.PART)
    rows.add(other)
    told(office, caseworker, case, "assessment", assessment(other.id, days=1)).raise_for_status()

    assert before["due"] == str(TODAY + timedelta(days=3))
    assert office.get(caseworker, f"/cases/{case.id}").json()["due"] == str(TODAY + timedelta(days=1))


def duties(office: Office, who: Person) -> list[tuple[str, str, str]]:
    """Those that are about the work on cases."""
    items = office.get(who, "/duties").json()["items"]
    kinds = {"show_danger", "judge_danger", "look_at_case", "look_at_plan", "go_on", "do_task"}
    return [(each["kind"], each["object"], each["since"]) for each in items if each["kind"] in kinds]


@pytest.mark.parametrize(("priority", "days"), [("p1", 3), ("p2", 14), ("p3", 30), ("p4", 90)])
def test_the_more_urgent_a_case_the_sooner_its_danger_is_judged_anew(
    office: Office, case: Case, caseworker: Person, part: str, priority: str, days: int
) -> None:
    case.priority = Priority(priority)

    too_long = told(office, caseworker, case, "assessment", assessment(part, days=days + 1))
    over = told(office, caseworker, case, "assessment", assessment(part, days=-1))

    assert (problem(too_long), problem(over)) == ((422, "paper-unfit"), (422, "paper-unfit"))
    assert told(office, caseworker, case, "assessment", assessment(part, days=days)).status_code == 200


def test_nothing_is_told_of_a_part_that_is_not_there_or_of_an_older_version(
    office: Office, rows: Session, case: Case, caseworker: Person, part: str
) -> None:
    other = factories.case(rows, caseworker)
    rows.flush()
    theirs = rows.scalars(select(CasePart.id).where(CasePart.case_id == other.id)).one()

    for said in (assessment(factories.id_("part")), assessment(theirs), assessment(part, version=2)):
        assert problem(told(office, caseworker, case, "assessment", said)) == (422, "paper-unfit")
    task = {"part": theirs, "kind": "contact"}
    assert problem(told(office, caseworker, case, f"tasks/{factories.id_('task')}", task)) == (422, "paper-unfit")


def test_a_supervisor_sees_what_was_told_and_approves_what_another_wrote(
    office: Office, case: Case, caseworker: Person, supervisor: Person, part: str
) -> None:
    told(office, caseworker, case, "assessment", assessment(part)).raise_for_status()
    asked: dict[str, object] = {"subject": "assessment", "object": case.id, "approver": supervisor.id, "of": OF}
    grant = {"grant": {"grantee": supervisor.id, "file": factories.in_json(Kind.GRANT)}}
    stale = office.post(caseworker, "/approvals", asked | grant | {"of": "0" * 64})
    request = office.post(caseworker, "/approvals", asked | grant).json()
    yes = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
    office.post(supervisor, f"/approvals/{request['id']}/transitions", yes, version=1).raise_for_status()

    work = office.get(supervisor, f"/cases/{case.id}/work").json()

    assert problem(stale) == (409, "not-approvable")
    assert (work["assessment"]["level"], work["assessment_seen_by"]) == ("high", [supervisor.id])
    assert problem(told(office, supervisor, case, "assessment", assessment(part))) == (404, "not-found")


def test_a_task_is_done_once_it_was_seen_as_it_is(office: Office, case: Case, caseworker: Person, part: str) -> None:
    id_ = factories.id_("task")
    path, said = f"/cases/{case.id}/tasks", {"part": part, "kind": "arrange", "urgent": True, "due": "2026-06-18"}
    first, again = (told(office, caseworker, case, f"tasks/{id_}", said) for _ in range(2))

    assert first.json() == again.json()
    assert (first.json()["due"], first.json()["state"]) == ("2026-06-15", "open")
    assert problem(office.post(caseworker, f"{path}/{id_}/transitions", {"to": "done"}, version=2)) == (
        412,
        "stale-version",
    )
    assert office.post(caseworker, f"{path}/{id_}/transitions", {"to": "done"}, version=1).json()["version"] == 2
    assert [each["state"] for each in office.get(caseworker, path).json()["items"]] == ["done"]
    absent = office.post(caseworker, f"{path}/{factories.id_('task')}/transitions", {"to": "done"}, version=1)
    assert problem(absent) == (404, "not-found")


def test_the_id_of_a_task_of_another_case_tells_nothing_of_it(
    office: Office, rows: Session, case: Case, caseworker: Person, colleague: Person, part: str
) -> None:
    other, id_ = factories.case(rows, colleague), factories.id_("task")
    rows.flush()
    theirs = rows.scalars(select(CasePart.id).where(CasePart.case_id == other.id)).one()
    told(office, colleague, other, f"tasks/{id_}", {"part": theirs, "kind": "contact"}).raise_for_status()

    taken = told(office, caseworker, case, f"tasks/{id_}", {"part": part, "kind": "contact"})
    moved = office.post(caseworker, f"/cases/{case.id}/tasks/{id_}/transitions", {"to": "done"}, version=1)

    assert (problem(taken), problem(moved)) == ((422, "paper-unfit"), (404, "not-found"))


def test_a_case_stands_in_the_list_by_the_priority_that_members_gave_it(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    factories.case(rows, caseworker)
    marks = {"priority": "p1", "handling": "tlp_red"}

    stale = office.put(caseworker, f"/cases/{case.id}/marks", marks, version=9)
    office.put(caseworker, f"/cases/{case.id}/marks", marks, version=1).raise_for_status()

    assert problem(stale) == (412, "stale-version")
    assert office.get(caseworker, "/cases").json()["items"][0]["id"] == case.id


def test_of_several_that_are_marked_at_once_one_that_is_refused_keeps_none_back(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    other, closed, theirs = factories.case(rows, caseworker), factories.case(rows, caseworker), factories.id_("case")
    closed.stage = CaseStage.CLOSED
    of_others = factories.case(rows, factories.certified(rows, Role.CASEWORKER))
    marks = {"priority": "p1", "handling": "tlp_red", "label": "blue"}
    wanted = [(of_others.id, 1), (theirs, 1), (case.id, 1), (closed.id, 1), (other.id, 9), (case.id, 1)]
    items = [{"case": id_, "version": version, **marks} for id_, version in wanted]

    results = office.put(caseworker, "/cases/marks", {"items": items}).json()["items"]

    problems = ["not-found", "not-found", None, "case-ended", "stale-version", "stale-version"]
    assert [each["problem"] and each["problem"].removeprefix("/problems/") for each in results] == problems
    assert [(each["case"], each["now"]) for each in results if each["now"]] == [(case.id, 2)]
    found = office.get(caseworker, "/cases?label=blue").json()["items"]
    assert [(each["id"], each["priority"], each["label"]) for each in found] == [(case.id, "p1", "blue")]
    too_many = office.put(caseworker, "/cases/marks", {"items": items * 17})
    assert too_many.status_code == 422


def test_nobody_works_on_a_case_that_is_closed(office: Office, case: Case, caseworker: Person, part: str) -> None:
    case.stage = CaseStage.CLOSED

    papers: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("assessment", assessment(part)),
        ("plan", {"part": part, "part_version": 1, "status": "agreed"}),
        (f"tasks/{factories.id_('task')}", {"part": part, "kind": "contact"}),
        ("marks", {"priority": "p1", "handling": "tlp_red"}),
    )
    for what, said in papers:
        assert problem(told(office, caseworker, case, what, said)) == (409, "case-ended")
