"""What was decided or closed goes when its time is over, and a rehearsal says so before."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.casework.cases.models import Case, CasePart, JournalEntry, Membership
from app.casework.retention import service
from app.casework.retention.service import Due
from app.database import Database
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox.models import Mailbox
from app.intake.reports.models import Report, ReportFile
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.vocabulary import ApprovalState, ApprovalSubject, CaseStage, ReportState, RetentionClass, Role
from tests import factories
from tests.factories import DAY

HOLD = sha256(b"a hold").hexdigest()
MONTH = date(2026, 6, 1)


@pytest.fixture
def owner(rows: Session) -> Person:
    factories.organisation(rows)
    return factories.certified(rows, Role.CASEWORKER)


@pytest.fixture
def report(rows: Session, owner: Person) -> Report:
    made = factories.report(rows, factories.epoch(rows, owner), state=ReportState.IN_TRIAGE)
    rows.commit()
    return made


@pytest.fixture
def closed(rows: Session, owner: Person, report: Report) -> Case:
    """A case of that report, whose month has come."""
    made = factories.case(rows, owner)
    made.stage, made.retention_class, made.purge_month = CaseStage.CLOSED, RetentionClass.SHORT, MONTH
    report.state, report.case_id = ReportState.ACCEPTED, made.id
    rows.commit()
    return made


def decide(database: Database, report: Report, to: ReportState) -> None:
    with database.write() as session:
        lifecycle.change_state(session, session.get_one(Report, report.id), to, today=DAY)


def purge(database: Database, today: date) -> None:
    with database.write() as session:
        service.purge_reports(session, today)
        service.purge_cases(session, today)


def planned(database: Database, until: date) -> list[Due]:
    with database.read() as session:
        return list(service.plan(session, until))


def agree(rows: Session, case: Case, owner: Person, *subjects: ApprovalSubject, of: str = HOLD) -> None:
    other = factories.certified(rows, Role.SUPERVISOR)
    for subject in subjects:
        given = factories.approval(rows, owner, other, subject=subject, of=case)
        given.state, given.of = ApprovalState.APPROVED, of
    rows.commit()


@pytest.mark.parametrize(("to", "days"), [(ReportState.OUT_OF_MANDATE, 30), (ReportState.ABUSIVE, 7)])
def test_what_was_decided_into_no_case_goes_when_its_time_is_over(
    database: Database, rows: Session, report: Report, to: ReportState, days: int
) -> None:
    last_day = DAY + timedelta(days=days)
    decide(database, report, to)

    plan = planned(database, last_day)
    purge(database, last_day)
    rows.expire_all()
    until_then = report.state
    purge(database, last_day + timedelta(days=1))

    rows.expire_all()
    assert plan == [Due(report.id, to.value, last_day)]
    assert until_then is to
    assert (report.state, report.kept_until) == (ReportState.PURGED, None)
    assert report.destroyed_on == last_day + timedelta(days=1)
    assert rows.scalar(select(ReportFile.report_id)) is None
    assert rows.scalar(select(Grant.id).where(Grant.subject == report.id)) is None
    assert rows.scalar(select(Mailbox.report_id)) == report.id  # which says so for thirty days
    done = rows.execute(select(AuditEvent.action, AuditEvent.object_id, AuditEvent.actor_id)).all()
    assert [tuple(each) for each in done] == [("report.purged", report.id, "service")]


def test_what_is_taken_up_again_is_kept(database: Database, rows: Session, report: Report) -> None:
    decide(database, report, ReportState.OUT_OF_MANDATE)
    decide(database, report, ReportState.IN_TRIAGE)

    purge(database, DAY + timedelta(days=31))

    rows.expire_all()
    assert (report.state, report.destroyed_on) == (ReportState.IN_TRIAGE, None)


def test_what_older_code_decided_is_kept_for_as_long_from_now_on(
    database: Database, rows: Session, report: Report
) -> None:
    report.state = ReportState.ABUSIVE
    rows.commit()

    purge(database, DAY)

    rows.expire_all()
    assert (report.state, report.kept_until) == (ReportState.ABUSIVE, DAY + timedelta(days=7))


def test_a_closed_case_goes_with_its_reports_in_its_month(
    database: Database, rows: Session, closed: Case, report: Report
) -> None:
    id_ = closed.id
    before = planned(database, MONTH - timedelta(days=1))
    plan = planned(database, MONTH)
    purge(database, MONTH - timedelta(days=1))
    still_there = rows.scalar(select(Case.id))

    purge(database, MONTH)

    rows.expire_all()
    assert (before, plan, still_there) == ([], [Due(id_, "short", MONTH)], id_)
    for table in (Case, CasePart, JournalEntry, Membership, ReportFile):
        assert rows.scalar(select(table)) is None
    assert rows.scalar(select(Grant.id).where(Grant.subject.in_([id_, report.id]))) is None
    assert (report.state, report.case_id) == (ReportState.PURGED, None)
    done = select(AuditEvent.action, AuditEvent.object_id).order_by(AuditEvent.seq)
    assert [tuple(each) for each in rows.execute(done)] == [("report.purged", report.id), ("case.purged", id_)]


@pytest.mark.parametrize(
    ("agreed", "of_release", "stays"),
    [
        ([ApprovalSubject.LEGAL_HOLD], HOLD, True),
        ([ApprovalSubject.LEGAL_HOLD, ApprovalSubject.DELETION], HOLD, False),
        ([ApprovalSubject.LEGAL_HOLD], sha256(b"another").hexdigest(), True),
    ],
)
def test_what_two_persons_hold_stays_until_two_end_that_very_hold(
    database: Database,
    rows: Session,
    closed: Case,
    owner: Person,
    agreed: list[ApprovalSubject],
    of_release: str,
    *,
    stays: bool,
) -> None:
    id_ = closed.id
    agree(rows, closed, owner, *agreed)
    if of_release != HOLD:
        agree(rows, closed, owner, ApprovalSubject.DELETION, of=of_release)

    (plan,) = planned(database, MONTH)
    purge(database, MONTH)

    rows.expire_all()
    assert plan.waits == ("held by two" if stays else "")
    assert rows.scalar(select(Case.id)) == (id_ if stays else None)


def test_a_hold_that_is_only_asked_for_keeps_nothing(
    database: Database, rows: Session, closed: Case, owner: Person
) -> None:
    other = factories.certified(rows, Role.SUPERVISOR)
    factories.approval(rows, owner, other, subject=ApprovalSubject.LEGAL_HOLD, of=closed).of = HOLD
    rows.commit()

    purge(database, MONTH)

    assert rows.scalar(select(Case.id)) is None


def test_a_case_waits_for_what_a_reporter_took_back(
    database: Database, rows: Session, closed: Case, report: Report
) -> None:
    report.state = ReportState.WITHDRAWN
    rows.commit()

    (plan,) = planned(database, MONTH)
    purge(database, MONTH)

    rows.expire_all()
    assert (plan.waits, rows.scalar(select(Case.id))) == ("a reporter's word", closed.id)
