"""Who comes to a case and who goes, and who else must have agreed: by the rows alone, without what is sealed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.approvals.models import Approval, ApprovalSight
from app.casework.cases import membership
from app.casework.cases.membership import MembersChange
from app.casework.cases.models import Case, Membership
from app.database import Database
from app.intake.sights.models import Sight
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff.models import Person
from app.people.staff.service import Standing
from app.problems import Problem
from app.protocol.journal import Moving, Removal
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, Priority, ReportState, Role
from tests import factories

LEFT = "left"  # is certified for nothing any more
ROLES: dict[str, tuple[Role, ...]] = {
    "opener": (Role.CASEWORKER,),
    "colleague": (Role.CASEWORKER,),
    "third": (Role.TRIAGER,),
    "newcomer": (Role.CASEWORKER,),
    "analyst": (Role.ANALYST,),
    "supervisor": (Role.SUPERVISOR,),
    "leading": (Role.CASEWORKER, Role.SUPERVISOR),
    LEFT: (),
}


@dataclass
class Room:
    """The people of an organisation, and a case of some of them, which the first has opened and leads."""

    database: Database
    rows: Session
    people: dict[str, Person]
    case: Case = field(init=False)

    def of(self, *members: str) -> Case:
        self.case = factories.case(self.rows, *(self.people[name] for name in members))
        self.rows.commit()
        return self.case

    def id(self, name: str) -> str:
        return self.people[name].id

    def actor(self, who: str) -> Actor:
        return Actor(self.id(who), frozenset(ROLES[who]), None, factories.DAY)

    def new(self, *names: str) -> list[NewGrant]:
        """Grants to these, and to the case where it is named."""
        ids = {name: person.id for name, person in self.people.items()} | {"case": self.case.id}
        return [NewGrant(ids[name], factories.sealed(Kind.GRANT)) for name in names]

    def refusal(self, act: Callable[[Session, Case], object]) -> tuple[int, str] | None:
        """Why it is not done, if it is not."""
        try:
            with self.database.write() as session:
                act(session, session.get_one(Case, self.case.id))
        except Problem as problem:
            return problem.status, problem.type
        finally:
            self.rows.expire_all()
        return None

    def change(
        self, who: str, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), owner: str = "", confirm: str = ""
    ) -> tuple[int, str] | None:
        new = MembersChange(
            add=self.new(*add),
            remove=[self.id(name) for name in remove],
            owner_id=self.id(owner) if owner else None,
            confirm=[self.id(confirm)] if confirm else [],
        )
        return self.refusal(
            lambda session, case: membership.change(session, self.actor(who), case, new, now=factories.HOUR)
        )

    def turn(self, who: str, *to: str) -> tuple[int, str] | None:
        new = self.new(*to)
        return self.refusal(
            lambda session, case: membership.turn(session, self.actor(who), case, new, now=factories.HOUR)
        )

    def agree(self, by: str, *removed: str, owner: str = "") -> Approval:
        """Somebody has signed that these go, opener or owner, and that another owns the case then."""
        act = Removal(frozenset(map(self.id, removed)), self.id(owner) if owner else None)
        given = factories.approval(
            self.rows, self.people["third"], self.people[by], subject=ApprovalSubject.REMOVAL, of=self.case
        )
        given.state, given.of = ApprovalState.APPROVED, act.sha256(self.case.id)
        self.rows.commit()
        return given

    def until(self, who: str, last_day: date) -> None:
        self.rows.get_one(Membership, (self.case.id, self.id(who))).until = last_day
        self.rows.commit()

    def members(self, case: Case | None = None) -> set[str]:
        names = {person.id: name for name, person in self.people.items()}
        theirs = select(Membership.person_id).where(Membership.case_id == (case or self.case).id)
        return {names[each] for each in self.rows.scalars(theirs)}

    def recorded(self) -> list[str]:
        of_case = select(AuditEvent.action).where(AuditEvent.object_id == self.case.id).order_by(AuditEvent.seq)
        return list(self.rows.scalars(of_case))

    def generations(self, of: str) -> list[tuple[int, date | None]]:
        """Of the keys that they have, and until when."""
        kept = select(Grant).where(Grant.subject == self.case.id, Grant.grantee == self.id(of), ~Grant.revoked)
        return [(each.generation, each.until) for each in self.rows.scalars(kept.order_by(Grant.generation))]


YESTERDAY, TOMORROW = factories.DAY - timedelta(days=1), factories.DAY + timedelta(days=1)
UNFIT, ALONE, UNCERTIFIED = (422, "members-unfit"), (409, "second-person-needed"), (422, "not-certified")


@pytest.fixture
def room(database: Database, rows: Session) -> Room:
    factories.organisation(rows)
    people = {name: factories.certified(rows, *roles) for name, roles in ROLES.items()}
    people["stranger"] = factories.person(rows, Role.CASEWORKER)
    rows.commit()
    return Room(database, rows, people)


@pytest.mark.parametrize(
    ("owner", "members", "refused"),
    [
        ("opener", ("opener", "colleague", "third"), None),
        ("colleague", ("opener", "colleague"), None),
        ("", ("opener",), None),
        ("opener", ("colleague",), UNFIT),
        ("colleague", ("colleague",), UNFIT),
        ("opener", ("opener", "colleague", "colleague"), UNFIT),
        ("newcomer", ("opener", "colleague"), UNFIT),
        ("third", ("opener", "third"), UNFIT),  # a triager owns no case
        ("opener", ("opener", "analyst"), UNFIT),
        ("opener", ("opener", "stranger"), UNCERTIFIED),
    ],
)
def test_a_case_begins_with_its_opener_and_its_owner_and_with_people_who_work_on_cases(
    room: Room, owner: str, members: tuple[str, ...], refused: tuple[int, str] | None
) -> None:
    room.case = Case(id=factories.id_("case"), ref="A", team_id=room.people["opener"].team_id, stage="intake")
    room.case.owner_id, room.case.priority = room.id(owner) if owner else None, Priority.P3
    room.case.stage_entered = factories.HOUR
    room.rows.add(room.case)
    room.rows.commit()
    new = room.new(*members)

    told = room.refusal(
        lambda session, case: membership.begin(session, room.actor("opener"), case, new, now=factories.HOUR)
    )

    assert told == refused
    assert room.members() == (set(members) if refused is None else set())
    if refused is None:
        assert {each: room.generations(each) for each in members} == {each: [(1, None)] for each in members}
        listed = room.rows.scalars(select(Membership)).all()
        assert {(each.priority, each.stage_entered) for each in listed} == {(Priority.P3, factories.HOUR)}


@pytest.mark.parametrize(
    ("who", "change", "refused"),
    [
        ("colleague", {"add": ("newcomer",)}, None),
        ("opener", {"remove": ("colleague",)}, None),
        ("colleague", {"remove": ("colleague",)}, None),
        ("colleague", {"add": ("analyst",)}, UNFIT),
        ("colleague", {"add": ("third",)}, UNFIT),
        ("colleague", {"add": ("newcomer", "newcomer")}, UNFIT),
        ("colleague", {"add": ("newcomer",), "remove": ("newcomer",)}, UNFIT),
        ("colleague", {"remove": ("newcomer",)}, UNFIT),
        ("opener", {"remove": ("opener",)}, UNFIT),  # the owner
        ("opener", {"owner": "newcomer"}, UNFIT),
        ("opener", {"owner": "third"}, UNFIT),
        ("opener", {"owner": "colleague"}, None),
        ("opener", {"owner": "colleague", "remove": ("opener",)}, None),
        ("colleague", {"owner": "colleague"}, ALONE),
        ("colleague", {"owner": "colleague", "remove": ("opener",)}, ALONE),
        ("third", {"remove": (LEFT,)}, None),  # the journal says so late
    ],
)
def test_a_change_of_members_leaves_an_owner_among_people_who_work_on_cases(
    room: Room, who: str, change: dict[str, tuple[str, ...] | str], refused: tuple[int, str] | None
) -> None:
    case = room.of("opener", "colleague", "third")
    before = room.members()

    assert room.change(who, **change) == refused  # type: ignore[arg-type]  # which of the two it is, the name says
    changed = before - set(change.get("remove", ())) | set(change.get("add", ()))
    assert room.members() == (before if refused else changed)
    is_owned_by = change.get("owner", "opener") if refused is None else "opener"
    assert case.owner_id == room.id(str(is_owned_by))
    if refused is None:
        recorded = room.recorded()
        assert recorded.count(Action.MEMBERS_CHANGED) == 1
        assert recorded.count(Action.CASE_CHANGED) == ("owner" in change)


def test_whatever_of_it_is_said_makes_a_change_and_nothing_makes_none(room: Room) -> None:
    room.of("opener")
    parts: tuple[dict[str, Any], ...] = (
        {"add": room.new("colleague")},
        {"remove": ["per_1"]},
        {"owner_id": "per_1"},
        {"confirm": ["per_1"]},
    )

    assert all(MembersChange(**each) for each in parts)
    assert not MembersChange()


def test_a_case_has_another_version_when_its_members_have_changed_and_its_row_has_not(room: Room) -> None:
    case = room.of("opener", "colleague")

    assert room.change("opener", add=("newcomer",)) is None

    assert case.version == 2


def test_the_last_member_does_not_go(room: Room) -> None:
    room.of("opener", "colleague").owner_id = None
    room.rows.commit()

    assert room.change("opener", remove=("opener", "colleague")) == UNFIT


def test_a_case_without_an_owner_changes_its_members_and_is_given_one_by_anybody_on_it(room: Room) -> None:
    case = room.of("opener", "colleague")
    case.owner_id = None
    room.rows.commit()

    assert room.change("colleague", add=("newcomer",)) is None
    assert case.owner_id is None
    assert room.change("newcomer", owner="colleague") is None
    assert case.owner_id == room.id("colleague")


def test_the_opener_who_does_not_own_the_case_is_put_out_by_nobody_alone(room: Room) -> None:
    room.of("opener", "colleague", "third").owner_id = room.id("colleague")
    room.rows.commit()

    assert room.change("colleague", remove=("opener",)) == ALONE
    room.agree("third", "opener", owner="colleague")
    assert room.change("colleague", remove=("opener",)) is None


def test_what_is_agreed_names_opener_and_owner_and_nobody_who_goes_beside_them(room: Room) -> None:
    case = room.of("opener", "colleague", "third", "newcomer")
    room.agree("third", "opener", owner="colleague")

    assert room.change("colleague", remove=("opener", "newcomer"), owner="colleague") is None
    assert case.owner_id == room.id("colleague")


def test_a_case_that_is_only_taken_from_its_owner_is_agreed_on_as_that(room: Room) -> None:
    room.of("opener", "colleague", "third")
    room.agree("third", "opener", owner="colleague")
    assert room.change("colleague", owner="colleague") == ALONE
    room.agree("third", owner="colleague")

    assert room.change("colleague", owner="colleague") is None


def test_what_was_agreed_is_used_up(room: Room) -> None:
    room.of("opener", "colleague", "third")
    given = room.agree("third", owner="colleague")

    assert room.change("colleague", owner="colleague") is None

    assert given.is_spent


@pytest.mark.parametrize(
    ("members", "by", "refused"),
    [
        (("opener", "leading", "third"), "third", None),
        (("opener", "leading", "third"), "supervisor", ALONE),  # another member could
        (("opener", "leading", "third"), "leading", ALONE),  # who does it
        (("opener", "leading", "third"), "opener", ALONE),  # who goes
        (("opener", "leading"), "supervisor", None),
        (("opener", "leading"), "newcomer", ALONE),
        (("opener", "leading"), "leading", ALONE),
    ],
)
def test_the_second_is_another_member_or_a_supervisor_where_there_is_none(
    room: Room, members: tuple[str, ...], by: str, refused: tuple[int, str] | None
) -> None:
    room.of(*members)
    room.agree(by, "opener", owner="leading")

    assert room.change("leading", remove=("opener",), owner="leading") == refused


def test_a_supervisor_who_is_to_go_is_not_the_second(room: Room) -> None:
    room.of("leading", "colleague")
    room.agree("leading", "leading", owner="colleague")

    assert room.change("colleague", remove=("leading",), owner="colleague") == ALONE


def test_one_of_two_who_are_to_go_is_certified_and_that_takes_a_second(room: Room) -> None:
    case = room.of("opener", "colleague", "third")
    case.owner_id = room.id(LEFT)
    room.rows.add(Membership(case_id=case.id, person_id=room.id(LEFT)))
    room.rows.commit()

    assert room.change("colleague", remove=(LEFT,), owner="colleague") is None
    case.owner_id = room.id(LEFT)
    room.rows.commit()
    assert room.change("colleague", remove=("opener",), owner="colleague") == ALONE


@pytest.mark.parametrize(("last_day", "refused"), [(YESTERDAY, None), (factories.DAY, UNFIT), (TOMORROW, UNFIT)])
def test_an_owner_whose_last_day_is_over_goes_by_anybodys_word_and_the_case_waits_for_another(
    room: Room, last_day: date, refused: tuple[int, str] | None
) -> None:
    case = room.of("opener", "colleague", "third")
    room.until("opener", last_day)

    assert room.change("colleague", remove=("opener",)) == refused
    assert case.owner_id == (room.id("opener") if refused else None)


def test_a_member_until_a_day_works_on_the_case_and_makes_nobody_one_for_good(room: Room) -> None:
    case = room.of("opener", "colleague", "third")
    for guest in ("colleague", "third"):
        room.until(guest, TOMORROW)

    assert room.change("colleague", add=("newcomer",)) is None
    assert room.change("colleague", confirm="third") == UNFIT
    assert room.change("opener", confirm="newcomer") == UNFIT  # who is one for good
    assert room.change("opener", confirm="third", remove=("third",)) == UNFIT
    assert room.change("opener", confirm="third") is None

    theirs = select(Membership).where(Membership.case_id == case.id)
    until = {each.person_id: each.until for each in room.rows.scalars(theirs)}
    assert {name: until[room.id(name)] for name in ("opener", "colleague", "third", "newcomer")} == {
        "opener": None,
        "colleague": TOMORROW,
        "third": None,
        "newcomer": None,
    }


def test_a_key_turns_for_each_member_who_may_work_on_cases_and_until_the_day_until_which_they_are_one(
    room: Room,
) -> None:
    case = room.of("opener", "colleague")
    for name in ("analyst", LEFT):
        room.rows.add(Membership(case_id=case.id, person_id=room.id(name)))
    room.until("colleague", TOMORROW)

    for unfit in (
        ("opener", "colleague"),
        ("opener", "case"),
        ("opener", "colleague", "colleague", "case"),
        ("opener", "colleague", "newcomer", "case"),
        ("opener", "colleague", "analyst", "case"),
    ):
        assert room.turn("opener", *unfit) == UNFIT
    assert room.turn("opener", "opener", "colleague", "case") is None

    assert room.generations("opener") == [(1, None), (2, None)]
    assert room.generations("colleague") == [(1, None), (2, TOMORROW)]


def test_who_comes_is_granted_the_newest_key_and_lists_what_is_in_the_case(room: Room) -> None:
    case, elsewhere = room.of("opener", "colleague"), factories.case(room.rows, room.people["opener"])
    epoch = factories.epoch(room.rows)
    there, other = (
        factories.report(room.rows, epoch, state=ReportState.ACCEPTED, case=each) for each in (case, elsewhere)
    )
    asked, of_other = (
        factories.approval(
            room.rows, room.people["opener"], room.people["third"], subject=ApprovalSubject.CODING, of=each
        )
        for each in (case, elsewhere)
    )
    room.rows.commit()
    assert room.turn("opener", "opener", "colleague", "case") is None

    def lists() -> tuple[set[str], set[str]]:
        theirs = Sight.person_id == room.id("newcomer"), ApprovalSight.person_id == room.id("newcomer")
        reports = set(room.rows.scalars(select(Sight.report_id).where(theirs[0])))
        return reports, set(room.rows.scalars(select(ApprovalSight.approval_id).where(theirs[1])))

    assert room.change("opener", add=("newcomer",)) is None
    assert room.generations("newcomer") == [(2, None)]
    assert lists() == ({there.id}, {asked.id})
    assert room.change("opener", remove=("newcomer",)) is None
    assert lists() == (set(), set())
    assert other.id != there.id
    assert of_other.id != asked.id


def test_who_goes_holds_no_key_and_is_asked_nothing_more_and_stays_in_other_cases(room: Room) -> None:
    elsewhere = room.of("colleague", "opener")
    case = room.of("opener", "colleague")
    asked = factories.approval(
        room.rows, room.people["opener"], room.people["colleague"], subject=ApprovalSubject.CODING, of=case
    )
    room.rows.commit()

    assert room.change("opener", remove=("colleague",)) is None

    assert room.generations("colleague") == []
    assert asked.state is ApprovalState.CANCELLED
    assert room.members(elsewhere) == {"opener", "colleague"}


def test_a_case_that_moves_is_listed_where_it_is_and_no_other_is(room: Room) -> None:
    elsewhere = room.of("colleague")
    case = room.of("opener", "third")
    case.priority = Priority.P1
    room.rows.commit()

    assert room.refusal(lambda session, it: membership.follow(session, it)) is None

    listed = room.rows.execute(select(Membership.case_id, Membership.priority)).all()
    assert {tuple(each) for each in listed} == {(case.id, Priority.P1), (elsewhere.id, Priority.P2)}


@pytest.mark.parametrize(
    ("members", "by", "is_done"),
    [
        (("leading", "colleague", "third"), ("colleague",), True),
        (("leading", "colleague", "third"), ("leading",), False),
        (("leading", "colleague", "third"), ("supervisor",), False),
        (("leading", "colleague", "third"), ("newcomer",), False),
        (("leading", "colleague", "third"), (), False),
        (("leading",), ("supervisor",), True),
        (("leading",), ("newcomer",), False),
        (("leading",), ("leading",), False),
    ],
)
def test_another_members_word_is_used_up_by_one_act_or_a_supervisors_where_there_is_no_other_member(
    room: Room, members: tuple[str, ...], by: tuple[str, ...], *, is_done: bool
) -> None:
    case, act = room.of(*members), Moving(factories.id_("case"))
    for name in by:
        given = factories.approval(
            room.rows, room.people["third"], room.people[name], subject=ApprovalSubject.MERGE, of=case
        )
        given.state, given.of = ApprovalState.APPROVED, act.sha256(case.id)
    room.rows.commit()

    told = [
        room.refusal(lambda session, it: membership.spend_second_word(session, room.actor("leading"), it, act))
        for _ in range(2)
    ]

    assert told == [None if is_done else ALONE, ALONE]


@pytest.mark.parametrize(
    ("others", "goes"),
    [((), False), ((LEFT,), False), ((LEFT, "colleague"), True), (("newcomer",), False), (("analyst",), True)],
)
def test_who_has_left_is_a_member_no_more_where_somebody_else_goes_on_for_good(
    room: Room, others: tuple[str, ...], *, goes: bool
) -> None:
    case = room.of("opener", *others)
    if "newcomer" in others:
        room.until("newcomer", TOMORROW)
    standing = Standing(room.actor("supervisor"), room.id("opener"), frozenset(), factories.HOUR)
    told: list[bool] = []

    room.refusal(lambda session, it: told.append(membership.end(session, standing, it)))

    assert told == [goes]
    assert room.members() == {*others} | (set() if goes else {"opener"})
    assert case.owner_id == (None if goes else room.id("opener"))
    assert room.recorded().count(Action.MEMBERS_CHANGED) == goes


def test_an_owner_stays_when_another_leaves(room: Room) -> None:
    case = room.of("opener", "colleague")
    standing = Standing(room.actor("supervisor"), room.id("colleague"), frozenset(), factories.HOUR)

    room.refusal(lambda session, it: membership.end(session, standing, it))

    assert case.owner_id == room.id("opener")
