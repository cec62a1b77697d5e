"""Consents of the people in a case: every answer is kept, and the newest of its id counts."""

import pytest

from app.casework.cases.models import Case
from app.people.staff.models import Person
from tests import factories
from tests.casework.conftest import CONSENT, MOVE, Office, problem


@pytest.mark.parametrize(("status", "settled"), [("given", True), ("declined", True), ("asked", False)])
def test_a_consent_is_settled_by_a_yes_or_a_no(
    office: Office, case: Case, caseworker: Person, status: str, settled: bool
) -> None:
    office.post(caseworker, f"/cases/{case.id}/consents", CONSENT | {"status": status}).raise_for_status()

    moved = office.post(caseworker, f"/cases/{case.id}/transitions", MOVE, version=1)

    assert moved.status_code == (201 if settled else 409)


def test_a_withdrawn_consent_settles_nothing(office: Office, case: Case, caseworker: Person) -> None:
    path = f"/cases/{case.id}/consents"
    office.post(caseworker, path, CONSENT).raise_for_status()
    office.post(caseworker, path, CONSENT | {"status": "withdrawn", "number": 2}).raise_for_status()

    moved = office.post(caseworker, f"/cases/{case.id}/transitions", MOVE, version=1)

    assert moved.json()["failing"] == ["reporter_consent_settled"]


def test_a_changed_mind_is_a_new_answer_and_the_old_one_stays(office: Office, case: Case, caseworker: Person) -> None:
    path = f"/cases/{case.id}/consents"
    for number, status in enumerate(("asked", "given", "withdrawn", "declined"), start=1):
        office.post(caseworker, path, CONSENT | {"status": status, "number": number}).raise_for_status()

    answers = office.get(caseworker, path).json()["items"]

    assert [(each["number"], each["status"]) for each in answers] == [
        (1, "asked"),
        (2, "given"),
        (3, "withdrawn"),
        (4, "declined"),
    ]


@pytest.mark.parametrize(
    ("first", "second"), [("asked", "withdrawn"), ("given", "declined"), ("given", "given"), ("declined", "expired")]
)
def test_an_answer_that_cannot_follow_is_refused(
    office: Office, case: Case, caseworker: Person, first: str, second: str
) -> None:
    path = f"/cases/{case.id}/consents"
    office.post(caseworker, path, CONSENT | {"status": first}).raise_for_status()

    assert problem(office.post(caseworker, path, CONSENT | {"status": second, "number": 2})) == (409, "no-such-step")


def test_the_answers_of_a_slot_are_of_one_person(office: Office, case: Case, caseworker: Person) -> None:
    path = f"/cases/{case.id}/consents"
    office.post(caseworker, path, CONSENT | {"status": "asked"}).raise_for_status()

    of_another = office.post(caseworker, path, CONSENT | {"person": factories.id_("psn"), "number": 2})

    assert (problem(of_another), of_another.json()["failing"]) == ((409, "guards-fail"), ["same_person"])


@pytest.mark.parametrize("number", [1, 3])
def test_an_answer_by_somebody_who_had_not_read_the_last_one_is_refused(
    office: Office, case: Case, caseworker: Person, number: int
) -> None:
    path = f"/cases/{case.id}/consents"
    office.post(caseworker, path, CONSENT | {"status": "asked"}).raise_for_status()

    late = office.post(caseworker, path, CONSENT | {"number": number})

    assert problem(late) == (412, "stale-version")
