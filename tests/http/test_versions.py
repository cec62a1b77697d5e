"""Whoever changes something says which version they saw."""

import pytest
from starlette.testclient import TestClient

from tests.http.conftest import signed_in


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (None, 428),
        ("", 428),
        ("2", 400),
        ('"2" "3"', 400),
        ('*, "2"', 400),
        ("*", 428),
        ('W/"2"', 412),
        ('"1", W/"2"', 412),
        ('"02"', 412),
        ('"99999999999999999999"', 412),
        ('"elsewhere"', 412),
        ('"1"', 412),
        ('"2"', 200),
        ('"1", "2"', 200),
        (' "1",,W/"7" ,"2",', 200),
    ],
)
def test_only_the_present_version_is_changed(client: TestClient, version: str | None, status: int) -> None:
    headers = signed_in() | ({} if version is None else {"If-Match": version})

    answer = client.put("/v1/things/a", json={"name": "a"}, headers=headers)

    assert answer.status_code == status


def test_a_stale_writer_is_told_the_present_version(client: TestClient) -> None:
    answer = client.put("/v1/things/a", json={"name": "a"}, headers=signed_in() | {"If-Match": '"1"'})

    assert answer.headers["ETag"] == '"2"'


@pytest.mark.parametrize("seen", ['"2"', 'W/"2"', '"1", "2"', '"1",W/"2"', ',"1",, "2",', "*"])
def test_who_has_the_present_version_is_not_sent_it_again(client: TestClient, seen: str) -> None:
    answer = client.get("/v1/things/a", headers=signed_in() | {"If-None-Match": seen})

    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", '"2"')
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("seen", [None, '"1"', '"22"', '"1", "3"', '""'])
def test_who_has_another_version_is_sent_the_present_one(client: TestClient, seen: str | None) -> None:
    answer = client.get("/v1/things/a", headers=signed_in() | ({} if seen is None else {"If-None-Match": seen}))

    assert (answer.status_code, answer.json()["action"], answer.headers["ETag"]) == (200, "a", '"2"')


def test_a_list_may_come_in_several_lines(client: TestClient) -> None:
    token = signed_in()["Authorization"]
    lines = [("Authorization", token), ("If-Match", '"1"'), ("If-Match", '"2"')]

    assert client.put("/v1/things/a", json={"name": "a"}, headers=lines).status_code == 200


@pytest.mark.parametrize("seen", ["2", '"2', ",", '"2" "3"', '*, "2"', 'w/"2"', '"2\x7f"'])
def test_what_is_no_list_of_versions_is_malformed(client: TestClient, seen: str) -> None:
    answer = client.get("/v1/things/a", headers=signed_in() | {"If-None-Match": seen})

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-request")


def test_what_has_no_version_is_known_by_its_bytes(client: TestClient) -> None:
    first = client.get("/v1/things/unversioned", headers=signed_in())

    again = client.get("/v1/things/unversioned", headers=signed_in() | {"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code) == (200, 304)


def test_a_stranger_learns_of_no_version(client: TestClient) -> None:
    assert client.get("/v1/things/a", headers={"If-None-Match": '"2"'}).status_code == 401
