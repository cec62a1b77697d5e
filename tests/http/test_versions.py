"""Whoever changes something says which version they saw."""

import pytest
from starlette.testclient import TestClient

from tests.http.conftest import signed_in


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (None, 428),
        ("", 400),
        ("2", 400),
        ("*", 400),
        ('W/"2"', 400),
        ('"2", "3"', 400),
        ('"02"', 400),
        ('"99999999999999999999"', 400),
        ('"1"', 412),
        ('"2"', 200),
    ],
)
def test_only_the_present_version_is_changed(client: TestClient, version: str | None, status: int) -> None:
    headers = signed_in() | ({} if version is None else {"If-Match": version})

    answer = client.put("/v1/things/a", json={"name": "a"}, headers=headers)

    assert answer.status_code == status


def test_a_stale_writer_is_told_the_present_version(client: TestClient) -> None:
    answer = client.put("/v1/things/a", json={"name": "a"}, headers=signed_in() | {"If-Match": '"1"'})

    assert answer.headers["ETag"] == '"2"'
