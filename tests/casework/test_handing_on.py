"""What nobody decided before its day is granted on, and opened by somebody else before the old key goes."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.intake.epochs.models import Epoch
from app.intake.reports.models import Report
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind, ReportState, Role
from tests import factories
from tests.casework.conftest import Office, problem
from tests.factories import DAY


@pytest.fixture
def over(rows: Session, office: Office, triager: Person, colleague: Person) -> Epoch:
    """An epoch whose day has come, with two holders."""
    return factories.epoch(rows, triager, colleague, destroyed_on=DAY)


@pytest.fixture
def present(rows: Session, triager: Person, colleague: Person) -> Epoch:
    """The one that takes reports now."""
    return factories.epoch(rows, triager, colleague, sequence=2)


def to(epoch: Epoch) -> dict[str, object]:
    return {"grant": {"grantee": epoch.id, "file": factories.in_json(Kind.GRANT)}}


def hand_on(office: Office, who: Person, report: Report, epoch: Epoch) -> tuple[int, str]:
    return problem(office.put(who, f"/reports/{report.id}/epoch", to(epoch), version=read(office, report).version))


def say_opened(office: Office, who: Person, report: Report, epoch: Epoch) -> tuple[int, str]:
    version = read(office, report).version
    return problem(office.put(who, f"/reports/{report.id}/opening", {"case": None, "epoch": epoch.id}, version=version))


def read(office: Office, report: Report) -> Report:
    office.rows.commit()
    office.rows.expire_all()
    return office.rows.get_one(Report, report.id)


def keys_of(rows: Session, report: Report) -> set[tuple[str, str]]:
    rows.expire_all()
    return {(each.grantee, each.kind) for each in rows.scalars(select(Grant).where(Grant.subject == report.id))}


def duties_of(office: Office, who: Person) -> set[tuple[str, str]]:
    return {(each["kind"], each["object"]) for each in office.get(who, "/duties").json()["items"]}


def test_the_grant_before_stays_until_somebody_else_has_opened_by_the_new_one(
    office: Office, rows: Session, over: Epoch, present: Epoch, triager: Person, colleague: Person
) -> None:
    report = factories.report(rows, over, state=ReportState.AWAITING_REPORTER, triager=triager)
    due = [duties_of(office, each) for each in (triager, colleague)]

    handed = hand_on(office, triager, report, present)
    both = keys_of(rows, report)
    then = [duties_of(office, each) for each in (triager, colleague)]
    own = say_opened(office, triager, report, present)
    of_other = say_opened(office, colleague, report, present)

    assert due == [{("hand_on", report.id)}] * 2
    assert handed == (200, "")
    assert both == {(over.id, GrantKind.INTAKE), (present.id, GrantKind.HANDED_ON)}
    assert then == [set(), {("open_handed_on", report.id)}]
    assert own == (409, "self-approval")
    assert of_other == (200, "")
    assert keys_of(rows, report) == {(present.id, GrantKind.HANDED_ON)}
    assert (read(office, report).epoch_id, read(office, report).handed_on_from) == (present.id, None)
    assert duties_of(office, colleague) == set()


def test_who_holds_either_key_sees_it_meanwhile_and_then_who_holds_the_new_one(
    office: Office, rows: Session, over: Epoch, present: Epoch, triager: Person, colleague: Person
) -> None:
    of_old, of_new = (factories.certified(rows, Role.TRIAGER) for _ in range(2))
    factories.grant(rows, over.id, of_old.id)
    factories.grant(rows, present.id, of_new.id)
    report = factories.report(rows, over)

    def seen() -> list[int]:
        asked = [office.get(each, f"/reports/{report.id}/grants") for each in (of_old, of_new)]
        return [len(each.json()["items"]) if each.status_code == 200 else each.status_code for each in asked]

    found = [seen()]
    hand_on(office, triager, report, present)
    found.append(seen())
    say_opened(office, colleague, report, present)
    found.append(seen())

    assert found == [[1, 404], [1, 1], [404, 1]]


@pytest.mark.parametrize("why", ["decided", "its day has not come", "another epoch", "no key", "another role"])
def test_nothing_else_is_granted_on(
    office: Office, rows: Session, over: Epoch, present: Epoch, triager: Person, why: str
) -> None:
    report = factories.report(rows, present if why == "its day has not come" else over)
    if why == "decided":
        report.state = ReportState.INSUFFICIENT
    stranger = factories.certified(rows, Role.TRIAGER if why == "no key" else Role.CASEWORKER)
    if why == "another role":
        factories.grant(rows, over.id, stranger.id)
    who = stranger if why in ("no key", "another role") else triager

    answer = hand_on(office, who, report, over if why == "another epoch" else present)

    assert answer == ((404, "not-found") if who is stranger else (409, "not-to-hand-on"))
    assert len(keys_of(rows, report)) == 1


def test_where_no_epoch_takes_reports_nothing_is_due(
    office: Office, rows: Session, over: Epoch, triager: Person
) -> None:
    report = factories.report(rows, over)

    assert duties_of(office, triager) == set()
    assert hand_on(office, triager, report, over) == (409, "not-to-hand-on")


def test_a_supervisor_who_holds_the_key_grants_on_though_nobody_triages(
    office: Office, rows: Session, over: Epoch, present: Epoch, supervisor: Person
) -> None:
    for each in (over, present):
        factories.grant(rows, each.id, supervisor.id)
    due, decided = factories.report(rows, over), factories.report(rows, over, state=ReportState.INSUFFICIENT)

    bodies = [office.get(supervisor, f"/reports/{each.id}/body").status_code for each in (due, decided)]

    assert bodies == [200, 404]
    assert hand_on(office, supervisor, due, present) == (200, "")


def test_what_one_person_granted_on_a_holder_of_the_first_key_may_grant_on_once_more(
    office: Office, rows: Session, over: Epoch, present: Epoch, triager: Person, colleague: Person
) -> None:
    report = factories.report(rows, over)
    hand_on(office, triager, report, present)

    again = hand_on(office, triager, report, present)
    by_other = hand_on(office, colleague, report, present)

    assert again == (409, "not-to-hand-on")
    assert by_other == (200, "")
    assert rows.query(Grant).filter_by(subject=report.id, kind=GrantKind.HANDED_ON).count() == 2


def test_what_one_person_alone_granted_on_is_not_put_away_as_undecryptable(
    office: Office, rows: Session, over: Epoch, present: Epoch, triager: Person, colleague: Person
) -> None:
    report = factories.report(rows, over, state=ReportState.IN_TRIAGE, triager=triager)
    hand_on(office, colleague, report, present)
    asked = factories.approval(rows, triager, colleague, subject=ApprovalSubject.UNDECRYPTABLE, of=report)
    asked.state = ApprovalState.APPROVED

    step = {"to": "undecryptable", "reason": "decided"}
    answer = office.post(triager, f"/reports/{report.id}/transitions", step, version=read(office, report).version)

    assert answer.json()["failing"] == ["granted_on_opened"]


def test_it_lapses_by_the_day_of_its_arrival_however_often_it_is_granted_on(
    office: Office, rows: Session, over: Epoch, present: Epoch, triager: Person
) -> None:
    report = factories.report(rows, over)
    report.received_on = DAY - timedelta(days=59)
    hand_on(office, triager, report, present)

    item = office.get(triager, "/queue").json()["items"][0]["report"]

    assert (item["received_on"], item["handed_on_from"]) == (str(DAY - timedelta(days=59)), over.id)
