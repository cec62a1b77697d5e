"""A case is given to somebody by two custodians: over HTTP, what the first is shown of it, and what they write."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, CasePart, CheckpointPiece, JournalEntry, Membership
from app.people.grants.models import Grant
from app.people.pairs.models import Pair
from app.people.staff.models import Person
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind
from app.vocabulary import GrantKind, Role
from tests import factories
from tests.casework.conftest import problem

JOURNAL = factories.sealed(Kind.JOURNAL)
GRANT, ENTRY = factories.in_json(Kind.GRANT), factories.in_json(Kind.JOURNAL)


@dataclass
class Room:
    """A case of one member, whose key the second custodian has peeled for the first."""

    client: TestClient
    rows: Session
    case: str
    member: Person
    first: Person
    second: Person
    recovery: str

    def ask(self, who: Person, method: str, path: str, body: object = None, version: int | None = None) -> Response:
        headers = factories.signed_in(self.rows, who)
        self.rows.commit()
        return self.client.request(method, f"/v1{path}", json=body, headers=headers | factories.writes(version=version))

    def journal(self, who: Person) -> Response:
        return self.ask(who, "GET", f"/cases/{self.case}/recoveries/{self.recovery}/journal")

    def give(self, *people: Person, version: int = 1) -> Response:
        body = {"entry": ENTRY, "add": [{"grantee": each.id, "file": GRANT} for each in people]}
        return self.ask(self.first, "POST", f"/cases/{self.case}/recoveries/{self.recovery}/entries", body, version)

    def members(self) -> set[str]:
        return set(self.rows.scalars(select(Membership.person_id).where(Membership.case_id == self.case)))


@pytest.fixture
def room(client: TestClient, rows: Session) -> Room:
    factories.organisation(rows)
    member = factories.certified(rows, Role.CASEWORKER)
    first, second = (factories.certified(rows, Role.CUSTODIAN) for _ in range(2))
    case = factories.case(rows, member).id
    recovery = factories.recovery(rows, factories.pair(rows, case, first, second)).id
    rows.commit()
    return Room(client, rows, case, member, first, second, recovery)


def test_the_first_custodian_is_shown_the_journal_alone_and_nobody_else_is(room: Room) -> None:
    shown = room.journal(room.first)

    assert (shown.status_code, set(shown.json()), len(shown.json()["entries"])) == (200, {"grants", "entries"}, 1)
    assert problem(room.journal(room.second)) == (404, "not-found")
    other = factories.case(room.rows, room.member).id  # whose key nobody has peeled
    assert problem(room.ask(room.first, "GET", f"/cases/{other}/recoveries/{room.recovery}/journal")) == (
        404,
        "not-found",
    )
    assert problem(room.journal(room.member)) == (403, "forbidden")
    assert room.ask(room.first, "GET", f"/cases/{room.case}/contents").status_code == 403


def test_the_journal_is_shown_whole_though_it_was_summed_up_and_its_reading_is_recorded(room: Room) -> None:
    newest = JournalEntry(
        case_id=room.case, number=2, author_id=room.member.id, hour=factories.HOUR, sha256="2" * 64, file=JOURNAL
    )
    piece = CheckpointPiece(case_id=room.case, entry=2, piece=1, sha256="3" * 64, file=JOURNAL)
    room.rows.add_all([newest, piece])
    room.rows.commit()

    shown = room.journal(room.first).json()

    assert [each["number"] for each in shown["entries"]] == [1, 2]
    read = room.rows.scalars(select(AuditEvent).where(AuditEvent.action == Action.CASE_READ)).all()
    assert [(each.actor_id, each.object_id, each.object_hash) for each in read] == [
        (room.first.id, room.case, newest.sha256)
    ]


def test_who_is_given_the_case_is_a_member_once(room: Room) -> None:
    colleague = factories.certified(room.rows, Role.CASEWORKER)

    given, again = room.give(colleague), room.give(colleague, version=2)

    assert given.status_code == 201
    assert problem(again) == (404, "not-found")
    assert room.members() == {room.member.id, colleague.id}
    contents = room.ask(colleague, "GET", f"/cases/{room.case}/contents").json()
    assert [each["kind"] for each in contents["grants"]] == [GrantKind.ASSIGNED]


def test_a_member_who_has_lost_the_key_is_given_it_and_stays_one(room: Room) -> None:
    assert room.give(room.member).status_code == 201
    assert room.members() == {room.member.id}


def test_nobody_is_made_a_member_without_a_role_for_it_or_behind_an_entry_that_was_not_read(room: Room) -> None:
    auditor, colleague = (factories.certified(room.rows, role) for role in (Role.AUDITOR, Role.CASEWORKER))

    assert problem(room.give(auditor)) == (422, "members-unfit")
    assert problem(room.give(colleague, colleague)) == (422, "members-unfit")
    assert problem(room.give(colleague, version=7)) == (412, "stale-version")
    assert room.members() == {room.member.id}


def test_what_was_peeled_of_a_key_that_has_turned_since_is_given_to_nobody(room: Room) -> None:
    turned = {"grantee": room.case, "file": GRANT}
    body = {"entries": [ENTRY], "turned": [{"grantee": room.member.id, "file": GRANT}, turned]}
    room.ask(room.member, "POST", f"/cases/{room.case}/entries", body, 1).raise_for_status()

    assert problem(room.give(room.member, version=2)) == (412, "stale-version")
    assert room.rows.scalars(select(Pair).where(Pair.subject == room.case)).all() == []


def test_nothing_is_written_under_a_key_that_a_custodian_has_but_what_turns_it(room: Room) -> None:
    body = {"entries": [ENTRY]}

    assert problem(room.ask(room.member, "POST", f"/cases/{room.case}/entries", body, 1)) == (409, "turn-first")


def test_pairs_come_with_a_key_that_turns_and_with_nothing_else(room: Room) -> None:
    first, second = sorted((room.first.id, room.second.id))
    pair = {"first": first, "second": second, "file": factories.in_json(Kind.PAIR)}
    turned = [{"grantee": each, "file": GRANT} for each in (room.member.id, room.case)]
    path = f"/cases/{room.case}/entries"

    kept = room.ask(room.member, "POST", path, {"entries": [ENTRY], "turned": turned, "pairs": [pair]}, 1)
    alone = room.ask(room.member, "POST", path, {"entries": [ENTRY], "pairs": [pair]}, 2)

    assert kept.status_code == 201
    assert problem(alone) == (422, "pairs-unfit")
    assert [each.generation for each in room.rows.scalars(select(Pair).where(Pair.subject == room.case))] == [2]


def with_part(room: Room) -> tuple[str, str]:
    """A part of the case with a key of its own, which the member holds, and the pair of that key."""
    part = factories.id_("part")
    place = {"case_id": room.case, "id": part, "version": 1, "hour": factories.HOUR}
    file = factories.sealed(Kind.PART)
    room.rows.add(CasePart(**place, sha256=sha256_hex(file), file=file))
    factories.grant(room.rows, part, room.member.id)
    pair = factories.pair(room.rows, part, room.first, room.second, case_id=room.case)
    room.rows.commit()
    return part, pair.id


def peel_again(room: Room, *pairs: str) -> Response:
    of_case = factories.pair(room.rows, room.case, room.first, room.second)
    parts = [{"pair": each, "file": GRANT} for each in pairs]
    body = {"pair": of_case.id, "act": factories.in_json(Kind.PAIR), "file": GRANT, "parts": parts}
    return room.ask(room.second, "POST", "/recoveries", body)


def give_part(room: Room, recovery: str, part: str, *grantees: str) -> Response:
    """To the colleague to whom the case is given, or to others."""
    grants = [{"grantee": each, "file": GRANT} for each in grantees]
    body = {"entry": ENTRY, "add": grants[:1], "parts": [{"part": part, "grants": grants}]}
    return room.ask(room.first, "POST", f"/cases/{room.case}/recoveries/{recovery}/entries", body, 1)


@pytest.fixture
def alone(client: TestClient, rows: Session) -> Room:
    """The same case, of which nothing is peeled yet."""
    factories.organisation(rows)
    member = factories.certified(rows, Role.CASEWORKER)
    first, second = sorted((factories.certified(rows, Role.CUSTODIAN) for _ in range(2)), key=lambda each: each.id)
    case = factories.case(rows, member).id
    rows.commit()
    return Room(client, rows, case, member, first, second, "")


def test_the_keys_of_parts_go_to_those_who_are_given_the_case_and_to_nobody_else(alone: Room) -> None:
    part, pair = with_part(alone)
    colleague, other = (factories.certified(alone.rows, Role.CASEWORKER) for _ in range(2))
    recovery = peel_again(alone, pair).json()["id"]

    shown = alone.ask(alone.first, "GET", f"/recoveries/{recovery}").json()["parts"]
    refused = [
        problem(give_part(alone, recovery, part, colleague.id, other.id)),
        problem(give_part(alone, recovery, factories.id_("part"), colleague.id)),
    ]
    given = give_part(alone, recovery, part, colleague.id)

    assert [each["part"] for each in shown] == [part]
    assert refused == [(422, "holders-unfit")] * 2
    assert given.status_code == 201
    held = select(Grant).where(Grant.subject == part, Grant.revoked.is_(False))
    assert {each.grantee for each in alone.rows.scalars(held)} == {alone.member.id, colleague.id}


def test_no_pair_is_peeled_with_a_case_but_those_of_its_parts(alone: Room) -> None:
    _, pair = with_part(alone)
    elsewhere = factories.pair(
        alone.rows, factories.id_("part"), alone.first, alone.second, case_id=factories.id_("case")
    )
    alone.rows.commit()

    assert problem(peel_again(alone, elsewhere.id)) == (422, "pairs-unfit")
    alone.rows.execute(delete(Pair).where(Pair.subject == alone.case))
    assert problem(peel_again(alone, pair, pair)) == (422, "pairs-unfit")


def test_what_was_peeled_makes_no_custodian_one_who_holds_the_case(room: Room) -> None:
    room.rows.execute(delete(Pair).where(Pair.subject == room.case))

    asked = room.ask(factories.certified(room.rows, Role.SUPERVISOR), "GET", f"/people/{room.member.id}/holdings")

    assert {each["object"]: each["alone"] for each in asked.json()["items"]} == {room.case: True}


def test_who_was_given_a_case_until_a_day_reads_and_writes_nothing_after_it_and_it_turns_first(room: Room) -> None:
    colleague = factories.certified(room.rows, Role.CASEWORKER)
    room.give(colleague).raise_for_status()
    turned = [{"grantee": each, "file": GRANT} for each in (room.member.id, colleague.id, room.case)]
    path, entry = f"/cases/{room.case}/entries", {"entries": [ENTRY]}
    room.ask(room.member, "POST", path, {**entry, "turned": turned}, 2).raise_for_status()
    place = (room.case, colleague.id)

    room.rows.get_one(Membership, place).until = factories.DAY  # as if the act had said so
    unconfirmed = room.ask(colleague, "POST", path, {**entry, "confirm": [colleague.id]}, 3)
    room.rows.get_one(Membership, place, populate_existing=True).until = factories.DAY - timedelta(days=1)
    late = [room.ask(colleague, "POST", path, entry, 3), room.ask(room.member, "POST", path, entry, 3)]
    again = {**entry, "remove": [colleague.id], "turned": turned[::2]}
    dropped = room.ask(room.member, "POST", path, again, 3)

    assert problem(unconfirmed) == (422, "members-unfit")
    assert [problem(each) for each in late] == [(404, "not-found"), (409, "turn-first")]
    assert dropped.status_code == 201
    assert room.members() == {room.member.id}


def peel_until(room: Room, last_day: date | None) -> None:
    """What is given of the case next is given until this day."""
    of_case = factories.pair(room.rows, room.case, room.first, room.second)
    body = {"pair": of_case.id, "act": factories.in_json(Kind.PAIR), "file": GRANT}
    until = {"until": last_day.isoformat()} if last_day else {}
    room.recovery = room.ask(room.second, "POST", "/recoveries", body | until).json()["id"]


@pytest.mark.parametrize(
    ("before", "given", "last"),
    [(3, 1, 3), (3, 5, 5), (3, None, None), (None, 5, None)],
    ids=["a day less", "a day more", "for good now", "for good before"],
)
def test_who_is_a_member_already_and_is_given_the_key_is_one_until_the_later_day(
    alone: Room, before: int | None, given: int | None, last: int | None
) -> None:
    def day(number: int | None) -> date | None:
        return None if number is None else factories.DAY + timedelta(days=number)

    alone.rows.get_one(Membership, (alone.case, alone.member.id)).until = day(before)
    theirs = select(Grant).where(Grant.subject == alone.case, Grant.grantee == alone.member.id)
    alone.rows.scalars(theirs).one().until = day(before)
    peel_until(alone, day(given))

    alone.give(alone.member).raise_for_status()

    alone.rows.expire_all()
    assert alone.rows.scalars(select(Membership.until)).all() == [day(last)]
    assert [each.until for each in alone.rows.scalars(theirs)] == [day(last)] * 2
    assert alone.rows.get_one(Case, alone.case).version == 2  # a case shows its members
    of_case = select(AuditEvent.action).where(AuditEvent.object_id == alone.case)
    assert alone.rows.scalars(of_case).all().count(Action.MEMBERS_CHANGED) == 1


def test_who_is_given_a_case_until_a_day_has_its_keys_until_then_and_for_good_once_a_member_says_so(
    alone: Room,
) -> None:
    colleague, last_day = factories.certified(alone.rows, Role.CASEWORKER), factories.DAY + timedelta(days=3)
    peel_until(alone, last_day)
    alone.give(colleague).raise_for_status()
    turned = [{"grantee": each, "file": GRANT} for each in (alone.member.id, colleague.id, alone.case)]
    path, entry = f"/cases/{alone.case}/entries", {"entries": [ENTRY]}

    def held() -> list[date | None]:
        theirs = select(Grant.until).where(Grant.grantee == colleague.id, Grant.subject == alone.case)
        return list(alone.rows.scalars(theirs.order_by(Grant.generation)))

    alone.ask(alone.member, "POST", path, {**entry, "turned": turned}, 2).raise_for_status()
    until_then = held()
    alone.ask(alone.member, "POST", path, {**entry, "confirm": [colleague.id]}, 3).raise_for_status()

    assert until_then == [last_day, last_day]
    assert held() == [None, None]
    shown = alone.ask(alone.first, "GET", "/recoveries").json()["items"]
    assert [each["until"] for each in shown] == [last_day.isoformat()]
