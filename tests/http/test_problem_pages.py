"""The address that a refusal names is a page that somebody can read."""

from html import unescape

import pytest
from starlette.testclient import TestClient

from app.problems import Problem, catalogue


@pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.type)
def test_every_problem_says_what_it_means_and_what_to_do(kind: type[Problem]) -> None:
    advice = " ".join(kind.advice())

    assert advice.count(". ") + advice.count(": ") >= 1
    assert advice.endswith(".")


def test_the_page_of_a_problem_says_so_and_runs_nothing(client: TestClient) -> None:
    refusal = client.get("/v1/things").json()

    answer = client.get(refusal["type"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert "set-cookie" not in answer.headers
    assert [text in answer.text for text in (refusal["title"], "401 Unauthorized", "Sign in again.")] == [True] * 3


@pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.type)
def test_every_problem_has_its_page(client: TestClient, kind: type[Problem]) -> None:
    answer = client.get(f"/problems/{kind.type}")

    assert (answer.status_code, kind.advice()[0].split(".")[0][:20] in unescape(answer.text)) == (200, True)


def test_there_is_no_page_of_what_is_no_problem(client: TestClient) -> None:
    answer = client.get("/problems/Parnassius-apollo")

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "Parnassius" not in answer.text
