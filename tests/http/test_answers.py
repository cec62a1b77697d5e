"""What every answer carries, and how failures are told."""

import logging

import pytest
from starlette.testclient import TestClient

from app.http.answers import _HEADERS
from tests.http.conftest import signed_in


def test_every_answer_has_the_safe_headers(client: TestClient) -> None:
    answers = [client.get("/v1/things", headers=signed_in()), client.get("/v1/things"), client.get("/nowhere")]

    for answer in answers:
        assert {name: answer.headers[name] for name in _HEADERS} == _HEADERS
        assert {"camera=()", "microphone=()", "geolocation=()"} < {*answer.headers["Permissions-Policy"].split(", ")}


def test_no_two_answers_have_the_same_request_id(client: TestClient) -> None:
    ids = {client.get("/nowhere").headers["X-Request-Id"] for _ in range(10)}

    assert len(ids) == 10


def test_a_failure_is_a_problem_with_a_stable_type(client: TestClient) -> None:
    answer = client.get("/nowhere")

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/not-found",
        "title": "There is nothing here for you",
        "status": 404,
    }


def test_an_unknown_method_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/v1/things")

    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
    assert "Allow" in answer.headers


def test_an_invalid_body_is_told_by_place_and_never_by_content(client: TestClient) -> None:
    body = {"name": {"typed": "my secret word"}, "my other word": 1}

    answer = client.post("/v1/things", json=body, headers=signed_in() | {"Idempotency-Key": "k"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"in": "body", "pointer": "/name", "code": "string_type"},
        {"in": "body", "pointer": "", "code": "extra_forbidden"},
    ]
    assert "word" not in answer.text


def test_a_bug_is_answered_and_logged_without_what_it_was_about(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="tern"):
        answer = client.get("/v1/things/failing", params={"word": "typed-word"})

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert answer.headers["X-Request-Id"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "typed-word" not in answer.text
    assert not any("typed-word" in record.getMessage() for record in caplog.records if record.name == "tern")
