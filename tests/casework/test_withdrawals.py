"""What a reporter took back is destroyed in its case over HTTP: by a member, once, and nothing else."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, CasePart, CheckpointPiece, JournalEntry, Membership
from app.casework.consents.models import Consent
from app.casework.work.models import Assessment, CaseTask, Plan
from app.intake.epochs.models import Epoch
from app.intake.mailbox.models import Mailbox, Slot
from app.intake.reports.models import Report, ReportFile
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.mailbox import FIRST_STAFF_SLOT, STATE_SLOT
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalSubject, GrantKind, ReportState
from tests import factories
from tests.casework.conftest import CONSENT, Office, problem


def joined(rows: Session, epoch: Epoch, case: Case, state: ReportState) -> Report:
    made = factories.report(rows, epoch, state=state, case=case)
    made.withdrawn_on = factories.DAY if state is ReportState.WITHDRAWN else None
    factories.grant(rows, made.id, case.id, GrantKind.CASE)
    rows.commit()
    return made


@pytest.fixture
def taken_back(rows: Session, epoch: Epoch, case: Case) -> Report:
    return joined(rows, epoch, case, ReportState.WITHDRAWN)


def ended(report: Report, **more: object) -> Mapping[str, object]:
    return {"report": report.id, "last": [factories.in_json(Kind.SLOT)] * 2, **more}


def slots(rows: Session, report: Report) -> list[int]:
    of_report = select(Slot.number).join(Mailbox).where(Mailbox.report_id == report.id)
    return list(rows.scalars(of_report.order_by(Slot.number)))


def test_with_its_last_report_a_case_goes_and_nothing_of_it_is_there(
    office: Office, rows: Session, case: Case, taken_back: Report, caseworker: Person, colleague: Person
) -> None:
    office.post(caseworker, f"/cases/{case.id}/consents", CONSENT)
    factories.approval(rows, caseworker, colleague, subject=ApprovalSubject.CODING, of=case)
    case_id, part = case.id, rows.scalars(select(CasePart.id)).one()
    for what, said in (
        ("assessment", {"part_version": 1, "level": "high", "valid_until": str(factories.DAY)}),
        ("plan", {"part_version": 1, "status": "agreed"}),
        (f"tasks/{factories.id_('task')}", {"kind": "contact"}),
    ):
        office.put(caseworker, f"/cases/{case_id}/{what}", {"part": part, **said}, version=1).raise_for_status()
    path, body = f"/cases/{case_id}/withdrawals", ended(taken_back)
    headers = factories.signed_in(rows, caseworker) | factories.writes(version=1)
    rows.commit()

    first, again = (office.client.post(f"/v1{path}", json=body, headers=headers) for _ in range(2))

    rows.expire_all()
    assert (first.status_code, first.json()) == (201, {"id": taken_back.id})
    assert (again.status_code, again.json()) == (201, {"id": taken_back.id})
    assert slots(rows, taken_back) == [STATE_SLOT, FIRST_STAFF_SLOT, FIRST_STAFF_SLOT + 1]
    assert (taken_back.is_destroyed, taken_back.case_id) == (True, None)
    assert rows.get(ReportFile, taken_back.id) is None
    for of_case in (CasePart, CheckpointPiece, JournalEntry, Membership, Consent, Assessment, Plan, CaseTask):
        assert rows.scalars(select(of_case).where(of_case.case_id == case_id)).all() == []
    assert rows.scalars(select(Grant).where(Grant.subject.in_([case_id, taken_back.id]))).all() == []
    assert problem(office.get(caseworker, f"/cases/{case_id}")) == (404, "not-found")
    recorded = select(AuditEvent.actor_id).where(AuditEvent.action == Action.WITHDRAWAL_DONE)
    assert rows.scalars(recorded).all() == [caseworker.id]


def test_beside_another_report_only_what_is_named_goes(
    office: Office, rows: Session, epoch: Epoch, case: Case, taken_back: Report, caseworker: Person
) -> None:
    stays = joined(rows, epoch, case, ReportState.ACCEPTED)
    office.post(caseworker, f"/cases/{case.id}/consents", CONSENT)
    part = rows.scalars(select(CasePart.id)).one()
    path, entries = f"/cases/{case.id}/withdrawals", [factories.in_json(Kind.JOURNAL)]

    all_of_it = office.post(caseworker, path, ended(taken_back), version=1)
    what_stays = office.post(caseworker, path, ended(stays, entries=entries), version=1)
    done = office.post(
        caseworker, path, ended(taken_back, entries=entries, parts=[part], people=[CONSENT["person"]]), version=1
    )
    once_more = office.post(caseworker, path, ended(taken_back, entries=entries), version=2)

    assert problem(all_of_it) == (409, "others-remain")
    assert problem(what_stays) == problem(once_more) == (409, "nothing-withdrawn")
    assert done.status_code == 201
    rows.expire_all()
    assert (taken_back.is_destroyed, stays.is_destroyed) == (True, False)
    assert [*rows.scalars(select(CasePart)), *rows.scalars(select(Consent))] == []
    assert [each.number for each in rows.scalars(select(JournalEntry).order_by(JournalEntry.number))] == [1, 2]
    kept = rows.scalars(select(Grant.subject).where(Grant.grantee == case.id)).all()
    assert kept == [stays.id]


def test_a_report_of_another_case_is_none_of_this_one_and_who_has_not_read_the_newest_entry_ends_nothing(
    office: Office, rows: Session, epoch: Epoch, case: Case, taken_back: Report, caseworker: Person
) -> None:
    other = joined(rows, epoch, factories.case(rows, caseworker), ReportState.WITHDRAWN)
    path = f"/cases/{case.id}/withdrawals"

    of_another = office.post(caseworker, path, ended(other), version=1)
    unread = office.post(caseworker, path, ended(taken_back), version=9)

    assert problem(of_another) == (409, "nothing-withdrawn")
    assert problem(unread) == (412, "stale-version")
    rows.expire_all()
    assert not taken_back.is_destroyed
