"""Sealed bodies: an octet-stream of the length that was said, and no longer than allowed."""

import pytest
from starlette.testclient import TestClient

OCTETS = {"Content-Type": "application/octet-stream"}
ROUTES = ["/v1/things/sealed", "/v1/things/streamed"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_body_within_the_limit_is_read(client: TestClient, route: str, size: int) -> None:
    answer = client.post(route, content=bytes(size), headers=OCTETS | {"Content-Length": str(size)})

    assert (answer.status_code, answer.json()) == (200, size)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("headers", "size", "status"),
    [
        (OCTETS, 1001, 413),
        (OCTETS | {"Content-Length": "9" * 5000}, 1, 413),
        ({"Content-Type": "text/plain"}, 1, 415),
        ({}, 1, 415),
        (OCTETS | {"Content-Length": "-1"}, 1, 411),
        (OCTETS | {"Content-Length": "١"}, 1, 411),
        (OCTETS | {"Content-Length": "2"}, 1, 400),
        (OCTETS | {"Content-Length": "1"}, 2, 400),
    ],
)
def test_any_other_body_is_refused(
    client: TestClient, route: str, headers: dict[str, str], size: int, status: int
) -> None:
    raw = {name.encode(): value.encode() for name, value in headers.items()}

    answer = client.post(route, content=bytes(size), headers=raw)

    assert answer.status_code == status


@pytest.mark.parametrize("route", ROUTES)
def test_a_body_without_a_length_is_refused(client: TestClient, route: str) -> None:
    answer = client.post(route, content=iter([b"x"]), headers=OCTETS)

    assert answer.status_code == 411
