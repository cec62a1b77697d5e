"""A case is opened, written and joined, and its pairs are made: by the service alone."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.models import AuditEvent
from app.casework.cases import service as cases
from app.casework.cases.journal import NewPart, NewPartKey, NewReportKey, Writing
from app.casework.cases.membership import MembersChange
from app.casework.cases.models import Case, CasePart, JournalEntry, Membership
from app.casework.cases.service import CaseExists, CaseMerged, Joining, NewCase
from app.casework.cases.turning import TurnFirst
from app.duties import Duty
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.pairs.models import Pair
from app.people.pairs.service import NewPair, PairsUnfit
from app.people.staff.models import Person
from app.people.staff.service import TeamUnknown
from app.problems import NotFound, StaleVersion
from app.protocol.duties import DutyKind
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind
from app.vocabulary import CaseStage, GrantKind, Priority, ReportState, Role, TransitionReason
from tests import factories
from tests.factories import DAY, HOUR

ENTRY, PART, KEY = factories.sealed(Kind.JOURNAL), factories.sealed(Kind.PART), factories.sealed(Kind.GRANT)
ENTRY_SHA256 = sha256_hex(ENTRY)


@dataclass
class Room:
    """A case of an owner and a member, and two custodians."""

    rows: Session
    case: Case
    people: dict[str, Person]

    def actor(self, name: str) -> Actor:
        return Actor(self.people[name].id, frozenset({Role.CASEWORKER}), None, DAY)

    def write(self, writing: Writing, *, by: str = "owner", seen: int = 1, change: MembersChange | None = None) -> Case:
        told = change or MembersChange()
        return cases.write(self.rows, self.actor(by), self.case.id, writing, told, seen={seen}, now=HOUR)

    def join(self, *, by: str = "owner", after: int = 1) -> Case:
        return cases.join(self.rows, self.actor(by), Joining(self.case.id, after, ENTRY), now=HOUR)

    def events(self) -> list[tuple[str, str, str | None]]:
        self.rows.commit()
        found = self.rows.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        return [(each.action, each.object_id, each.object_hash) for each in found]

    def custodians(self) -> list[Person]:
        return sorted((self.people[name] for name in ("first", "second")), key=lambda each: each.id)


@pytest.fixture
def room(rows: Session) -> Room:
    factories.organisation(rows)
    roles = {"owner": Role.CASEWORKER, "member": Role.CASEWORKER, "outsider": Role.CASEWORKER}
    people = {name: factories.certified(rows, role) for name, role in roles.items()}
    people |= {name: factories.certified(rows, Role.CUSTODIAN) for name in ("first", "second")}
    case = factories.case(rows, people["owner"], people["member"])
    rows.commit()
    return Room(rows, case, people)


def new_case(room: Room, **changes: object) -> NewCase:
    first, second = room.custodians()
    writing = Writing([ENTRY], pairs=[NewPair(first.id, second.id, factories.sealed(Kind.PAIR))])
    owner = room.people["owner"]
    made = {"id": factories.id_("case"), "team_id": owner.team_id, "owner_id": owner.id, "priority": Priority.P1}
    return NewCase(**made | {"writing": writing, "grants": [NewGrant(owner.id, KEY)]} | changes)  # type: ignore[arg-type]


def test_a_new_case_is_as_its_opener_made_it_and_has_a_reference_that_is_read_aloud(room: Room) -> None:
    new = new_case(room)

    case = cases.open_(room.rows, room.actor("owner"), new, now=HOUR)

    assert (case.team_id, case.owner_id, case.priority) == (new.team_id, new.owner_id, Priority.P1)
    assert (case.stage, case.stage_entered, case.version) == (CaseStage.INTAKE, HOUR, 1)
    assert len(case.ref) == 8
    assert set(case.ref) <= set("23456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert room.rows.scalars(select(JournalEntry.number).where(JournalEntry.case_id == case.id)).all() == [1]
    [pair] = room.rows.scalars(select(Pair).where(Pair.subject == case.id))
    assert pair.generation == 1
    assert [(action, of) for action, of, _ in room.events()] == [
        (action, case.id) for action in ("case.made", "grant.made", "pairs.made", "case.written")
    ]


def test_no_case_is_opened_for_a_team_that_there_is_not_or_under_an_id_that_there_is(room: Room) -> None:
    for refused, changes in ((TeamUnknown, {"team_id": factories.id_("team")}), (CaseExists, {"id": room.case.id})):
        with pytest.raises(refused):
            cases.open_(room.rows, room.actor("owner"), new_case(room, **changes), now=HOUR)


def test_a_case_that_goes_on_elsewhere_is_not_written_and_its_members_change_still(room: Room) -> None:
    room.case.stage = CaseStage.MERGED
    room.rows.flush()

    with pytest.raises(CaseMerged):
        room.join()
    with pytest.raises(CaseMerged):
        room.write(Writing([ENTRY], [NewPart(factories.id_("part"), 1, PART)]))
    assert room.write(Writing([ENTRY])).id == room.case.id
    assert room.events() == [("case.written", room.case.id, ENTRY_SHA256)]


def test_a_member_lets_a_report_in_behind_what_they_have_read(room: Room) -> None:
    with pytest.raises(NotFound):
        room.join(by="outsider")
    with pytest.raises(StaleVersion):
        room.join(after=0)

    room.join(by="member")

    entries = room.rows.scalars(select(JournalEntry).where(JournalEntry.case_id == room.case.id)).all()
    assert sorted((each.number, each.author_id) for each in entries) == [
        (1, room.people["owner"].id),
        (2, room.people["member"].id),
    ]


def test_nothing_joins_under_a_key_that_is_with_somebody_who_works_on_it_no_longer(room: Room) -> None:
    room.rows.delete(room.rows.get_one(Membership, (room.case.id, room.people["member"].id)))
    room.rows.flush()

    with pytest.raises(TurnFirst):
        room.join()
    with pytest.raises(TurnFirst):
        room.write(Writing([ENTRY]))


def test_pairs_come_with_a_key_that_turns_alone(room: Room) -> None:
    first, second = room.custodians()
    pairs = [NewPair(first.id, second.id, factories.sealed(Kind.PAIR))]
    with pytest.raises(PairsUnfit):
        room.write(Writing([ENTRY], pairs=pairs))

    turned = [NewGrant(each, KEY) for each in (room.people["owner"].id, room.people["member"].id, room.case.id)]
    room.write(Writing([ENTRY], turned=turned, pairs=pairs))

    assert room.rows.scalars(select(Pair.generation)).all() == [2]


def test_who_is_put_out_has_no_key_of_a_part_and_it_is_written_on_under_its_next_one(room: Room) -> None:
    part, (owner, member) = factories.id_("part"), (room.people[name].id for name in ("owner", "member"))
    first, second = room.custodians()
    pairs = [NewPair(first.id, second.id, factories.sealed(Kind.PAIR))]
    room.write(Writing([ENTRY], [NewPart(part, 1, PART, [NewGrant(owner, KEY), NewGrant(member, KEY)], pairs)]))
    turned = [NewGrant(owner, KEY), NewGrant(room.case.id, KEY)]
    room.write(Writing([ENTRY], turned=turned), seen=2, change=MembersChange(remove=[member]))
    more, next_key = NewPart(part, 2, PART), [NewGrant(owner, KEY), NewGrant(part, KEY)]

    assert room.rows.scalars(select(Grant.grantee).where(Grant.subject == part, ~Grant.revoked)).all() == [owner]
    with pytest.raises(TurnFirst):
        room.write(Writing([ENTRY], [more]), seen=3)
    room.write(Writing([ENTRY], [more], part_keys=[NewPartKey(part, next_key, pairs)]), seen=3)

    granted = room.rows.execute(select(Grant.grantee, Grant.generation).where(Grant.subject == part, ~Grant.revoked))
    assert {tuple(each) for each in granted} == {(owner, 1), (owner, 2), (part, 1)}
    [kept] = room.rows.scalars(select(Pair).where(Pair.subject == part))
    assert (kept.case_id, kept.generation) == (room.case.id, 2)


def test_the_next_key_of_a_report_is_for_the_case_that_it_is_in_unless_it_was_destroyed(room: Room) -> None:
    epoch, elsewhere = factories.epoch(room.rows), factories.case(room.rows, room.people["owner"])
    here, gone, other = (
        factories.report(room.rows, epoch, state=ReportState.ACCEPTED, case=case)
        for case in (room.case, room.case, elsewhere)
    )
    gone.destroyed_on = DAY
    room.rows.flush()
    for unfit in (other.id, factories.id_("rep")):
        with pytest.raises(NotFound):
            room.write(Writing([ENTRY], report_keys=[NewReportKey(unfit, KEY)]))

    room.write(Writing([ENTRY], report_keys=[NewReportKey(each.id, KEY) for each in (here, gone)]))

    kept = room.rows.scalars(select(Grant).where(Grant.grantee == room.case.id)).all()
    assert [(each.subject, each.generation, each.kind) for each in kept] == [(here.id, 2, GrantKind.CASE)]


def test_all_that_is_read_of_a_case_is_recorded_with_what_was_newest(room: Room) -> None:
    rows, actor = room.rows, room.actor("member")
    part = rows.scalars(select(CasePart.id).where(CasePart.case_id == room.case.id)).one()

    found, keys, part_keys = cases.contents(rows, actor, room.case.id, after=0, summed_up=False, now=HOUR)
    cases.contents(rows, actor, room.case.id, after=1, summed_up=False, now=HOUR)
    [version] = cases.versions(rows, actor, room.case.id, part, now=HOUR)

    assert ([each.number for each in found.entries], [each.grantee for each in keys], part_keys) == (
        [1],
        [actor.id],
        [],
    )
    assert room.events() == [
        ("case.read", room.case.id, ENTRY_SHA256),
        ("case.read", room.case.id, None),
        ("case.read", room.case.id, version.sha256),
    ]
    with pytest.raises(NotFound):
        cases.versions(rows, actor, room.case.id, factories.id_("part"), now=HOUR)
    for ask in (
        lambda: cases.versions(rows, room.actor("outsider"), room.case.id, part, now=HOUR),
        lambda: cases.contents(rows, room.actor("outsider"), room.case.id, after=0, summed_up=False, now=HOUR),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_step_is_recorded_and_in_the_lists_of_the_members(room: Room) -> None:
    later = HOUR + timedelta(hours=3, minutes=20)

    cases.enter(room.rows, room.actor("owner"), room.case, CaseStage.ASSESSMENT, TransitionReason.DECIDED, now=later)

    assert room.events() == [("case.moved", room.case.id, None)]
    room.rows.expire_all()
    entered = HOUR + timedelta(hours=3)
    assert (room.case.stage, room.case.reason, room.case.stage_entered) == (
        CaseStage.ASSESSMENT,
        TransitionReason.DECIDED,
        entered,
    )
    of_case = room.rows.scalars(select(Membership).where(Membership.case_id == room.case.id)).all()
    assert {(each.stage, each.stage_entered) for each in of_case} == {(CaseStage.ASSESSMENT, entered)}


def test_pairs_are_to_be_made_once_a_case_by_whoever_works_on_it_and_holds_its_part(room: Room) -> None:
    rows, (first, second) = room.rows, room.custodians()
    part = rows.scalars(select(CasePart.id).where(CasePart.case_id == room.case.id)).one()
    factories.grant(rows, part, room.people["member"].id)
    room.case.stage_entered = HOUR - timedelta(days=9)
    rows.flush()

    def due(name: str) -> list[Duty]:
        return list(cases.duties(rows, room.actor(name)))

    since = DAY - timedelta(days=9)
    wanted = [Duty(DutyKind.MAKE_PAIRS, room.case.id, since)]
    assert (due("owner"), due("member"), due("outsider")) == (wanted, wanted, [])

    factories.pair(rows, room.case.id, first, second)
    assert (due("owner"), due("member")) == ([], wanted)

    factories.pair(rows, part, first, second, case_id=room.case.id)
    assert (due("owner"), due("member")) == ([], [])


def test_what_is_there_already_and_what_goes_on_elsewhere_are_conflicts() -> None:
    assert {each.type: each.status for each in (CaseExists, CaseMerged)} == {"case-exists": 409, "case-merged": 409}
