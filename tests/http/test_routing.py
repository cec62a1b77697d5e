"""The order of refusals, and what a request may look like at all."""

import pytest
from starlette.testclient import TestClient

from app.http.bodies import VALUES_LIMIT
from tests.http.conftest import TOKENS, signed_in

JSON = {"Content-Type": "application/json"}


def refusal(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer short", f"Basic {TOKENS['triager']}", f"Bearer {'u' * 43}", f"Bearer {'ü' * 43}"],
)
def test_without_a_known_session_nothing_else_is_said(client: TestClient, authorization: str | None) -> None:
    headers = {name.encode(): value.encode() for name, value in JSON.items()}
    if authorization is not None:
        headers[b"Authorization"] = authorization.encode()

    answer = client.post("/v1/things/secret?unknown=1", content=b"{not json", headers=headers)

    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_a_token_of_a_mailbox_nothing_else_is_said(client: TestClient) -> None:
    assert refusal(client.post("/v1/things/held?unknown=1")) == (401, "unauthenticated")


def test_a_role_is_refused_before_the_form_is_looked_at(client: TestClient) -> None:
    answer = client.post("/v1/things/secret?unknown=1", content=b"{not json", headers=JSON | signed_in("triager"))

    assert refusal(answer) == (403, "forbidden")


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER  "])
def test_the_word_before_a_token_has_no_case_and_as_many_spaces_as_it_likes(client: TestClient, scheme: str) -> None:
    headers = {"Authorization": scheme + TOKENS["supervisor"]}

    assert client.post("/v1/things/secret", json={"name": "a"}, headers=headers).status_code < 300


def test_the_right_role_passes(client: TestClient) -> None:
    answer = client.post("/v1/things/secret", json={"name": "a"}, headers=signed_in("supervisor"))

    assert answer.status_code == 200


def test_an_unknown_parameter_is_refused_and_not_ignored(client: TestClient) -> None:
    assert refusal(client.get("/v1/things?nummer=1", headers=signed_in())) == (400, "unknown-parameter")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "number": NaN}',
        b'{"name": "\\u0000"}',
        b"[" * VALUES_LIMIT,
    ],
)
def test_json_with_no_one_meaning_is_malformed(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/things/secret", content=body, headers=JSON | signed_in("supervisor"))

    assert refusal(answer) == (400, "malformed-request")


@pytest.mark.parametrize("path", ["/v1/things/a%00b", "/v1/things/failing?word=%00"])
def test_a_nul_is_malformed_wherever_it_stands(client: TestClient, path: str) -> None:
    method, headers = ("GET", {}) if "word" in path else ("PUT", signed_in() | {"If-Match": '"2"'})

    answer = client.request(method, path, headers=headers)

    assert refusal(answer) == (400, "malformed-request")


def test_json_of_another_media_type_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/things/secret", content=b"{}", headers=signed_in("supervisor"))

    assert refusal(answer) == (415, "unsupported-media-type")


def test_a_body_without_a_length_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/things/secret", content=iter([b"{}"]), headers=JSON | signed_in("supervisor"))

    assert refusal(answer) == (411, "length-required")


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    headers = JSON | signed_in("supervisor") | {"Content-Length": str(2**30)}

    answer = client.post("/v1/things/secret", content=b"{}", headers=headers)

    assert refusal(answer) == (413, "too-large")


def test_head_says_what_get_would_without_its_body(client: TestClient) -> None:
    got, head = (client.request(method, "/v1/things", headers=signed_in("triager")) for method in ("GET", "HEAD"))

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert head.headers.keys() == got.headers.keys()


def test_head_asks_for_a_session_as_get_does(client: TestClient) -> None:
    assert client.head("/v1/things").status_code == 401


@pytest.mark.parametrize("name", ["Tern-Unknown", "If-None-Match", "Content-Type", "Cookie"])
def test_an_empty_header_counts_as_none(client: TestClient, name: str) -> None:
    assert client.get("/v1/things", headers=signed_in("triager") | {name: ""}).status_code == 200
