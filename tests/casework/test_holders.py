"""Who may hold the key that a part has of its own, as the service tells it without reading the part."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.cases import holders
from app.casework.cases.holders import HoldersUnfit
from app.casework.cases.models import Case, CasePart
from app.database import Database
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import GrantKind, Role
from tests import factories


@dataclass
class Room:
    """A case of three, with a part whose key its owner and a colleague hold, and a stranger to it."""

    database: Database
    rows: Session
    people: dict[str, Person]
    case: Case
    part: str

    def actor(self, who: str) -> Actor:
        return Actor(self.people[who].id, frozenset({Role.CASEWORKER}), None, factories.DAY)

    def new(self, *names: str) -> list[NewGrant]:
        """Grants to these people, and to the part where it is named."""
        to = {name: person.id for name, person in self.people.items()} | {"part": self.part}
        return [NewGrant(to[name], factories.sealed(Kind.GRANT)) for name in names]

    def does(self, act: Callable[[Session, Case], object]) -> bool:
        """Whether it is done, and not refused."""
        try:
            with self.database.write() as session:
                act(session, session.get_one(Case, self.case.id))
        except HoldersUnfit:
            return False
        return True

    def begins(self, who: str, *holders_: str, part: str | None = None, is_new: bool = True) -> bool:
        part, actor, new = part or factories.id_("part"), self.actor(who), self.new(*holders_)
        return self.does(
            lambda session, case: holders.begin(session, actor, case, part, new, is_new=is_new, now=factories.HOUR)
        )

    def turns(self, who: str, *grantees: str, part: str | None = None) -> bool:
        part, actor, new = part or self.part, self.actor(who), self.new(*grantees)
        return self.does(lambda session, case: holders.turn(session, actor, case, part, new, now=factories.HOUR))

    def names(self, who: str, whom: str) -> bool:
        actor, [new] = self.actor(who), self.new(whom)
        return self.does(lambda session, case: holders.add(session, actor, case, self.part, new, now=factories.HOUR))

    def held(self, part: str | None = None) -> list[tuple[str, int]]:
        """Names of holders, with the generation of the key."""
        self.rows.expire_all()
        names = {person.id: name for name, person in self.people.items()} | {self.part: "part"}
        kept = select(Grant).where(Grant.subject == (part or self.part), Grant.revoked.is_(False))
        return sorted((names[each.grantee], each.generation) for each in self.rows.scalars(kept))


@pytest.fixture
def room(database: Database, rows: Session) -> Room:
    factories.organisation(rows)
    people = {name: factories.certified(rows, Role.CASEWORKER) for name in ("owner", "colleague", "third", "stranger")}
    case = factories.case(rows, *(people[name] for name in ("owner", "colleague", "third")))
    part = rows.scalars(select(CasePart.id).where(CasePart.case_id == case.id)).one()
    for name in ("owner", "colleague"):
        factories.grant(rows, part, people[name].id)
    rows.commit()
    return Room(database, rows, people, case, part)


@pytest.mark.parametrize(
    ("writer", "named", "is_fit"),
    [
        ("owner", ["owner", "colleague"], True),
        ("colleague", ["owner", "colleague"], True),
        ("owner", ["owner", "colleague", "third"], True),
        ("colleague", ["colleague", "third"], False),  # without the owner
        ("colleague", ["owner", "third"], False),  # without the writer
        ("owner", ["owner"], False),
        ("owner", ["owner", "colleague", "colleague"], False),
        ("owner", ["owner", "colleague", "stranger"], False),
    ],
)
def test_a_part_begins_with_its_writer_the_owner_and_two_members_at_least(
    room: Room, writer: str, named: list[str], *, is_fit: bool
) -> None:
    part = factories.id_("part")

    assert room.begins(writer, *named, part=part) == is_fit
    assert room.held(part) == (sorted((name, 1) for name in named) if is_fit else [])


def test_no_later_version_of_a_part_brings_a_key(room: Room) -> None:
    assert not room.begins("owner", "owner", "colleague", is_new=False)


def test_who_may_not_hold_a_key_is_refused_as_that(room: Room) -> None:
    [new] = room.new("stranger")

    with pytest.raises(HoldersUnfit) as refused, room.database.write() as session:
        holders.add(session, room.actor("owner"), room.case, room.part, new, now=factories.HOUR)

    assert (refused.value.status, refused.value.type) == (422, "holders-unfit")


def test_without_an_owner_a_part_begins_with_its_writer_and_another(room: Room) -> None:
    room.case.owner_id = None
    room.rows.commit()

    assert room.begins("colleague", "colleague", "third")
    assert not room.begins("colleague", "third", "owner")


@pytest.mark.parametrize(
    ("who", "named", "is_fit"),
    [
        ("owner", ["owner", "part"], True),
        ("colleague", ["owner", "colleague", "third", "part"], True),
        ("owner", ["owner"], False),  # and what lies under the one before would open for nobody
        ("owner", ["colleague", "part"], False),
        ("owner", ["owner", "owner", "part"], False),
        ("owner", ["owner", "stranger", "part"], False),
        ("third", ["third", "part"], False),  # who holds none
    ],
)
def test_who_holds_the_key_of_a_part_turns_it_for_themselves_and_members_and_for_the_part(
    room: Room, who: str, named: list[str], *, is_fit: bool
) -> None:
    before = room.held()

    assert room.turns(who, *named) == is_fit
    turned = sorted([*before, *((name, 1 if name == "part" else 2) for name in named)])
    assert room.held() == (turned if is_fit else before)


def test_the_key_of_a_part_turns_in_its_own_case_alone(room: Room) -> None:
    elsewhere = factories.case(room.rows, room.people["owner"])
    other = room.rows.scalars(select(CasePart.id).where(CasePart.case_id == elsewhere.id)).one()
    factories.grant(room.rows, other, room.people["owner"].id)
    room.rows.commit()
    room.part, of_case = other, room.part

    assert not room.turns("owner", "owner", "part")
    room.part = of_case
    assert room.turns("owner", "owner", "part")


def test_who_holds_an_older_key_alone_turns_and_names_nothing(room: Room) -> None:
    assert room.turns("owner", "owner", "part")

    assert not room.turns("colleague", "colleague", "part")
    assert room.names("owner", "colleague")
    assert ("colleague", 2) in room.held()


@pytest.mark.parametrize(
    ("who", "whom", "is_fit"),
    [
        ("owner", "third", True),
        ("colleague", "third", False),  # whom the owner names
        ("owner", "colleague", False),  # who holds it
        ("owner", "stranger", False),
    ],
)
def test_the_owner_names_further_holders_among_the_members(room: Room, who: str, whom: str, *, is_fit: bool) -> None:
    assert room.names(who, whom) == is_fit
    assert ((whom, 1) in room.held()) == (is_fit or whom == "colleague")


def test_whoever_holds_a_key_grants_it_to_the_owner(room: Room) -> None:
    room.case.owner_id = room.people["third"].id
    room.rows.commit()

    assert room.names("colleague", "third")


@pytest.mark.parametrize(
    ("named", "of_part", "is_fit"),
    [
        (["third"], "peeled", True),
        (["colleague"], "peeled", True),  # who has one may open it no longer
        (["third", "colleague"], "peeled", True),
        (["third", "third"], "peeled", False),
        (["owner"], "peeled", False),  # to whom the case is not given
        (["third"], "another", False),
    ],
)
def test_custodians_give_the_key_of_a_part_that_was_peeled_to_whom_they_give_the_case(
    room: Room, named: list[str], of_part: str, *, is_fit: bool
) -> None:
    people, peeled = {room.people[name].id for name in ("third", "colleague")}, {room.part, factories.id_("part")}
    part = room.part if of_part == "peeled" else factories.id_("part")
    before, actor, new = room.held(), room.actor("stranger"), room.new(*named)

    done = room.does(
        lambda session, _: holders.recover(session, actor, part, new, people=people, peeled=peeled, now=factories.HOUR)
    )

    assert done == is_fit
    assert room.held() == sorted([*before, *((name, 1) for name in named)] if is_fit else before)


def test_the_parts_whose_key_somebody_holds_are_told_with_their_cases(room: Room) -> None:
    elsewhere = factories.case(room.rows, room.people["colleague"])
    other = room.rows.scalars(select(CasePart.id).where(CasePart.case_id == elsewhere.id)).one()
    factories.grant(room.rows, other, room.people["colleague"].id)
    later = room.rows.get_one(CasePart, (room.case.id, room.part, 1))
    of_later = {name: getattr(later, name) for name in ("case_id", "id", "hour", "sha256", "file")}
    room.rows.add(CasePart(**of_later, version=2))
    only_later = CasePart(**of_later | {"id": factories.id_("part")}, version=2)  # its first version is lost
    room.rows.add(only_later)
    factories.grant(room.rows, only_later.id, room.people["colleague"].id)
    room.rows.commit()

    with room.database.read() as session:
        told = {
            (who, *ids): holders.held(session, room.actor(who), ids)
            for who in ("owner", "colleague", "third")
            for ids in ((room.case.id,), (room.case.id, elsewhere.id))
        }

    one, both = {room.part: room.case.id}, {room.part: room.case.id, other: elsewhere.id}
    assert [told[who, room.case.id] for who in ("owner", "colleague", "third")] == [one, one, {}]
    assert [told[who, room.case.id, elsewhere.id] for who in ("owner", "colleague", "third")] == [one, both, {}]


def test_a_case_is_that_of_a_part_for_whom_the_part_opens(room: Room) -> None:
    factories.case(room.rows, room.people["owner"])
    room.rows.commit()

    with room.database.read() as session:
        found = {
            (who, part): session.scalars(
                select(Case.id).where(holders.has_part_of(room.actor(who), Case.id, part))
            ).all()
            for who in ("owner", "third")
            for part in (room.part, "part_none")
        }

    assert found == {
        ("owner", room.part): [room.case.id],
        ("owner", "part_none"): [],
        ("third", room.part): [],
        ("third", "part_none"): [],
    }


def test_holders_are_shown_to_every_member_and_grants_to_whom_they_are_for(room: Room) -> None:
    """What a custodian was peeled is no holding, and neither is what was revoked."""
    people = room.people
    factories.grant(room.rows, room.part, people["stranger"].id, GrantKind.CUSTODIAN)
    factories.grant(room.rows, room.part, people["third"].id).revoked = True
    factories.grant(room.rows, room.part, room.part, GrantKind.CASE)
    elsewhere = factories.case(room.rows, people["owner"])
    factories.grant(room.rows, elsewhere.id, people["third"].id)
    room.rows.commit()

    with room.database.read() as session:
        case = session.get_one(Case, room.case.id)
        shown = {who: holders.of_case(session, room.actor(who), case) for who in ("owner", "third")}
        other = session.get_one(Case, elsewhere.id)
        assert holders.of_case(session, room.actor("owner"), other) == []

    for [key] in shown.values():
        assert (key.part, key.holders) == (room.part, sorted([people["owner"].id, people["colleague"].id]))
    grantees = {who: sorted(each.grantee for each in key.grants) for who, [key] in shown.items()}
    assert grantees == {"owner": sorted([people["owner"].id, room.part]), "third": [room.part]}


@pytest.mark.parametrize("beside", ["colleague", "nobody", "elsewhere"])
def test_who_is_no_member_any_more_keeps_the_key_of_a_part_that_nobody_else_holds(room: Room, beside: str) -> None:
    for name, who in room.people.items():
        kept = select(Grant).where(Grant.subject == room.part, Grant.grantee == who.id)
        for grant in room.rows.scalars(kept):
            grant.revoked = name != "owner" and beside != "colleague"
    owner = room.people["owner"].id
    case = factories.case(room.rows, room.people["owner"]) if beside == "elsewhere" else room.case
    room.rows.commit()

    with room.database.write() as session:
        holders.end(session, room.actor("third"), session.get_one(Case, case.id), owner, now=factories.HOUR)

    assert (("owner", 1) in room.held()) == (beside != "colleague")
    assert (("colleague", 1) in room.held()) == (beside == "colleague")
