"""Stages: where a case can go, who may take it there, and what must hold."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, CasePart, Membership
from app.casework.stages import service
from app.clock import Clock
from app.people.staff.models import Person
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind
from app.vocabulary import CaseStage, RetentionClass, Role
from tests import factories
from tests.casework.conftest import CONSENT, MOVE, Office, problem

TODAY = date(2026, 6, 15)
OF = sha256_hex(factories.sealed(Kind.PART))
HOLD = {"held_for": "client", "resume_on": str(TODAY + timedelta(days=30))}


@pytest.fixture
def colleague(rows: Session) -> Person:
    """Another caseworker, who is no member of the case."""
    return factories.certified(rows, Role.CASEWORKER)


class Desk:
    """A case as one of its members takes it on."""

    def __init__(self, office: Office, rows: Session, case: Case, who: Person) -> None:
        self.office, self.rows, self.case, self.who = office, rows, case, who
        self.part = rows.scalars(select(CasePart.id).where(CasePart.case_id == case.id)).one()

    def step(self, to: str, *, who: Person | None = None, sent: Mapping[str, object] | None = None) -> Response:
        person = who or self.who
        path = f"/cases/{self.case.id}"
        version = self.office.get(person, path).json()["version"]
        body = {"to": to, "reason": "decided", **(sent or {})}
        return self.office.post(person, f"{path}/transitions", body, version=version)

    def failing(self, to: str) -> list[str]:
        items = self.office.get(self.who, f"/cases/{self.case.id}/transitions").json()["items"]
        return next(list(each["failing"]) for each in items if each["to"] == to)

    def stands_in(self, stage: CaseStage) -> None:
        self.case.stage = stage
        self.rows.commit()

    def new_part(self) -> str:
        """Another part of the case, of which nothing was told."""
        part = CasePart(case_id=self.case.id, id=factories.id_("part"), version=1, hour=self.case.stage_entered)
        part.sha256, part.file = OF, factories.sealed(Kind.PART)
        self.rows.add(part)
        return part.id

    def tell(self, what: str, **said: object) -> Response:
        return self.office.put(
            self.who, f"/cases/{self.case.id}/{what}", {"part": self.new_part(), "part_version": 1, **said}, version=1
        )

    def judge(self, level: str = "medium", *, days: int = 14) -> Response:
        return self.tell("assessment", level=level, valid_until=str(TODAY + timedelta(days=days)))

    def mark(self, priority: str, *, next_review: date | None = None) -> Response:
        path = f"/cases/{self.case.id}"
        version = self.office.get(self.who, path).json()["version"]
        marks = {"priority": priority, "handling": "tlp_red", "next_review": str(next_review) if next_review else None}
        return self.office.put(self.who, f"{path}/marks", marks, version=version)

    def ask(self, subject: str, of: Person, *, who: Person | None = None) -> Response:
        grant = {"grantee": of.id, "file": factories.in_json(Kind.GRANT)}
        asked = {"subject": subject, "object": self.case.id, "approver": of.id, "of": OF, "grant": grant}
        return self.office.post(who or self.who, "/approvals", asked)

    def approved(self, subject: str, by: Person) -> None:
        asked = self.ask(subject, by).json()
        yes = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
        self.office.post(by, f"/approvals/{asked['id']}/transitions", yes, version=1).raise_for_status()

    def closes(self, **more: object) -> Response:
        return self.step("closure_review", sent={"closing": self.part, "retention_class": "standard", **more})


@pytest.fixture
def desk(office: Office, rows: Session, case: Case, caseworker: Person) -> Desk:
    rows.commit()
    return Desk(office, rows, case, caseworker)


def test_assessment_waits_for_an_owner_and_the_reporters_consent(desk: Desk) -> None:
    desk.case.owner_id = None

    refused = desk.step("assessment")

    guards = ["has_owner", "reporter_consent_settled"]
    assert desk.failing("assessment") == guards
    assert (problem(refused), refused.json()["failing"]) == ((409, "guards-fail"), guards)


def test_a_supervisor_who_is_no_member_takes_a_case_nowhere_until_it_is_closed(
    office: Office, desk: Desk, supervisor: Person
) -> None:
    path = f"/cases/{desk.case.id}/transitions"

    for stage in CaseStage:
        desk.stands_in(stage)
        offered = [each["to"] for each in office.get(supervisor, path).json()["items"]]
        assert offered == (["assessment"] if stage is CaseStage.CLOSED else [])
    desk.stands_in(CaseStage.INTAKE)
    assert problem(office.post(supervisor, path, MOVE, version=desk.case.version)) == (409, "no-such-step")


def test_a_case_goes_from_intake_to_assessment_and_back(office: Office, desk: Desk, caseworker: Person) -> None:
    office.post(caseworker, f"/cases/{desk.case.id}/consents", CONSENT).raise_for_status()

    closed, moved = desk.step("closed"), desk.step("assessment")

    assert problem(closed) == (409, "no-such-step")
    assert (moved.json()["stage"], moved.json()["reason"], moved.headers["ETag"]) == ("assessment", "decided", '"2"')
    back = desk.step("intake", sent={"reason": "error"})
    assert (back.json()["stage"], back.json()["reason"]) == ("intake", "error")


def test_planning_waits_for_an_assessment_that_holds_today(desk: Desk) -> None:
    desk.stands_in(CaseStage.ASSESSMENT)
    assert desk.failing("planning") == ["danger_judged"]

    assert desk.judge().status_code == 200

    assert desk.step("planning").json()["risk_level"] == "medium"


def test_an_assessment_ends_with_its_last_day(desk: Desk, clock: Clock) -> None:
    desk.stands_in(CaseStage.ASSESSMENT)
    desk.judge(days=1)

    for day, failing in ((1, []), (2, ["danger_judged"])):
        assert clock.told_by is not None
        clock.told_by.write_text(f"{TODAY + timedelta(days=day)}T09:00:00Z")
        assert desk.failing("planning") == failing


def test_the_work_begins_with_a_plan_that_the_person_has_answered_and_where_it_is_grave_another_has_approved(
    desk: Desk, colleague: Person
) -> None:
    desk.stands_in(CaseStage.PLANNING)
    desk.judge("high")
    assert desk.failing("active") == ["plan_settled", "plan_approved_where_grave"]

    desk.tell("plan", status="draft").raise_for_status()
    assert desk.failing("active") == ["plan_settled", "plan_approved_where_grave"]
    desk.tell("plan", status="declined").raise_for_status()
    assert desk.failing("active") == ["plan_approved_where_grave"]
    assert problem(desk.ask("plan", desk.who)) == (409, "self-approval")
    desk.approved("plan", colleague)

    assert desk.step("active").json()["stage"] == "active"


def test_a_grave_danger_that_was_judged_otherwise_since_needs_nobody(desk: Desk) -> None:
    desk.stands_in(CaseStage.PLANNING)
    desk.judge("critical")
    desk.tell("plan", status="agreed")

    desk.judge("low")

    assert desk.failing("active") == []


def test_monitoring_waits_for_what_is_urgent_and_for_a_week_in_which_the_case_is_looked_at_again(
    office: Office, desk: Desk
) -> None:
    desk.stands_in(CaseStage.ACTIVE)
    path, task = f"/cases/{desk.case.id}", factories.id_("task")
    office.put(
        desk.who, f"{path}/tasks/{task}", {"part": desk.part, "kind": "arrange", "urgent": True}, version=1
    ).raise_for_status()
    assert desk.failing("monitoring") == ["no_urgent_task", "review_set"]

    office.post(desk.who, f"{path}/tasks/{task}/transitions", {"to": "done"}, version=1).raise_for_status()
    marks = {"priority": "p3", "handling": "tlp_red", "next_review": str(TODAY)}
    marked = office.put(desk.who, f"{path}/marks", marks, version=desk.case.version).json()

    assert (marked["priority"], marked["handling"]) == ("p3", "tlp_red")
    assert date.fromisoformat(marked["next_review"]).weekday() == 0
    assert desk.step("monitoring").json()["stage"] == "monitoring"
    assert desk.failing("active") == ["danger_judged_here"]


def test_from_monitoring_a_case_becomes_active_by_an_assessment_of_its_own(desk: Desk) -> None:
    desk.stands_in(CaseStage.ACTIVE)
    desk.judge()
    desk.case.next_review = TODAY
    desk.step("monitoring").raise_for_status()
    assert desk.failing("active") == ["danger_judged_here"]

    desk.judge("high").raise_for_status()

    assert desk.step("active").json()["stage"] == "active"


def test_a_case_waits_for_somebody_until_a_day_and_goes_on_where_it_was(desk: Desk) -> None:
    for stage in (CaseStage.INTAKE, CaseStage.PLANNING, CaseStage.MONITORING):
        desk.stands_in(stage)
        held = desk.step("on_hold", sent=HOLD).json()
        assert (held["stage"], held["held_from"], held["held_for"]) == ("on_hold", stage.value, "client")
        assert problem(desk.step("active")) == (409, "no-such-step")
        back = desk.step(stage.value).json()
        assert (back["stage"], back["held_from"], back["resume_on"]) == (stage.value, None, None)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"held_for": "client"},
        {"resume_on": HOLD["resume_on"]},
        HOLD | {"resume_on": str(TODAY)},
        HOLD | {"resume_on": str(TODAY + timedelta(days=93))},
    ],
)
def test_nothing_waits_without_an_end(desk: Desk, sent: dict[str, str]) -> None:
    refused = desk.step("on_hold", sent=sent)

    assert (problem(refused), refused.json()["failing"]) == ((409, "guards-fail"), ["resume_date_set"])


def test_an_assessment_of_this_stage_is_one_after_the_case_was_on_hold_too(desk: Desk) -> None:
    desk.stands_in(CaseStage.MONITORING)
    desk.judge()

    desk.step("on_hold", sent=HOLD).raise_for_status()
    desk.step("monitoring").raise_for_status()

    assert desk.failing("active") == []


def test_a_case_is_closed_by_two_of_whom_the_other_does_not_lead_it(
    office: Office, rows: Session, desk: Desk, colleague: Person
) -> None:
    desk.stands_in(CaseStage.ACTIVE)
    assert desk.failing("closure_review") == ["danger_judged_here", "closing_told"]
    desk.judge()
    assert problem(desk.closes(closing=factories.id_("part"))) == (409, "guards-fail")
    assert problem(desk.ask("closure", colleague)) == (409, "not-approvable")
    asked = desk.closes().json()
    assert (asked["closing"], asked["retention_class"]) == (desk.part, "standard")

    alone = desk.step("closed")
    assert (problem(alone), alone.json()["failing"]) == ((409, "guards-fail"), ["closing_approved"])
    desk.approved("closure", colleague)
    closed = desk.step("closed").json()

    assert (closed["stage"], closed["retention_class"], closed["purge_month"]) == ("closed", "standard", "2028-07-01")
    left = ("risk_level", "next_review", "reason", "closing", "held_from")
    assert [closed[name] for name in left] == [None] * len(left)
    assert (closed["priority"], closed["handling"]) == ("p4", "tlp_amber_strict")
    assert closed["stage_entered"].startswith("2026-06-01T00")
    work = office.get(desk.who, f"/cases/{desk.case.id}/work").json()
    assert (work["assessment"], work["plan"]) == (None, None)
    rows.expire_all()
    assert rows.scalars(select(Membership.priority).where(Membership.case_id == desk.case.id)).all() == ["p4"]
    assert problem(desk.judge()) == (409, "case-ended")


def test_who_leads_a_case_does_not_approve_its_end_whoever_asks(
    office: Office, rows: Session, caseworker: Person, colleague: Person
) -> None:
    case = factories.case(rows, caseworker, colleague)
    desk = Desk(office, rows, case, colleague)
    desk.stands_in(CaseStage.ACTIVE)
    desk.judge()
    desk.closes().raise_for_status()

    assert problem(desk.ask("closure", caseworker)) == (409, "self-approval")


def test_a_word_for_one_closing_is_one_for_no_other(desk: Desk, colleague: Person) -> None:
    desk.stands_in(CaseStage.ACTIVE)
    desk.judge()
    desk.closes().raise_for_status()
    desk.approved("closure", colleague)

    desk.step("active").raise_for_status()
    desk.judge()
    desk.closes().raise_for_status()

    assert desk.failing("closed") == ["closing_approved"]


def test_who_is_alone_closes_seven_days_after_they_asked(office: Office, rows: Session, desk: Desk) -> None:
    desk.stands_in(CaseStage.ACTIVE)
    desk.judge()
    desk.closes().raise_for_status()
    assert desk.failing("closed") == ["closing_approved"]

    desk.rows.refresh(desk.case)
    desk.case.stage_entered -= timedelta(days=7)

    assert desk.failing("closed") == []


def test_a_closed_case_is_taken_up_again_by_a_member_or_a_supervisor_of_its_team_and_that_is_on_record(
    rows: Session, desk: Desk, supervisor: Person
) -> None:
    for who in (desk.who, supervisor):
        desk.stands_in(CaseStage.CLOSED)
        desk.case.purge_month, desk.case.retention_class = date(2028, 7, 1), RetentionClass.SHORT

        again = desk.step("assessment", who=who, sent={"reason": "new_information"}).json()

        assert (again["stage"], again["purge_month"], again["retention_class"]) == ("assessment", None, None)
    reopened = select(AuditEvent.actor_id).where(AuditEvent.action == Action.CASE_REOPENED)
    assert set(rows.scalars(reopened)) == {desk.who.id, supervisor.id}


@pytest.mark.parametrize(
    ("class_", "month"), [("short", date(2027, 1, 1)), ("standard", date(2028, 7, 1)), ("long", date(2031, 7, 1))]
)
def test_a_class_says_for_how_many_whole_months_a_case_is_kept(class_: str, month: date) -> None:
    assert service._month_after(date(2026, 6, 30), service.KEPT_MONTHS[RetentionClass(class_)]) == month
