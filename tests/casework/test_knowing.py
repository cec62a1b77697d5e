"""Who may know of a case, who works on it and who reads it: by the rows alone, of everybody at once."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases import service as cases
from app.casework.cases.models import Case, CasePart, Membership
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.people.staff.service import Standing
from app.problems import NotFound
from app.vocabulary import Role
from tests import factories
from tests.factories import DAY, HOUR


@dataclass
class House:
    """Two cases of one owner, one more of somebody else's, and what each person is to them."""

    rows: Session
    case: Case
    second: Case
    other: Case
    people: dict[str, Person]
    roles: dict[str, Role]

    def actor(self, name: str) -> Actor:
        return Actor(self.people[name].id, frozenset({self.roles[name]}), self.people[name].team_id, DAY)

    def found(self, query: Select[Case] | Select[str]) -> set[str]:
        names = {self.case.id: "case", self.second.id: "second", self.other.id: "other"}
        return {names[each.id if isinstance(each, Case) else each] for each in self.rows.scalars(query)}


@pytest.fixture
def house(rows: Session) -> House:
    factories.organisation(rows)
    owner = factories.certified(rows, Role.CASEWORKER)
    people = {"owner": owner, "outsider": factories.certified(rows, Role.CASEWORKER)}
    roles = {"owner": Role.CASEWORKER, "outsider": Role.CASEWORKER}
    for name, role in {
        "member": Role.CASEWORKER,
        "until today": Role.CASEWORKER,
        "until yesterday": Role.CASEWORKER,
        "approver": Role.CASEWORKER,
        "colleague": Role.CASEWORKER,
        "supervisor": Role.SUPERVISOR,
        "auditor": Role.AUDITOR,
    }.items():
        people[name], roles[name] = factories.certified(rows, role, team_id=owner.team_id), role
    people["supervisor elsewhere"] = factories.certified(rows, Role.SUPERVISOR)
    roles["supervisor elsewhere"] = Role.SUPERVISOR
    case = factories.case(rows, owner, people["member"], people["until today"], people["until yesterday"])
    second, other = factories.case(rows, owner), factories.case(rows, people["outsider"])
    for name, days in (("until today", 0), ("until yesterday", 1)):
        membership = rows.get_one(Membership, (case.id, people[name].id))
        membership.until = DAY - timedelta(days=days)
    factories.grant(rows, case.id, people["approver"].id)
    rows.commit()
    return House(rows, case, second, other, people, roles)


MEMBERS = {
    "owner": {"case", "second"},
    "member": {"case"},
    "until today": {"case"},
    "outsider": {"other"},
}
VISIBLE = MEMBERS | {"supervisor": {"case", "second"}}


def test_the_state_of_a_case_is_visible_to_its_members_and_to_supervisors_of_its_team(house: House) -> None:
    seen = {name: house.found(cases.visible_to(house.actor(name))) for name in house.people}

    assert {name: of for name, of in seen.items() if of} == VISIBLE


def test_on_a_case_work_its_members_alone_and_until_their_last_day(house: House) -> None:
    ids = [house.case.id, house.second.id, factories.id_("case")]
    names = {house.case.id: "case", house.second.id: "second"}
    for asked in (cases.of_member, cases.all_of_member):
        theirs = {name: house.found(asked(house.actor(name))) for name in house.people}
        assert {name: of for name, of in theirs.items() if of} == MEMBERS
    among = {name: cases.worked_on_among(house.rows, house.actor(name), ids) for name in house.people}
    is_member = {name for name in house.people if cases.is_member(house.rows, house.actor(name), house.case.id)}

    assert {name: {names[each] for each in of} for name, of in among.items() if of} == {
        name: of for name, of in MEMBERS.items() if name != "outsider"
    }
    assert is_member == {"owner", "member", "until today"}


def test_a_case_is_read_by_whom_its_key_was_granted_to_and_led_by_its_owner(house: House) -> None:
    read = {name: house.found(cases.readable_by(house.actor(name))) for name in house.people}
    led, by_nobody = (
        {
            name: house.found(select(Membership.case_id).where(rule(house.actor(name), Membership.case_id)))
            for name in house.people
        }
        for rule in (cases.led_by, cases.led_by_nobody)
    )

    granted = {"owner", "member", "until today", "until yesterday", "approver"}
    assert {name for name, of in read.items() if "case" in of} == granted
    assert {name: of for name, of in led.items() if of} == {"owner": {"case", "second"}, "outsider": {"other"}}
    assert set(map(frozenset, by_nobody.values())) == {frozenset()}


def test_a_forbidden_case_is_as_absent_as_one_that_never_was(house: House) -> None:
    for name in house.people:
        for case in (house.case.id, factories.id_("case")):
            try:
                seen = cases.get(house.rows, house.actor(name), case).id
            except NotFound:
                seen = None
            assert (seen is not None) == (case == house.case.id and "case" in VISIBLE.get(name, set()))


def own_part(house: House, *names: str) -> str:
    """A part of the case, with a key of its own that these hold."""
    part = house.rows.scalars(select(CasePart.id).where(CasePart.case_id == house.case.id)).one()
    for name in names:
        factories.grant(house.rows, part, house.people[name].id)
    return part


def held(house: House, name: str) -> set[str]:
    theirs = select(Grant.subject).where(Grant.grantee == house.people[name].id, ~Grant.revoked)
    return set(house.rows.scalars(theirs))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.TRIAGER])
def test_without_a_role_for_cases_a_member_stays_one_and_holds_no_key_of_theirs(house: House, role: Role) -> None:
    part = own_part(house, "owner", "member")
    factories.grant(house.rows, house.other.id, house.people["member"].id)  # of a case that they do not work on
    before = held(house, "member")

    standing = Standing(house.actor("supervisor"), house.people["member"].id, frozenset({role}), HOUR)
    cases.curtail(house.rows, standing)

    kept = {house.other.id} if role is Role.AUDITOR else before
    assert (before, held(house, "member")) == ({house.case.id, house.other.id, part}, kept)
    assert house.found(cases.of_member(house.actor("member"))) == {"case"}
    assert held(house, "owner") == {house.case.id, house.second.id, part}


def test_who_has_left_works_on_no_case_that_somebody_goes_on_with(house: House) -> None:
    part = own_part(house, "owner", "member")

    cases.curtail(house.rows, Standing(house.actor("supervisor"), house.people["owner"].id, frozenset(), HOUR))

    assert house.found(cases.of_member(house.actor("owner"))) == {"second"}
    assert held(house, "owner") == {house.second.id}
    assert (house.case.owner_id, house.second.owner_id) == (None, house.people["owner"].id)
    assert held(house, "member") == {house.case.id, part}
    house.rows.commit()
    changed = select(AuditEvent.object_id).where(AuditEvent.action == Action.MEMBERS_CHANGED)
    assert house.rows.scalars(changed).all() == [house.case.id]
    assert house.found(cases.of_member(house.actor("member"))) == {"case"}
