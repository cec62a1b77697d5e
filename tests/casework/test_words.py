"""What reporters of a case say of being counted: shown to whoever opens the case, and named to its members."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case
from app.casework.withdrawals import service as withdrawals
from app.intake.epochs.models import Epoch
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Message
from app.intake.reports import service as reports
from app.intake.reports.models import Report, ReportFile
from app.intake.sights import service as sights
from app.people.staff.models import Person
from app.protocol.encoding import b64
from app.protocol.mailbox import MessageKind
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalSubject, GrantKind, ReportState
from tests import factories
from tests.casework.conftest import Office, problem


@pytest.fixture
def joined(rows: Session, epoch: Epoch, case: Case) -> Report:
    made = factories.report(rows, epoch, state=ReportState.ACCEPTED, case=case)
    factories.grant(rows, made.id, case.id, GrantKind.CASE)
    rows.commit()
    return made


def posted(rows: Session, report: Report, kind: MessageKind) -> Message:
    made = Message(
        id=factories.id_("msg"),
        report_id=report.id,
        received_on=factories.DAY,
        kind=kind,
        consent_id=factories.id_("cons") if kind is MessageKind.CONSENT else None,
        file=factories.sealed(Kind.MESSAGE),
    )
    rows.add(made)
    if kind in mailbox.CHANGES:
        sights.mark_changed(rows, report.id)
    rows.commit()
    return made


def test_members_are_told_of_changes_and_withdrawals_and_of_no_other_post(
    office: Office, rows: Session, joined: Report, case: Case, caseworker: Person, triager: Person
) -> None:
    before = office.get(caseworker, "/words").json()["items"]
    posted(rows, joined, MessageKind.MESSAGE)
    after_a_message = office.get(caseworker, "/words").json()["items"]
    posts = [posted(rows, joined, kind).id for kind in (MessageKind.CONSENT, MessageKind.WITHDRAW)]

    assert (before, after_a_message) == ([], [])
    assert office.get(caseworker, "/words").json()["items"] == [
        {"id": joined.id, "case": case.id, "posts": sorted(posts)}
    ]
    assert office.get(triager, "/words").json()["items"] == []  # holds the epoch's key, and is no member


def test_members_and_who_is_lent_the_key_get_all_from_which_the_answers_follow_and_it_is_recorded(
    office: Office, rows: Session, joined: Report, case: Case, caseworker: Person, colleague: Person, triager: Person
) -> None:
    post = posted(rows, joined, MessageKind.CONSENT)
    factories.approval(rows, caseworker, colleague, subject=ApprovalSubject.CODING, of=case)
    rows.commit()
    path = f"/cases/{case.id}/words"

    for who in (caseworker, colleague):
        [item] = office.get(who, path).json()["items"]
        assert (item["id"], item["destroyed"]) == (joined.id, False)
        assert [each["grantee"] for each in item["grants"]] == [case.id]
        assert [each["id"] for each in item["messages"]] == [post.id]
        assert item["body"] == b64(rows.get_one(ReportFile, joined.id).body)
        read = rows.query(AuditEvent).filter_by(actor_id=who.id, action=Action.MESSAGES_READ, object_id=joined.id)
        assert read.count() == 1
    assert problem(office.get(triager, path)) == (404, "not-found")


def test_of_a_destroyed_report_there_is_nothing_but_that_it_was(
    office: Office, rows: Session, joined: Report, case: Case, caseworker: Person
) -> None:
    joined.destroyed_on = date(2026, 6, 15)
    rows.commit()

    assert office.get(caseworker, f"/cases/{case.id}/words").json()["items"] == [
        {"id": joined.id, "destroyed": True, "grants": [], "body": None, "messages": []}
    ]


def test_a_change_that_no_member_asked_for_in_a_week_is_the_supervisors_until_one_does(
    office: Office,
    rows: Session,
    joined: Report,
    case: Case,
    caseworker: Person,
    colleague: Person,
    supervisor: Person,
) -> None:
    day, path = factories.DAY - withdrawals.OF_MEMBERS, f"/cases/{case.id}/words"
    version, since = joined.version, day - timedelta(days=1)
    factories.approval(rows, caseworker, colleague, subject=ApprovalSubject.CODING, of=case)

    def told() -> list[tuple[str, str, str]]:
        items = office.get(supervisor, "/duties").json()["items"]
        return [(each["kind"], each["object"], each["since"]) for each in items if each["object"] == case.id]

    reports.let_wait(rows, joined.id, today=day)
    rows.commit()
    in_time = told()
    reports.have_heard(rows, case.id)
    reports.let_wait(rows, joined.id, today=since)
    reports.let_wait(rows, joined.id, today=factories.DAY)  # the first counts
    rows.commit()
    late = told()
    office.get(colleague, path)  # who is lent the key writes nothing
    still = told()
    office.get(caseworker, path)

    assert (in_time, late, still) == ([], [("name_member", case.id, str(since))], late)
    assert told() == []
    rows.expire_all()
    assert joined.version == version


def test_a_change_of_what_no_case_has_waits_for_nobody(rows: Session, epoch: Epoch) -> None:
    alone = factories.report(rows, epoch)
    rows.commit()

    reports.let_wait(rows, alone.id, today=factories.DAY)

    rows.expire_all()
    assert alone.unheard_since is None
