"""Nobody approves more codings on a day than a bound, and supervisors see who came to it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals import bound
from app.casework.approvals.models import Approval, ApprovalDay
from app.casework.cases.models import Case
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, Role
from tests import factories
from tests.casework.conftest import Office
from tests.factories import DAY

STATEMENT = factories.in_json(Kind.MESSAGE)


def approve(office: Office, who: Person, approval: Approval, to: str = "approved") -> tuple[int, str]:
    body = {"to": to, "statement": STATEMENT if to == "approved" else None}
    answer = office.post(who, f"/approvals/{approval.id}/transitions", body, version=1)
    return answer.status_code, answer.json().get("type", "").removeprefix("/problems/")


def looks(office: Office, who: Person) -> list[tuple[str, str]]:
    items = office.get(who, "/duties").json()["items"]
    return [(each["object"], each["since"]) for each in items if each["kind"] == "look_at_approvals"]


@pytest.fixture
def asked(rows: Session, case: Case, caseworker: Person, supervisor: Person) -> Approval:
    """A coding that the supervisor is asked to approve, who has approved all but one of a day's."""
    asked = factories.approval(rows, caseworker, supervisor, subject=ApprovalSubject.CODING, of=case)
    rows.add(ApprovalDay(person_id=supervisor.id, day=DAY, number=bound.MOST_A_DAY - 1))
    rows.commit()
    return asked


def test_the_last_coding_of_a_day_is_approved_and_one_more_is_not(
    office: Office, rows: Session, case: Case, caseworker: Person, supervisor: Person, asked: Approval
) -> None:
    more, paper = (
        factories.approval(rows, caseworker, supervisor, subject=subject, of=case)
        for subject in (ApprovalSubject.CODING, ApprovalSubject.DELETION)
    )
    rows.commit()

    assert approve(office, supervisor, asked) == (201, "")
    assert approve(office, supervisor, more) == (409, "too-many-approvals")
    assert approve(office, supervisor, more, "rejected") == (201, "")
    assert approve(office, supervisor, paper) == (201, "")
    rows.expire_all()
    assert rows.get_one(Approval, more.id).state is ApprovalState.REJECTED
    assert rows.scalars(select(ApprovalDay.number)).all() == [bound.MOST_A_DAY]


def test_another_supervisor_is_told_and_nobody_else(
    office: Office, rows: Session, caseworker: Person, supervisor: Person, asked: Approval
) -> None:
    second = factories.certified(rows, Role.SUPERVISOR)
    rows.commit()
    before = looks(office, second)

    approve(office, supervisor, asked)

    assert (before, looks(office, second)) == ([], [(supervisor.id, str(DAY))])
    assert (looks(office, supervisor), looks(office, caseworker)) == ([], [])


def test_a_day_is_forgotten_when_nobody_is_told_of_it_any_more(rows: Session, supervisor: Person) -> None:
    days = [DAY - bound.SEEN - timedelta(days=1), DAY - bound.SEEN, DAY]
    rows.add_all(ApprovalDay(person_id=supervisor.id, day=day, number=1) for day in days)
    rows.flush()

    bound.forget(rows, DAY)

    assert rows.scalars(select(ApprovalDay.day).order_by(ApprovalDay.day)).all() == days[1:]


def test_each_person_and_each_day_has_a_bound_of_its_own(rows: Session, caseworker: Person, supervisor: Person) -> None:
    rows.add(ApprovalDay(person_id=supervisor.id, day=DAY, number=bound.MOST_A_DAY))
    rows.flush()

    bound.count(rows, caseworker.id, DAY)
    bound.count(rows, supervisor.id, DAY + timedelta(days=1))

    with pytest.raises(bound.TooManyApprovals):
        bound.count(rows, supervisor.id, DAY)


def test_who_approves_is_counted_from_one(rows: Session, supervisor: Person) -> None:
    for number in (1, 2, 3):
        bound.count(rows, supervisor.id, DAY)
        assert rows.scalars(select(ApprovalDay.number)).all() == [number]


def test_another_supervisor_is_told_of_each_day_at_the_bound_for_a_fortnight(
    rows: Session, caseworker: Person, supervisor: Person
) -> None:
    people = {Role.SUPERVISOR: supervisor, Role.CASEWORKER: caseworker}
    for days, number in ((0, bound.MOST_A_DAY), (1, bound.MOST_A_DAY - 1), (14, bound.MOST_A_DAY), (15, 200)):
        for each in people.values():
            rows.add(ApprovalDay(person_id=each.id, day=DAY - timedelta(days=days), number=number))
    rows.flush()

    told = {
        role: [(duty.object, duty.since) for duty in bound.duties(rows, Actor(who.id, frozenset({role}), None, DAY))]
        for role, who in people.items()
    }

    at_bound = [(caseworker.id, DAY - timedelta(days=14)), (caseworker.id, DAY)]
    assert told == {Role.SUPERVISOR: at_bound, Role.CASEWORKER: []}
