"""Approvals over HTTP: nobody approves their own act, and what an approver was lent ends with their decision."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import keyring
from app.actor import Actor
from app.audit.models import AuditEvent
from app.blobs import Blobs
from app.casework.approvals import service
from app.casework.approvals.models import Approval
from app.casework.cases.models import Case
from app.casework.triage import moves
from app.casework.triage.second_persons import WAITING
from app.clock import Clock
from app.database import Database
from app.intake.epochs.models import Epoch
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox.models import Mailbox
from app.intake.mailbox.service import Post
from app.intake.posts import service as posts
from app.intake.reports.models import Report
from app.main import jobs
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.grants import LOAN
from app.protocol.mailbox import MessageKind
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, ReportState, Role
from tests import factories
from tests.casework.conftest import Office, problem

STATEMENT = factories.in_json(Kind.TASK)


@pytest.fixture
def other(rows: Session) -> Person:
    """A caseworker who is not a member of the case."""
    return factories.certified(rows, Role.CASEWORKER)


@pytest.fixture
def case(rows: Session, office: Office, caseworker: Person) -> Case:
    return factories.case(rows, caseworker)


@pytest.fixture
def claimed(rows: Session, office: Office, epoch: Epoch, triager: Person) -> Report:
    return factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=triager)


def coding(case: Case, approver: Person, *, lend: bool = True) -> dict[str, object]:
    asked: dict[str, object] = {"subject": "coding", "object": case.id, "approver": approver.id}
    return asked | ({"grant": {"grantee": approver.id, "file": factories.in_json(Kind.GRANT)}} if lend else {})


def about(report: Report, subject: str, approver: Person) -> dict[str, object]:
    return {"subject": subject, "object": report.id, "approver": approver.id, "of": report.envelope_sha256}


def lent_to(person: Person) -> dict[str, object]:
    return {"grant": {"grantee": person.id, "file": factories.in_json(Kind.GRANT)}}


def decide(
    office: Office, who: Person, approval: str, to: str, *, statement: str | None = STATEMENT
) -> tuple[int, str]:
    return problem(
        office.post(who, f"/approvals/{approval}/transitions", {"to": to, "statement": statement}, version=1)
    )


def test_another_person_approves_a_coding_with_a_key_lent_for_it(
    office: Office, case: Case, caseworker: Person, other: Person
) -> None:
    path = f"/cases/{case.id}/contents"
    assert office.get(other, path).status_code == 404

    asked = office.post(caseworker, "/approvals", coding(case, other)).json()

    assert asked["state"] == "requested"
    assert [item["id"] for item in office.get(other, "/approvals?state=requested").json()["items"]] == [asked["id"]]
    lent = office.get(other, f"/approvals/{asked['id']}/grant").json()["items"]
    assert [(item["grantee"], item["kind"]) for item in lent] == [(other.id, "approval")]
    assert office.get(other, path).json()["grants"] == lent
    assert decide(office, other, asked["id"], "approved") == (201, "")
    assert office.get(caseworker, f"/approvals/{asked['id']}").json()["statement"] == STATEMENT


@pytest.mark.parametrize("to", ["approved", "rejected"])
def test_what_was_lent_ends_with_the_decision(
    office: Office, case: Case, caseworker: Person, other: Person, to: str
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()

    decide(office, other, asked["id"], to)

    for path in (f"/approvals/{asked['id']}/grant", f"/cases/{case.id}/contents"):
        assert office.get(other, path).status_code == 404


def test_an_approver_reads_the_case_and_does_not_write_it(
    office: Office, case: Case, caseworker: Person, other: Person
) -> None:
    office.post(caseworker, "/approvals", coding(case, other)).raise_for_status()
    body: dict[str, object] = {"entries": [factories.in_json(Kind.JOURNAL)]}

    assert office.post(other, f"/cases/{case.id}/entries", body, version=1).status_code == 404
    assert office.get(other, f"/cases/{case.id}").status_code == 404


def test_nobody_is_asked_to_approve_their_own_act(office: Office, case: Case, caseworker: Person) -> None:
    """Who coded what, the approver's client sees."""
    own = office.post(caseworker, "/approvals", coding(case, caseworker))

    assert problem(own) == (409, "self-approval")


