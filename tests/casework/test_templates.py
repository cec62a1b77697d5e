"""Templates of answers over HTTP: for whoever holds their key, written by supervisors, and no list of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.templates import service
from app.casework.templates.models import TemplatesVersion
from app.people.staff.models import Person
from app.protocol.duties import DutyKind
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.sizes import Kind
from app.vocabulary import Role
from tests import factories
from tests.casework.conftest import problem

FILE = factories.in_json(Kind.PART)
WHOLE = {"version": 1, "sha256": sha256_hex(unb64(FILE)), "sealed_file": FILE}
OTHER = b64(factories.sealed(Kind.PART)[:-1] + b"!")


@pytest.fixture
def sara(rows: Session) -> Person:
    factories.organisation(rows)
    return factories.certified(rows, Role.SUPERVISOR)


def actor(person: Person) -> Actor:
    return Actor(person.id, frozenset({Role.SUPERVISOR}), person.team_id, factories.DAY)


def put(client: TestClient, rows: Session, who: Person, key: str, version: int, file: str = FILE) -> Response:
    headers = factories.signed_in(rows, who)
    rows.commit()
    return client.put("/v1/templates", json={"version": version, "key": key, "file": file}, headers=headers)


@pytest.mark.both_databases
def test_the_version_that_follows_takes_the_place_of_the_last_and_the_slower_of_two_is_told(
    client: TestClient, rows: Session, sara: Person
) -> None:
    key = factories.desk_key(rows, sara).id

    first, again = (put(client, rows, sara, key, 1) for _ in range(2))
    slower = put(client, rows, sara, key, 1, OTHER)
    second, skipping = put(client, rows, sara, key, 2, OTHER), put(client, rows, sara, key, 4)

    assert [each.status_code for each in (first, again, second)] == [200, 200, 200]
    assert [problem(slower), problem(skipping)] == [(412, "stale-version")] * 2
    assert [(row.version, row.key_id) for row in rows.scalars(select(TemplatesVersion))] == [(2, key)]
    assert len(rows.scalars(select(AuditEvent.seq).where(AuditEvent.action == Action.TEMPLATES_WRITTEN)).all()) == 2


def test_they_are_written_under_the_key_of_today_by_who_holds_it(
    client: TestClient, rows: Session, sara: Person
) -> None:
    before, other = factories.desk_key(rows, sara), factories.certified(rows, Role.SUPERVISOR)
    newest = factories.desk_key(rows, sara, version=2)

    assert problem(put(client, rows, sara, before.id, 1)) == (409, "not-under-desk-key")
    assert problem(put(client, rows, other, newest.id, 1)) == (409, "not-under-desk-key")
    assert put(client, rows, sara, newest.id, 1).is_success


def test_a_fetch_of_what_one_has_is_304_and_none_is_recorded(client: TestClient, rows: Session, sara: Person) -> None:
    anna = factories.certified(rows, Role.TRIAGER)
    key = factories.desk_key(rows, sara, anna).id
    put(client, rows, sara, key, 1).raise_for_status()
    headers = factories.signed_in(rows, anna)
    rows.commit()
    before = rows.scalars(select(AuditEvent.seq)).all()

    found = client.get("/v1/templates", headers=headers)
    known = client.get("/v1/templates", headers=headers | {"If-None-Match": found.headers["ETag"]})

    assert (found.headers["ETag"], found.json()) == ('"1"', WHOLE | {"key": key})
    assert (known.status_code, known.content) == (304, b"")
    assert rows.scalars(select(AuditEvent.seq)).all() == before


def test_whoever_has_no_key_finds_none_as_where_there_are_none(
    client: TestClient, rows: Session, sara: Person, statements: list[str]
) -> None:
    anna, key = factories.signed_in(rows, factories.certified(rows, Role.TRIAGER)), factories.desk_key(rows, sara)
    rows.commit()

    def asked() -> tuple[int, bytes, list[str]]:
        statements.clear()
        answer = client.get("/v1/templates", headers=anna)
        return answer.status_code, answer.content, statements.copy()

    asked()  # the first request of a session notes that it is used
    none = asked()
    put(client, rows, sara, key.id, 1).raise_for_status()

    assert none == asked()
    assert none[0] == 404


@pytest.mark.both_databases
def test_who_has_the_key_of_today_alone_reads_that_there_are_some_until_they_are_sealed_anew(
    client: TestClient, rows: Session, sara: Person
) -> None:
    anna, emil = (factories.certified(rows, Role.TRIAGER) for _ in range(2))
    before = factories.desk_key(rows, sara, emil).id
    put(client, rows, sara, before, 1).raise_for_status()
    newest = factories.desk_key(rows, sara, anna, version=2).id
    newcomer, holder = (factories.signed_in(rows, each) for each in (anna, emil))
    rows.commit()

    told = client.get("/v1/templates", headers=newcomer)
    granted = client.get("/v1/templates", headers=holder)
    put(client, rows, sara, newest, 2).raise_for_status()
    sealed_anew = client.get("/v1/templates", headers=newcomer | {"If-None-Match": told.headers["ETag"]})
    late = client.get("/v1/templates", headers=holder)

    assert told.json() == WHOLE | {"key": before, "sealed_file": None}
    assert granted.json() == WHOLE | {"key": before}
    assert told.headers["ETag"] != granted.headers["ETag"] == '"1"'
    assert sealed_anew.json() == WHOLE | {"version": 2, "key": newest}
    assert late.status_code == 404


@pytest.mark.both_databases
def test_where_the_desk_has_another_key_a_supervisor_who_holds_both_seals_them_anew(
    client: TestClient, rows: Session, sara: Person
) -> None:
    key, other = factories.desk_key(rows, sara), factories.certified(rows, Role.SUPERVISOR)
    put(client, rows, sara, key.id, 1).raise_for_status()
    actors = [actor(each) for each in (sara, other)]

    none = [[*service.duties(rows, each)] for each in actors]
    newest = factories.desk_key(rows, sara, other, version=2)
    waiting = [[*service.duties(rows, each)] for each in actors]
    later = [*service.duties(rows, replace(actors[0], today=factories.DAY + timedelta(days=366)))]

    assert none == [[], []]
    assert [[(each.kind, each.object) for each in found] for found in waiting] == [
        [(DutyKind.SEAL_TEMPLATES, newest.id)],
        [],
    ]
    assert later == []


@pytest.mark.both_databases
def test_where_who_wrote_them_is_a_supervisor_no_more_another_seals_them_anew(
    client: TestClient, rows: Session, sara: Person
) -> None:
    emil = factories.certified(rows, Role.SUPERVISOR)
    key = factories.desk_key(rows, sara, emil)
    put(client, rows, emil, key.id, 1).raise_for_status()

    before = [*service.duties(rows, actor(sara))]
    factories.certificate(rows, emil, Role.TRIAGER, version=2)
    after = [*service.duties(rows, actor(sara))]
    put(client, rows, sara, key.id, 2).raise_for_status()

    assert before == []
    assert [(each.kind, each.object) for each in after] == [(DutyKind.SEAL_TEMPLATES, key.id)]
    assert [*service.duties(rows, actor(sara))] == []
