"""Lists, a page at a time."""

from datetime import date

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.models import ReporterActs
from tests.http.conftest import signed_in

# Each orders and compares rows itself.
pytestmark = pytest.mark.both_databases


def page(client: TestClient, **parameters: str | int | None) -> dict[str, object]:
    given = {name: value for name, value in parameters.items() if value is not None}
    answer = client.get("/v1/things", params=given, headers=signed_in())
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def names(found: dict[str, object]) -> list[str]:
    return [item["action"] for item in found["items"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_following_next_shows_everything_once_and_prev_leads_back(
    client: TestClient, things: list[str], limit: int
) -> None:
    pages = [page(client, limit=limit)]
    while cursor := pages[-1]["next"]:
        pages.append(page(client, limit=limit, cursor=str(cursor)))
    back = [pages[-1]]
    while cursor := back[-1]["prev"]:
        back.append(page(client, limit=limit, cursor=str(cursor)))

    assert [name for found in pages for name in names(found)] == things
    assert [names(found) for found in reversed(back)] == [names(found) for found in pages]


def test_the_newest_may_come_first(client: TestClient, things: list[str]) -> None:
    first = client.get("/v1/things/newest", params={"limit": 4}, headers=signed_in()).json()
    second = client.get("/v1/things/newest", params={"cursor": first["next"]}, headers=signed_in()).json()

    assert names(first) + names(second) == things[::-1]


def test_a_row_that_arrives_meanwhile_moves_no_page(
    client: TestClient, things: list[str], rows: Session, today: date
) -> None:
    first = page(client, limit=3)
    rows.add(ReporterActs(day=today, action="thing-0-later", number=0))
    rows.commit()

    assert names(page(client, limit=3, cursor=str(first["next"]))) == things[3:6]


def test_fifty_are_shown_and_200_at_most(client: TestClient, rows: Session, today: date) -> None:
    rows.add_all(ReporterActs(day=today, action=f"{place:03}", number=0) for place in range(201))
    rows.commit()

    assert len(names(page(client))) == 50
    assert len(names(page(client, limit=200))) == 200


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x"])
def test_a_page_of_another_size_is_refused(client: TestClient, limit: str) -> None:
    assert client.get("/v1/things", params={"limit": limit}, headers=signed_in()).status_code == 422


def refused(client: TestClient, path: str, cursor: str, *, who: str = "triager", **filters: int) -> bool:
    answer = client.get(path, params={"cursor": cursor, **filters}, headers=signed_in(who))
    return answer.status_code == 400 and answer.json()["type"] == "/problems/invalid-cursor"


def test_a_cursor_is_for_one_list_one_filter_and_one_person(client: TestClient, things: list[str]) -> None:
    cursor = str(page(client, limit=2, number=0)["next"])

    assert not refused(client, "/v1/things", cursor, number=0)
    assert refused(client, "/v1/things", cursor)
    assert refused(client, "/v1/things", cursor, number=1)
    assert refused(client, "/v1/things/newest", cursor)
    assert refused(client, "/v1/things", cursor, number=0, who="supervisor")


def test_a_cursor_that_we_did_not_make_is_refused(client: TestClient, things: list[str]) -> None:
    cursor = str(page(client, limit=2)["next"])
    changed = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]

    for forged in ("", "A", "x" * 40, "é", "!", changed, cursor[1:]):
        assert refused(client, "/v1/things", forged), forged
