"""Every action of staff and every key that somebody fetched is in the chain, under their name."""

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, JournalEntry
from app.intake.epochs.models import Epoch
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import Role
from tests import factories
from tests.casework.conftest import CONSENT, MOVE, Office

GRANT = factories.in_json(Kind.GRANT)


def test_the_way_of_a_report_into_a_case_is_recorded_act_by_act(
    office: Office, rows: Session, epoch: Epoch, triager: Person, caseworker: Person
) -> None:
    other = factories.certified(rows, Role.CASEWORKER)
    report, case, part = factories.report(rows, epoch), factories.id_("case"), factories.id_("part")
    claim: dict[str, object] = {"to": "in_triage", "reason": "decided"}
    opened: dict[str, object] = {
        "id": case,
        "team": caseworker.team_id,
        "owner": caseworker.id,
        "priority": "p1",
        "entries": [factories.in_json(Kind.JOURNAL)],
        "parts": [{"id": part, "version": 1, "file": factories.in_json(Kind.PART)}],
        "grants": [{"grantee": each.id, "file": GRANT} for each in (triager, caseworker)],
    }
    accept: dict[str, object] = {
        "to": "accepted",
        "reason": "decided",
        "priority": "p1",
        "joins": {"case": case, "after": 1, "entry": factories.in_json(Kind.JOURNAL)},
        "grant": {"grantee": case, "file": GRANT},
    }
    ask: dict[str, object] = {
        "subject": "coding",
        "object": case,
        "approver": other.id,
        "grant": {"grantee": other.id, "file": GRANT},
    }

    office.post(triager, f"/reports/{report.id}/transitions", claim, version=1).raise_for_status()
    office.get(triager, f"/reports/{report.id}/grants").raise_for_status()
    office.get(triager, f"/reports/{report.id}/body").raise_for_status()
    office.post(triager, f"/reports/{report.id}/messages", factories.ANSWER, version=2).raise_for_status()
    office.post(triager, "/cases", opened).raise_for_status()
    office.post(triager, f"/reports/{report.id}/transitions", accept, version=3).raise_for_status()
    office.get(caseworker, f"/cases/{case}/contents").raise_for_status()
    office.get(caseworker, f"/cases/{case}/parts/{part}").raise_for_status()
    asked = office.post(caseworker, "/approvals", ask).json()["id"]
    office.get(other, f"/approvals/{asked}/grant").raise_for_status()
    decision: dict[str, object] = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
    office.post(other, f"/approvals/{asked}/transitions", decision, version=1).raise_for_status()

    events = rows.query(AuditEvent).order_by(AuditEvent.seq).all()
    assert [(event.action, event.actor_id, event.object_id) for event in events] == [
        ("report.moved", triager.id, report.id),
        ("grant.fetched", triager.id, report.id),
        ("report.read", triager.id, report.id),
        ("reporter.answered", triager.id, report.id),
        ("case.made", triager.id, case),
        ("grant.made", triager.id, case),
        ("grant.made", triager.id, case),
        ("case.written", triager.id, case),
        ("case.written", triager.id, case),  # the report joins it
        ("grant.made", triager.id, report.id),
        ("report.moved", triager.id, report.id),
        ("case.read", caseworker.id, case),  # with the key that opens it
        ("case.read", caseworker.id, case),
        ("grant.made", caseworker.id, case),
        ("approval.requested", caseworker.id, asked),
        ("grant.fetched", other.id, case),
        ("grant.revoked", other.id, case),
        ("approval.decided", other.id, asked),
    ]
    audit.verify(events)


def test_what_was_read_of_a_case_stands_beside_its_reading_and_a_step_beside_its_mover(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    newest = rows.query(JournalEntry.sha256).filter_by(case_id=case.id).scalar()

    office.get(caseworker, f"/cases/{case.id}/contents").raise_for_status()
    office.post(caseworker, f"/cases/{case.id}/consents", CONSENT).raise_for_status()
    office.post(caseworker, f"/cases/{case.id}/transitions", MOVE, version=1).raise_for_status()

    read, _, moved = rows.query(AuditEvent).order_by(AuditEvent.seq).all()
    assert (read.action, read.object_id, read.object_hash) == ("case.read", case.id, newest)
    assert (moved.action, moved.object_id, moved.actor_id) == ("case.moved", case.id, caseworker.id)
