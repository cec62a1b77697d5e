"""A request that is repeated acts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.models import ReporterActs
from app.database import Database
from app.http.idempotency import IdempotencyKey, forget
from tests.http.conftest import signed_in

# Each says itself who was first.
pytestmark = pytest.mark.both_databases


def make(client: TestClient, key: str | None, name: str = "a", *, who: str = "triager") -> tuple[int, str]:
    headers = signed_in(who) | ({} if key is None else {"Idempotency-Key": key})
    answer = client.post("/v1/things", json={"name": name}, headers=headers)
    return answer.status_code, answer.json().get("type", "").removeprefix("/problems/")


def test_a_repeated_request_is_answered_alike_and_acts_once(client: TestClient, rows: Session) -> None:
    answers = [make(client, "key"), make(client, "key")]

    assert answers == [(201, ""), (201, "")]
    assert len(rows.scalars(select(ReporterActs)).all()) == 1


def test_the_key_is_required(client: TestClient) -> None:
    assert make(client, None) == (400, "idempotency-key-required")


@pytest.mark.parametrize("key", ["a b", "x" * 256, "\x7f"])
def test_a_key_is_short_and_visible(client: TestClient, key: str) -> None:
    assert make(client, key) == (400, "malformed-request")


def test_a_key_is_for_one_request(client: TestClient) -> None:
    make(client, "key", "a")

    assert make(client, "key", "b") == (422, "idempotency-key-reused")


def test_two_people_may_choose_the_same_key(client: TestClient, rows: Session) -> None:
    make(client, "key", "a", who="triager")

    assert make(client, "key", "b", who="supervisor") == (201, "")
    assert len(rows.scalars(select(ReporterActs)).all()) == 2


def test_rights_are_checked_before_a_replay(client: TestClient, rows: Session) -> None:
    make(client, "key")
    rows.delete(rows.scalars(select(ReporterActs)).one())
    rows.commit()

    assert make(client, "key") == (404, "not-found")
    assert make(client, "key", "another body") == (404, "not-found")


def test_an_act_that_failed_may_be_tried_again(client: TestClient, rows: Session, today: date) -> None:
    taken = ReporterActs(day=today, action="a", number=0)
    rows.add(taken)
    rows.commit()
    assert make(client, "key")[0] == 500
    rows.delete(taken)
    rows.commit()

    assert make(client, "key") == (201, "")


def test_twins_wait_for_each_other_and_act_once(client: TestClient, rows: Session) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: make(client, "key"), range(8)))

    assert answers == [(201, "")] * 8
    assert len(rows.scalars(select(ReporterActs)).all()) == 1


def test_the_table_names_neither_the_caller_nor_the_key(client: TestClient, rows: Session) -> None:
    make(client, "my-own-key")

    row = rows.scalars(select(IdempotencyKey)).one()

    assert "my-own-key" not in repr(vars(row))
    assert "triager" not in repr(vars(row))


def test_a_key_is_kept_for_a_day_and_then_forgotten(client: TestClient, database: Database, today: date) -> None:
    make(client, "key")

    def kept(days: int) -> int:
        with database.write() as session:
            forget(session, today + timedelta(days=days))
            return len(session.scalars(select(IdempotencyKey)).all())

    assert [kept(1), kept(2)] == [1, 0]


def test_what_was_asked_cannot_be_found_by_trying(client: TestClient, rows: Session) -> None:
    """Two requests alike but for the key leave nothing alike: whoever has the table would have to guess the key."""
    make(client, "one")
    rows.delete(rows.scalars(select(ReporterActs)).one())
    rows.commit()
    make(client, "two")

    kept = rows.scalars(select(IdempotencyKey.request_sha256)).all()

    assert len(set(kept)) == 2