def test_a_coding_is_approved_by_a_caseworker_or_a_supervisor(
    office: Office, case: Case, caseworker: Person, triager: Person, supervisor: Person
) -> None:
    assert problem(office.post(caseworker, "/approvals", coding(case, triager))) == (422, "approver-unfit")
    assert office.post(caseworker, "/approvals", coding(case, supervisor)).status_code == 201


def test_an_approver_without_a_key_is_not_asked(office: Office, case: Case, caseworker: Person, other: Person) -> None:
    assert problem(office.post(caseworker, "/approvals", coding(case, other, lend=False))) == (422, "approver-unfit")


def test_the_service_is_told_no_hash_of_a_coding(office: Office, case: Case, caseworker: Person, other: Person) -> None:
    """It could guess the codes of it."""
    refused = office.post(caseworker, "/approvals", coding(case, other) | {"of": "0" * 64})
    asked = office.post(caseworker, "/approvals", coding(case, other))

    assert problem(refused) == (409, "not-approvable")
    assert asked.json()["of"] is None


def test_members_see_what_is_asked_and_decided_about_their_case(
    office: Office, rows: Session, caseworker: Person, colleague: Person, other: Person, supervisor: Person
) -> None:
    case = factories.case(rows, caseworker, colleague)
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()
    decide(office, other, asked["id"], "approved")

    assert office.get(colleague, f"/approvals/{asked['id']}").json()["statement"] == STATEMENT
    assert problem(office.get(supervisor, f"/approvals/{asked['id']}")) == (404, "not-found")


def test_only_a_member_asks_about_a_case(office: Office, case: Case, other: Person, supervisor: Person) -> None:
    assert problem(office.post(supervisor, "/approvals", coding(case, other))) == (404, "not-found")


def test_what_nobody_can_approve_yet_is_not_asked(
    office: Office, case: Case, caseworker: Person, other: Person
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other) | {"subject": "merge"})

    assert problem(asked) == (409, "not-approvable")


