"""Sealed bodies: an octet-stream of the length that was said, and no longer than allowed."""

import pytest
from starlette.testclient import TestClient

from app.http.bodies import VALUES_LIMIT
from tests.http.conftest import signed_in

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


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"x",' + b",".join(b'"%d":0' % n for n in range(VALUES_LIMIT)) + b"}",
        b'{"name":' + b"[" * (VALUES_LIMIT + 1) + b"]" * (VALUES_LIMIT + 1) + b"}",
        b'{"name":[' + b"{}," * VALUES_LIMIT + b"0]}",
    ],
    ids=["members", "depth", "length"],
)
def test_a_body_of_more_values_than_any_list_has_is_refused_before_it_is_parsed(
    client: TestClient, body: bytes
) -> None:
    headers = signed_in() | {"Idempotency-Key": "k", "Content-Type": "application/json"}

    answer = client.post("/v1/things", content=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (b"[" * 15 + b"]" * 15, 422),
        (b"[" * 16 + b"]" * 16, 400),
        (b'[{"a":' * 8 + b"0" + b"}]" * 8, 400),
        (b'"' + b"[{" * 10 + b'"', 201),
        (rb'"\"' + b"[" * 20 + b'"', 201),
        (b'"' + b"[" * 100, 400),  # a string without an end
        (b'"' + b'\\"' * 1_000_000, 400),
    ],
    ids=["as deep as may be", "deeper", "deeper by turns", "in a string", "behind a quote", "without end", "long"],
)
def test_a_body_that_nests_deeper_than_any_is_refused_before_it_is_parsed(
    client: TestClient, value: bytes, status: int
) -> None:
    headers = signed_in() | {"Idempotency-Key": "k", "Content-Type": "application/json"}

    answer = client.post("/v1/things", content=b'{"name":%b}' % value, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        rb'{"name":"a\u0000"}',
        r'{"name":"a\u0000"}'.encode("utf-16"),
        '{"name":"a"}'.encode("utf-16-le"),
        '{"name":"a"}'.encode("utf-32-be"),
        '{"name":"a"}'.encode("utf-8-sig"),
        b'{"name":"\xff"}',
        rb'{"name":"\ud800"}',
        rb'{"name":"\uDC00\ud800"}',
        rb'{"name":"a","\udfff":1}',
        b'{"name":%b}' % (b"9" * 5000),
    ],
    ids=["NUL", "NUL in UTF-16", "UTF-16", "UTF-32", "mark", "bytes", "half", "halves", "half a name", "number"],
)
def test_a_body_that_is_not_utf8_or_has_what_no_database_keeps_is_malformed(client: TestClient, body: bytes) -> None:
    headers = signed_in() | {"Idempotency-Key": "k", "Content-Type": "application/json"}

    answer = client.post("/v1/things", content=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-request")


def test_both_halves_of_a_surrogate_pair_are_a_character(client: TestClient) -> None:
    headers = signed_in() | {"Idempotency-Key": "k", "Content-Type": "application/json"}

    answer = client.post("/v1/things", content=rb'{"name":"\ud83d\ude00"}', headers=headers)

    assert answer.status_code == 201


def test_of_many_faults_some_are_told(client: TestClient) -> None:
    body = {f"unknown {n}": 0 for n in range(VALUES_LIMIT // 2)}

    answer = client.post("/v1/things", json=body, headers=signed_in() | {"Idempotency-Key": "k"})

    assert (answer.status_code, len(answer.json()["errors"])) == (422, 20)
