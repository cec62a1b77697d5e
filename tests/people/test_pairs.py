"""Custodian pairs over HTTP: kept for two, peeled by the second, granted by the first, and told to all who hold it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.models import AuditEvent
from app.intake.epochs.models import Epoch
from app.people.grants.models import Grant
from app.people.pairs.models import Pair, Recovery
from app.people.staff.models import Person
from app.protocol.duties import DutyKind
from app.protocol.sizes import Kind
from app.vocabulary import GrantKind, Role
from tests import factories
from tests.casework.conftest import problem

FILE = factories.in_json(Kind.PAIR)
GRANT = factories.in_json(Kind.GRANT)


@dataclass
class Room:
    """An epoch whose key `holder` has, and three custodians, of whom the first two have it in a pair."""

    client: TestClient
    rows: Session
    epoch: Epoch
    holder: Person
    custodians: list[Person]
    pair: str

    def ask(self, who: Person, method: str, path: str, body: object = None) -> Response:
        headers = factories.signed_in(self.rows, who)
        self.rows.commit()
        return self.client.request(method, f"/v1{path}", json=body, headers=headers | factories.writes())

    def peel(self) -> Response:
        body = {"pair": self.pair, "act": FILE, "file": GRANT}
        return self.ask(self.custodians[1], "POST", "/recoveries", body)

    def give(self, recovery: str, *people: Person) -> Response:
        body = {"grants": [{"grantee": each.id, "file": GRANT} for each in people]}
        return self.ask(self.custodians[0], "POST", f"/recoveries/{recovery}/grants", body)

    def keep(self, *pairs: tuple[Person, Person], by: Person | None = None, generation: int = 1) -> Response:
        files = [{"first": first.id, "second": second.id, "file": FILE} for first, second in pairs]
        body = {"subject": self.epoch.id, "generation": generation, "pairs": files}
        return self.ask(by or self.holder, "POST", "/pairs", body)

    def duties(self, who: Person) -> list[str]:
        items = self.ask(who, "GET", "/duties").json()["items"]
        return [each["object"] for each in items if each["kind"] == DutyKind.MAKE_PAIRS]

    def acts(self) -> list[str]:
        return list(self.rows.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)))


@pytest.fixture
def room(client: TestClient, rows: Session) -> Room:
    factories.organisation(rows)
    holder = factories.certified(rows, Role.TRIAGER)
    custodians = sorted((factories.certified(rows, Role.CUSTODIAN) for _ in range(3)), key=lambda each: each.id)
    epoch = factories.epoch(rows, holder)
    pair = factories.pair(rows, epoch.id, *custodians[:2]).id
    rows.commit()
    return Room(client, rows, epoch, holder, custodians, pair)


def each_two(room: Room) -> list[tuple[Person, Person]]:
    first, second, third = room.custodians
    return [(first, second), (first, third), (second, third)]


def test_a_holder_makes_all_pairs_of_a_key_anew_and_is_told_where_they_are_out_of_step(room: Room) -> None:
    before = room.duties(room.holder)

    kept = room.keep(*each_two(room))

    assert before == [room.epoch.id]
    assert (kept.status_code, kept.json()) == (201, {"subject": room.epoch.id, "number": 3})
    assert room.rows.get(Pair, room.pair, populate_existing=True) is None
    assert room.duties(room.holder) == []
    assert "pairs.made" in room.acts()


def test_a_custodian_with_other_keys_makes_pairs_due_again(room: Room) -> None:
    room.keep(*each_two(room)).raise_for_status()
    room.rows.get_one(Person, room.custodians[2].id).recipient = str(factories.SOMEBODY)
    room.rows.commit()

    assert room.duties(room.holder) == [room.epoch.id]


def test_pairs_are_of_two_certified_custodians_in_their_order_and_each_two_once(room: Room) -> None:
    first, second, _ = room.custodians
    colleague = min((factories.certified(room.rows, Role.TRIAGER), first), key=lambda each: each.id)
    room.rows.commit()

    for unfit in ([(second, first)], [(first, first)], [(first, second)] * 2, [(colleague, room.holder)]):
        refused = room.keep(*unfit)
        assert problem(refused) == (422, "pairs-unfit")
    assert room.rows.get(Pair, room.pair, populate_existing=True) is not None


def test_nobody_makes_pairs_of_a_key_that_they_do_not_hold_or_that_is_not_the_newest(room: Room) -> None:
    other = factories.certified(room.rows, Role.TRIAGER)

    assert problem(room.keep(by=other)) == (404, "not-found")
    assert problem(room.keep(generation=2)) == (412, "stale-version")


def test_the_second_custodian_alone_is_given_a_pair(room: Room) -> None:
    first, second, third = room.custodians

    found = room.ask(second, "GET", f"/pairs/{room.pair}")

    assert found.json()["file"]
    assert [room.ask(who, "GET", f"/pairs/{room.pair}").status_code for who in (first, third)] == [404, 404]
    assert [room.ask(who, "GET", "/pairs").json()["items"] for who in (first, third)] == [[], []]
    assert "pair.fetched" in room.acts()


def test_what_the_second_peels_waits_for_the_first_alone_who_grants_it_once(room: Room) -> None:
    triager = factories.certified(room.rows, Role.TRIAGER)
    first, second, third = room.custodians

    peeled = room.peel().json()["id"]
    seen = {who.id: room.ask(who, "GET", f"/recoveries/{peeled}").status_code for who in room.custodians}
    granted = room.give(peeled, triager)
    again = room.give(peeled, triager)

    assert seen == {first.id: 200, second.id: 404, third.id: 404}
    assert granted.status_code == 201
    assert problem(again) == (404, "not-found")
    [grant] = room.ask(triager, "GET", f"/epochs/{room.epoch.id}/grants").json()["items"]
    assert grant["kind"] == GrantKind.RECOVERY
    assert {"key.peeled", "key.recovered"} <= set(room.acts())


def test_a_key_is_recovered_for_whom_it_may_be_granted_to_and_for_nobody_else(room: Room) -> None:
    caseworker = factories.certified(room.rows, Role.CASEWORKER)
    peeled = room.peel().json()["id"]

    refused = room.give(peeled, caseworker)

    assert problem(refused) == (422, "not-certified")
    assert room.give(peeled, factories.certified(room.rows, Role.SUPERVISOR)).status_code == 201


def test_what_is_peeled_makes_its_custodian_no_holder(room: Room) -> None:
    first = room.custodians[0]
    factories.certificate(room.rows, first, Role.CUSTODIAN, Role.TRIAGER, version=2)
    room.peel().raise_for_status()

    assert room.ask(first, "GET", f"/epochs/{room.epoch.id}/grants").json()["items"] == []
    assert problem(room.keep(by=first)) == (404, "not-found")


def test_who_holds_the_key_and_every_supervisor_is_told_of_what_is_recovered(room: Room) -> None:
    supervisor, other = (factories.certified(room.rows, role) for role in (Role.SUPERVISOR, Role.TRIAGER))

    room.peel().raise_for_status()

    told = {who: room.ask(who, "GET", "/recoveries").json()["items"] for who in (room.holder, supervisor, other)}
    assert [len(each) for each in told.values()] == [1, 1, 0]
    assert told[supervisor][0]["second"] == room.custodians[1].id


def test_what_nobody_acts_on_in_14_days_cannot_be_acted_on(room: Room) -> None:
    peeled = room.peel().json()["id"]
    row = room.rows.get_one(Recovery, peeled)
    row.peeled_on -= timedelta(days=15)
    room.rows.commit()

    assert room.ask(room.custodians[0], "GET", f"/recoveries/{peeled}").status_code == 404
    assert problem(room.give(peeled, room.holder)) == (404, "not-found")


def test_nothing_is_peeled_for_a_first_custodian_who_is_none_any_more(room: Room) -> None:
    factories.certificate(room.rows, room.custodians[0], Role.AUDITOR, version=2)

    assert problem(room.peel()) == (422, "not-certified")
    assert room.rows.scalars(select(Grant).where(Grant.kind == GrantKind.CUSTODIAN)).all() == []


def test_what_two_custodians_can_open_is_not_lost_with_who_holds_it(room: Room) -> None:
    supervisor = factories.certified(room.rows, Role.SUPERVISOR)
    factories.report(room.rows, room.epoch)
    room.rows.commit()

    def is_lost() -> list[bool]:
        asked = room.ask(supervisor, "GET", f"/people/{room.holder.id}/holdings").json()["items"]
        return [each["alone"] and not each["in_pairs"] for each in asked if each["object"] == room.epoch.id]

    by_two = is_lost()
    room.rows.get_one(Person, room.custodians[1].id).recipient = str(factories.SOMEBODY)
    room.rows.commit()

    assert (by_two, is_lost()) == ([False], [True])