def test_only_the_named_approver_decides_and_only_once(
    office: Office, case: Case, caseworker: Person, other: Person, supervisor: Person
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()

    assert decide(office, supervisor, asked["id"], "approved") == (404, "not-found")
    assert decide(office, caseworker, asked["id"], "approved") == (409, "no-such-step")
    assert decide(office, other, asked["id"], "cancelled") == (409, "no-such-step")
    assert decide(office, other, asked["id"], "approved") == (201, "")
    assert decide(office, other, asked["id"], "rejected") == (412, "stale-version")


def test_an_approver_who_has_lost_the_role_since_decides_nothing(
    office: Office, rows: Session, case: Case, caseworker: Person, other: Person
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()["id"]
    factories.certificate(rows, other, Role.TRIAGER, version=2)

    assert decide(office, other, asked, "approved") == (409, "no-such-step")


def test_a_decision_is_on_record_with_what_was_signed(
    office: Office, rows: Session, case: Case, caseworker: Person, other: Person
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()["id"]

    assert decide(office, other, asked, "approved")[0] == 201

    signed = sha256_hex(unb64(STATEMENT))
    assert rows.query(AuditEvent.object_hash).filter_by(action="approval.decided").scalar() == signed


def test_who_approves_signs_a_statement(office: Office, case: Case, caseworker: Person, other: Person) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()

    assert office.get(other, f"/approvals/{asked['id']}/transitions").json()["items"] == [
        {"to": "approved", "failing": ["statement_signed"]},
        {"to": "rejected", "failing": []},
    ]
    assert decide(office, other, asked["id"], "approved", statement=None) == (409, "guards-fail")
    assert decide(office, other, asked["id"], "rejected", statement=None) == (201, "")


def test_who_asked_may_take_it_back(office: Office, case: Case, caseworker: Person, other: Person) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()

    assert decide(office, caseworker, asked["id"], "cancelled", statement=None) == (201, "")
    assert office.get(other, f"/cases/{case.id}/contents").status_code == 404


def test_who_leads_a_case_sees_what_is_lent_of_it_and_calls_it_back(
    office: Office, rows: Session, caseworker: Person, colleague: Person, other: Person, supervisor: Person, today: date
) -> None:
    case = factories.case(rows, caseworker, colleague)
    asked = office.post(colleague, "/approvals", coding(case, supervisor)).json()
    office.post(other, "/approvals", coding(factories.case(rows, other), supervisor)).raise_for_status()

    shown = office.get(caseworker, f"/approvals?object={case.id}").json()["items"]
    assert [(each["requester"], each["approver"], each["lent_until"]) for each in shown] == [
        (colleague.id, supervisor.id, (today + LOAN).isoformat())
    ]
    assert decide(office, other, asked["id"], "cancelled", statement=None) == (404, "not-found")
    assert decide(office, caseworker, asked["id"], "cancelled", statement=None) == (201, "")

    assert office.get(supervisor, f"/cases/{case.id}/contents").status_code == 404
    assert office.get(caseworker, f"/approvals/{asked['id']}").json()["lent_until"] is None


def test_a_loan_ends_on_its_day_though_no_sweep_comes_by(
    office: Office, case: Case, caseworker: Person, other: Person, today: date, clock: Clock
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()
    paths = (f"/approvals/{asked['id']}/grant", f"/cases/{case.id}/contents")
    answers = []

    offered = []
    for day in (today + LOAN, today + LOAN + timedelta(days=1)):
        assert clock.told_by is not None
        clock.told_by.write_text(f"{day}T09:00:00Z")
        answers.append([office.get(other, path).status_code for path in paths])
        steps = office.get(other, f"/approvals/{asked['id']}/transitions").json()["items"]
        offered.append(sorted(step["to"] for step in steps))

    assert answers == [[200, 200], [404, 404]]
    assert offered == [["approved", "rejected"], []]
    assert decide(office, other, asked["id"], "approved") == (409, "no-such-step")


def test_what_was_not_decided_in_time_is_cancelled(
    office: Office, case: Case, caseworker: Person, other: Person, database: Database, today: date, tmp_path: Path
) -> None:
    asked = office.post(caseworker, "/approvals", coding(case, other)).json()["id"]
    states = []

    for day in (today + LOAN, today + LOAN + timedelta(days=1)):
        jobs(keyring.load(tmp_path)).run(database, Blobs(tmp_path), factories.morning(day), clock_is_right=True)
        states.append(office.get(caseworker, f"/approvals/{asked}").json()["state"])

    assert states == ["requested", "cancelled"]


@pytest.mark.parametrize("who", ["the lender", "the approver", "another member"])
def test_what_a_member_lent_ends_with_their_membership(
    office: Office, rows: Session, caseworker: Person, colleague: Person, other: Person, supervisor: Person, who: str
) -> None:
    case = factories.case(rows, caseworker, colleague, other)
    approver = other if who == "the approver" else supervisor
    asked = office.post(colleague, "/approvals", coding(case, approver, lend=approver is supervisor)).json()
    gone = {"the lender": colleague, "the approver": other, "another member": other}[who]
    change = {"entries": [factories.in_json(Kind.JOURNAL)], "remove": [gone.id]}

    office.post(caseworker, f"/cases/{case.id}/entries", change, version=1).raise_for_status()

    rows.expire_all()
    ended = who != "another member"
    assert (rows.get_one(Approval, asked["id"]).state is ApprovalState.CANCELLED) is ended
    assert (office.get(supervisor, f"/cases/{case.id}/contents").status_code == 404) is ended


def test_a_key_that_is_lent_for_one_decision_is_held_for_no_other(
    office: Office, case: Case, caseworker: Person, other: Person
) -> None:
    office.post(caseworker, "/approvals", coding(case, other)).raise_for_status()

    assert problem(office.post(caseworker, "/approvals", coding(case, other, lend=False))) == (422, "approver-unfit")


def test_abuse_is_confirmed_by_another_triager_of_the_epoch(
    office: Office, rows: Session, claimed: Report, triager: Person, colleague: Person, supervisor: Person
) -> None:
    stranger = factories.certified(rows, Role.TRIAGER)

    for unfit in (stranger, supervisor):
        assert problem(office.post(triager, "/approvals", about(claimed, "abusive", unfit))) == (422, "approver-unfit")

    assert office.post(triager, "/approvals", about(claimed, "abusive", colleague)).status_code == 201


def test_waiting_is_approved_by_a_supervisor_who_was_lent_the_report(
    office: Office, claimed: Report, triager: Person, colleague: Person, supervisor: Person
) -> None:
    assert problem(office.post(triager, "/approvals", about(claimed, "waiting", colleague))) == (422, "approver-unfit")
    assert problem(office.post(triager, "/approvals", about(claimed, "waiting", supervisor))) == (422, "approver-unfit")

    asked = office.post(triager, "/approvals", about(claimed, "waiting", supervisor) | lent_to(supervisor)).json()

    assert office.get(supervisor, f"/reports/{claimed.id}/body").status_code == 200
    assert decide(office, supervisor, asked["id"], "approved") == (201, "")
    assert office.get(supervisor, f"/reports/{claimed.id}/body").status_code == 404


def test_only_the_claimer_asks_about_a_report(
    office: Office, claimed: Report, triager: Person, colleague: Person
) -> None:
    assert problem(office.post(colleague, "/approvals", about(claimed, "abusive", triager))) == (404, "not-found")


def test_a_withdrawal_ends_what_is_asked_about_a_report(
    rows: Session, claimed: Report, triager: Person, colleague: Person
) -> None:
    approval = factories.approval(rows, triager, colleague, subject=ApprovalSubject.ABUSIVE, of=claimed)

    service.cancel_open(rows, claimed.id)
    rows.commit()

    assert rows.get_one(Approval, approval.id).state is ApprovalState.CANCELLED


def test_a_report_that_was_once_approved_to_wait_is_destroyed_with_all_that_was_lent(
    office: Office, rows: Session, claimed: Report, triager: Person, supervisor: Person, database: Database, today: date
) -> None:
    lent = {"grantee": supervisor.id, "file": factories.in_json(Kind.GRANT)}
    asked = office.post(triager, "/approvals", about(claimed, "waiting", supervisor) | {"grant": lent}).json()["id"]
    decide(office, supervisor, asked, "approved")
    rows.expire_all()
    claimed.state, claimed.withdrawn_on = ReportState.WITHDRAWN, today
    rows.commit()

    with database.write() as session:
        lifecycle.destroy(session, session.get_one(Report, claimed.id), today=today)

    rows.expire_all()
    assert rows.scalars(select(Grant.id).where(Grant.subject == claimed.id)).all() == []
    kept = rows.get_one(Approval, asked)
    assert (kept.state, kept.grant_id) == (ApprovalState.APPROVED, None)


@pytest.mark.parametrize("subject", ["abusive", "waiting"])
def test_a_key_is_lent_to_the_approver_and_to_nobody_else(
    office: Office,
    claimed: Report,
    triager: Person,
    colleague: Person,
    supervisor: Person,
    caseworker: Person,
    subject: str,
) -> None:
    approver = colleague if subject == "abusive" else supervisor

    asked = office.post(triager, "/approvals", about(claimed, subject, approver) | lent_to(caseworker))

    assert problem(asked) == (422, "approver-unfit")
    assert office.get(caseworker, f"/reports/{claimed.id}/body").status_code == 404


@pytest.mark.parametrize(("to", "more"), [("insufficient", {"no_contact": True}), ("received", {})])
def test_what_was_lent_ends_when_the_report_moves_on_undecided(
    office: Office, claimed: Report, triager: Person, supervisor: Person, to: str, more: dict[str, object]
) -> None:
    asked = office.post(triager, "/approvals", about(claimed, "waiting", supervisor) | lent_to(supervisor)).json()
    step: dict[str, object] = {"to": to, "reason": "decided", "priority": "p3", **more}

    office.post(triager, f"/reports/{claimed.id}/transitions", step, version=1).raise_for_status()

    assert office.get(supervisor, f"/approvals/{asked['id']}").json()["state"] == "cancelled"
    assert office.get(supervisor, f"/reports/{claimed.id}/body").status_code == 404


@pytest.fixture
def lent_on(database: Database, rows: Session, supervisor: Person, tmp_path: Path) -> Callable[[date], bool]:
    """Whether the supervisor has a key of anything once a day's rules were followed."""

    def look(day: date) -> bool:
        jobs(keyring.load(tmp_path)).run(database, Blobs(tmp_path), factories.morning(day), clock_is_right=True)
        rows.expire_all()
        (grant,) = rows.scalars(select(Grant).where(Grant.grantee == supervisor.id))
        return grant.file is not None

    return look


def test_what_was_lent_of_what_was_put_away_ends_with_the_key_of_its_epoch(
    office: Office,
    rows: Session,
    epoch: Epoch,
    triager: Person,
    supervisor: Person,
    lent_on: Callable[[date], bool],
) -> None:
    report = factories.report(rows, epoch, state=ReportState.INSUFFICIENT, triager=triager)
    report.opening_due = epoch.destroyed_on - timedelta(days=3)
    rows.commit()
    asked = about(report, "insufficient", supervisor) | lent_to(supervisor)
    office.post(triager, "/approvals", asked).raise_for_status()

    assert [lent_on(epoch.destroyed_on - timedelta(days=left)) for left in (1, 0)] == [True, False]
    assert office.get(supervisor, f"/reports/{report.id}/body").status_code == 404


def test_what_was_lent_of_an_undecided_report_outlives_the_day_of_its_epoch(
    office: Office,
    claimed: Report,
    epoch: Epoch,
    triager: Person,
    supervisor: Person,
    lent_on: Callable[[date], bool],
) -> None:
    office.post(triager, "/approvals", about(claimed, "waiting", supervisor) | lent_to(supervisor)).raise_for_status()

    # Until a loan is over, and no longer.
    assert [lent_on(epoch.destroyed_on + timedelta(days=more)) for more in (1, 2)] == [True, False]


def test_a_withdrawal_holds_though_somebody_decides_at_the_same_moment(
    database: Database, rows: Session, claimed: Report, triager: Person, supervisor: Person
) -> None:
    approval = factories.approval(rows, triager, supervisor, subject=ApprovalSubject.WAITING, of=claimed)
    box = rows.scalars(select(Mailbox.token_sha256).where(Mailbox.report_id == claimed.id)).one()
    sent = Post(
        id=factories.id_("msg"),
        kind=MessageKind.WITHDRAW,
        consent_id=None,
        message=factories.sealed(Kind.MESSAGE),
        thread_state=factories.sealed(Kind.SLOT),
        secret=factories.WITHDRAWAL,
    )
    approver = Actor(supervisor.id, frozenset({Role.SUPERVISOR}), None, factories.DAY)

    def withdraw() -> None:
        with database.write() as session:
            posts.post(session, box, sent, place_key=bytes(32), acted=[moves.reporter_acted], now=factories.HOUR)

    with ThreadPoolExecutor(1) as threads:
        with database.write() as session:
            said = factories.sealed(Kind.TASK)
            service.decide(
                session,
                approver,
                {ApprovalSubject.WAITING: WAITING},
                approval.id,
                ApprovalState.APPROVED,
                said,
                seen={1},
                now=factories.HOUR,
            )
            withdrawal = threads.submit(withdraw)
            assert not wait([withdrawal], timeout=1).done  # it is under way, and has to wait
        withdrawal.result()

    rows.expire_all()
    assert claimed.state is ReportState.WITHDRAWN
    assert approval.state is ApprovalState.APPROVED
