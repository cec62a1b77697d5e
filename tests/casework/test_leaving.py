"""What the service ends with a certificate that takes roles: in one transaction, and nothing that nobody else holds."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.cases.models import Case, Membership
from app.database import Database
from app.intake.reports.models import Report
from app.main import CURTAILED
from app.people.copies.models import CopyToken, KeyCopy
from app.people.grants.models import Grant
from app.people.shared_keys.models import SharedKey
from app.people.staff.models import Certificate, Person
from app.people.staff.service import Standing
from app.protocol.duties import DutyKind
from app.protocol.encoding import unb64
from app.protocol.sizes import Kind
from app.protocol.statements import KeyKind
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind, ReportState, Role
from tests import factories
from tests.casework.conftest import Office, problem


def left(rows: Session, database: Database, person: Person, supervisor: Person, *roles: Role) -> None:
    """Certified anew with these roles alone, and what follows from that."""
    before = rows.scalars(select(Certificate).where(Certificate.person_id == person.id)).one()
    before.roles = frozenset(roles)
    rows.commit()
    actor = Actor(supervisor.id, frozenset({Role.SUPERVISOR}), supervisor.team_id, today=factories.DAY)
    with database.write() as session:
        for curtail in CURTAILED:
            curtail(session, Standing(actor, person.id, frozenset(roles), factories.HOUR))
    rows.expire_all()


@pytest.fixture
def leaver(rows: Session, office: Office) -> Person:
    return factories.certified(rows, Role.TRIAGER, Role.CASEWORKER)


@pytest.fixture
def colleague(rows: Session, office: Office) -> Person:
    return factories.certified(rows, Role.TRIAGER, Role.CASEWORKER)


def kept(rows: Session, person: Person) -> set[str]:
    held = select(Grant).where(Grant.grantee == person.id, Grant.revoked.is_(False))
    return {each.subject for each in rows.scalars(held)}


def test_all_ends_that_somebody_else_goes_on_with(
    rows: Session, database: Database, office: Office, leaver: Person, colleague: Person, supervisor: Person
) -> None:
    epoch = factories.epoch(rows, leaver, colleague)
    reports = [
        factories.report(rows, epoch, state=state, triager=leaver)
        for state in (ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER)
    ]
    handed = factories.report(rows, epoch, state=ReportState.ACCEPTED, triager=colleague)
    factories.grant(rows, handed.id, leaver.id)
    case = factories.case(rows, leaver, colleague)
    asked = factories.approval(rows, colleague, leaver, subject=ApprovalSubject.CODING, of=case)
    token = CopyToken(id=factories.id_("tok"), token_sha256="0" * 64, person_id=leaver.id, expires_on=date(2026, 6, 17))
    copy = KeyCopy(
        person_id=leaver.id, number=1, sha256="0" * 64, file=unb64(factories.KEY_COPY), kept_on=factories.DAY
    )
    rows.add_all([token, copy])
    assert office.get(leaver, "/people").status_code == 200

    left(rows, database, leaver, supervisor)

    assert office.get(leaver, "/people").status_code == 401
    assert [(rows.get_one(Report, each.id).state, each.triager_id) for each in (*reports, handed)] == [
        (ReportState.RECEIVED, None)
    ] * 3
    assert kept(rows, leaver) == set()
    assert [each.person_id for each in rows.scalars(select(Membership))] == [colleague.id]
    assert rows.get_one(Case, case.id).owner_id is None
    assert asked.state is ApprovalState.CANCELLED
    assert rows.scalars(select(CopyToken)).all() == []
    assert rows.scalars(select(KeyCopy.file)).all() == [None]


def test_what_nobody_else_holds_stays_and_is_told_before(
    rows: Session, database: Database, office: Office, leaver: Person, colleague: Person, supervisor: Person
) -> None:
    alone, both = factories.case(rows, leaver), factories.case(rows, leaver, colleague)
    gone = factories.person(rows, Role.CASEWORKER)  # certified no more
    with_gone = factories.case(rows, leaver)
    factories.grant(rows, with_gone.id, gone.id)
    unused = factories.epoch(rows, leaver)

    told = office.get(supervisor, f"/people/{leaver.id}/holdings").json()["items"]
    left(rows, database, leaver, supervisor)

    assert {each["object"]: each["alone"] for each in told} == {alone.id: True, both.id: False, with_gone.id: True}
    assert kept(rows, leaver) == {alone.id, with_gone.id, unused.id}
    members = rows.scalars(select(Membership).where(Membership.case_id == alone.id))
    assert [each.person_id for each in members] == [leaver.id]


def test_a_role_takes_what_it_gave_and_no_more(
    rows: Session, database: Database, office: Office, leaver: Person, colleague: Person, supervisor: Person
) -> None:
    epoch = factories.epoch(rows, leaver, colleague)
    report = factories.report(rows, epoch, state=ReportState.IN_TRIAGE, triager=leaver)
    case = factories.case(rows, leaver, colleague)
    assert office.get(leaver, "/people").status_code == 200

    left(rows, database, leaver, supervisor, Role.CASEWORKER)

    assert rows.get_one(Report, report.id).triager_id is None
    assert kept(rows, leaver) == {case.id}
    assert rows.get_one(Case, case.id).owner_id == leaver.id
    assert office.get(leaver, "/people").status_code == 200


def test_a_report_that_would_open_for_nobody_in_the_queue_stays_where_it_is(
    rows: Session, database: Database, office: Office, leaver: Person, supervisor: Person
) -> None:
    report = factories.report(rows, factories.epoch(rows, leaver), state=ReportState.ACCEPTED)
    rows.query(Grant).filter_by(subject=report.id, kind=GrantKind.INTAKE).delete()
    factories.grant(rows, report.id, leaver.id)

    left(rows, database, leaver, supervisor)

    assert rows.get_one(Report, report.id).state is ReportState.ACCEPTED
    assert report.id in kept(rows, leaver)


def test_what_takes_a_key_waits_for_those_who_have_one(
    rows: Session, database: Database, office: Office, leaver: Person, colleague: Person, supervisor: Person
) -> None:
    epoch = factories.epoch(rows, leaver, colleague)
    case = factories.case(rows, leaver, colleague)
    key = SharedKey(
        id=factories.id_("key"),
        kind=KeyKind.CARD_WRITING,
        recipient=str(factories.SOMEBODY),
        document="",
        version=1,
        valid_from=factories.DAY,
        valid_until=factories.DAY + timedelta(days=31),
    )
    rows.add(key)
    for each in (leaver, colleague):
        factories.grant(rows, key.id, each.id)
    before = [told(office, each) for each in (supervisor, colleague)]

    left(rows, database, leaver, supervisor)

    assert before == [{("sign_epochs", "intake", None)}, set()]
    assert told(office, supervisor) - before[0] == {
        ("replace_epoch", epoch.id, leaver.id),
        ("turn_shared_key", key.id, leaver.id),
    }
    assert told(office, colleague) == {("turn_case", case.id, None)}


def told(office: Office, who: Person) -> set[tuple[str, str, str | None]]:
    return {(each["kind"], each["object"], each["whom"]) for each in office.get(who, "/duties").json()["items"]}


def test_without_any_role_for_cases_the_keys_of_a_case_go_and_it_turns_first(
    rows: Session, database: Database, office: Office, leaver: Person, colleague: Person, supervisor: Person
) -> None:
    case, alone = factories.case(rows, colleague, leaver), factories.case(rows, leaver)
    body = {"entries": [factories.in_json(Kind.JOURNAL)]}

    left(rows, database, leaver, supervisor, Role.ANALYST)

    assert kept(rows, leaver) == {alone.id}
    assert problem(office.post(colleague, f"/cases/{case.id}/entries", body, version=1)) == (409, "turn-first")
    duties = office.get(colleague, "/duties").json()["items"]
    assert [each["object"] for each in duties if each["kind"] == DutyKind.TURN_CASE] == [case.id]
    grants = [{"grantee": each, "file": factories.in_json(Kind.GRANT)} for each in (colleague.id, case.id)]
    turned = {**body, "turned": grants, "remove": [leaver.id]}
    assert office.post(colleague, f"/cases/{case.id}/entries", turned, version=1).status_code == 201
    members = select(Membership.person_id).where(Membership.case_id == case.id)
    assert list(rows.scalars(members)) == [colleague.id]
