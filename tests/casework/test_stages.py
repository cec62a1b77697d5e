"""Stages: where a case can go, who may take it there, and what must hold."""

from sqlalchemy.orm import Session

from app.casework.cases.models import Case
from app.casework.stages.machine import EDGES
from app.people.staff.models import Person
from app.vocabulary import CaseStage
from tests.casework.conftest import CONSENT, MOVE, Office, problem


def test_assessment_waits_for_an_owner_and_the_reporters_consent(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    case.owner_id = None
    path = f"/cases/{case.id}/transitions"

    offered = office.get(caseworker, path).json()["items"]
    refused = office.post(caseworker, path, MOVE, version=case.version)

    guards = ["has_owner", "reporter_consent_settled"]
    assert offered == [{"to": "assessment", "failing": guards}]
    assert (problem(refused), refused.json()["failing"]) == ((409, "guards-fail"), guards)


def test_a_supervisor_who_is_no_member_does_not_move_a_case(office: Office, case: Case, supervisor: Person) -> None:
    path = f"/cases/{case.id}/transitions"

    assert office.get(supervisor, path).json()["items"] == []
    assert problem(office.post(supervisor, path, MOVE, version=1)) == (409, "no-such-step")


def test_a_case_goes_from_intake_to_assessment_and_back_and_nowhere_else_yet(
    office: Office, case: Case, caseworker: Person
) -> None:
    office.post(caseworker, f"/cases/{case.id}/consents", CONSENT).raise_for_status()
    path = f"/cases/{case.id}/transitions"

    closed = office.post(caseworker, path, MOVE | {"to": "closed"}, version=1)
    moved = office.post(caseworker, path, MOVE, version=1)

    assert problem(closed) == (409, "no-such-step")
    assert (moved.json()["stage"], moved.json()["reason"], moved.headers["ETag"]) == ("assessment", "decided", '"2"')
    assert office.get(caseworker, f"/cases/{case.id}").json()["reason"] == "decided"
    assert office.get(caseworker, path).json()["items"] == [{"to": "intake", "failing": []}]
    back = office.post(caseworker, path, {"to": "intake", "reason": "error"}, version=2)
    assert (back.json()["stage"], back.json()["reason"]) == ("intake", "error")


def test_no_walk_through_the_machine_reaches_closed() -> None:
    reached = {CaseStage.INTAKE}
    for _ in CaseStage:
        reached |= {to for origin, to in EDGES if origin in reached}

    assert reached == {CaseStage.INTAKE, CaseStage.ASSESSMENT}
