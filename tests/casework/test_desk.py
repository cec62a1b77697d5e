"""What waits for somebody, and until when: of their own, and of nobody else's."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.casework.cases import membership
from app.casework.cases.models import Case, Membership
from app.casework.desk.service import MOST
from app.intake.epochs.models import Epoch
from app.people.staff.models import Person
from app.vocabulary import ApprovalSubject, CaseStage, Priority, ReportState, Role
from tests import factories
from tests.casework.conftest import Office
from tests.factories import DAY


def waiting(office: Office, who: Person) -> list[tuple[str, str, str, str | None]]:
    items = office.get(who, "/me").json()["items"]
    return [(each["kind"], each["id"], each["state"], each["due"]) for each in items]


def test_each_is_told_what_waits_for_them_the_earliest_day_first(
    office: Office, rows: Session, epoch: Epoch, case: Case, caseworker: Person, triager: Person, supervisor: Person
) -> None:
    claimed = factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=triager)
    asked = factories.report(rows, epoch, state=ReportState.AWAITING_REPORTER, triager=triager)
    asked.waits_until = DAY + timedelta(days=14)
    factories.report(rows, epoch, state=ReportState.ACCEPTED, triager=triager)
    factories.report(rows, epoch)
    handed = factories.report(rows, epoch, state=ReportState.ACCEPTED, triager=triager)
    handed.opening_due = DAY + timedelta(days=1)
    factories.grant(rows, handed.id, caseworker.id)
    case.judged_until = case.due = DAY + timedelta(days=3)
    coding = factories.approval(rows, caseworker, supervisor, subject=ApprovalSubject.CODING, of=case)
    rows.commit()

    assert waiting(office, triager) == [
        ("report", asked.id, "awaiting_reporter", str(asked.waits_until)),
        ("report", claimed.id, "in_triage", None),
    ]
    assert waiting(office, caseworker) == [
        ("handed", handed.id, "accepted", str(handed.opening_due)),
        ("case", case.id, "intake", str(case.judged_until)),
    ]
    assert [each[:3] for each in waiting(office, supervisor)] == [("approval", coding.id, "requested")]


def test_of_more_cases_than_are_told_those_that_are_due_first_are(
    office: Office, rows: Session, caseworker: Person
) -> None:
    due, urgent = [factories.case(rows, caseworker) for _ in range(2)], []
    for days, case in enumerate(due):
        case.priority, case.judged_until = Priority.P4, DAY + timedelta(days=days)
        membership.follow(rows, case)
    for _ in range(MOST):
        urgent.append(factories.case(rows, caseworker))
        urgent[-1].priority = Priority.P1
        membership.follow(rows, urgent[-1])
    rows.commit()

    assert [each[1] for each in waiting(office, caseworker)][:2] == [each.id for each in due]
    assert len(waiting(office, caseworker)) == MOST


def test_what_is_over_waits_for_nobody_nor_what_was_given_until_a_day(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    guest = factories.certified(rows, Role.CASEWORKER)
    rows.add(
        Membership(
            case_id=case.id,
            person_id=guest.id,
            until=DAY - timedelta(days=1),
            stage=case.stage,
            priority=case.priority,
            stage_entered=case.stage_entered,
        )
    )
    rows.commit()

    assert waiting(office, guest) == []
    assert len(waiting(office, caseworker)) == 1
    case.stage = CaseStage.CLOSED
    for each in (caseworker, guest):
        rows.get_one(Membership, (case.id, each.id)).stage = CaseStage.CLOSED
    rows.commit()
    assert waiting(office, caseworker) == []


def test_a_case_is_due_at_the_first_of_its_clocks_and_while_it_waits_the_danger_does_not() -> None:
    friday, sunday, monday = date(2026, 6, 19), date(2026, 6, 21), date(2026, 6, 15)

    def due(stage: CaseStage, **days: date) -> tuple[date | None, str | None]:
        case = Case(stage=stage, **days)
        return next(iter(case.clocks.values()), None), case.due_for

    assert due(CaseStage.ACTIVE) == (None, None)
    assert due(CaseStage.ACTIVE, next_review=monday) == (sunday, "review")
    assert due(CaseStage.ACTIVE, plan_review=monday) == (sunday, "plan")
    assert due(CaseStage.ACTIVE, task_due=monday) == (sunday, "task")
    assert due(CaseStage.ACTIVE, next_review=monday, judged_until=friday) == (friday, "danger")
    assert due(CaseStage.ON_HOLD, next_review=monday, judged_until=friday) == (friday, "danger")
    assert due(CaseStage.ON_HOLD, next_review=monday, resume_on=friday) == (friday, "hold")
    for ended in (CaseStage.CLOSED, CaseStage.MERGED):
        assert due(ended, next_review=monday, judged_until=friday, plan_review=monday) == (None, None)


def test_a_report_is_overdue_the_day_after_it_came_until_somebody_claims_it(
    office: Office, rows: Session, epoch: Epoch, triager: Person
) -> None:
    report = factories.report(rows, epoch)
    rows.commit()

    assert office.get(triager, f"/reports/{report.id}").json()["due"] == str(DAY)


def test_a_list_is_told_again_only_where_it_has_changed(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    first = office.get(caseworker, "/cases")

    again = office.get(caseworker, "/cases", {"If-None-Match": first.headers["ETag"]})
    factories.case(rows, caseworker)
    rows.commit()
    changed = office.get(caseworker, "/cases", {"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, len(changed.json()["items"])) == (200, 2)
