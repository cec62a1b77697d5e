"""The API's description lists what each route may refuse."""

from typing import Any

import pytest
from starlette.testclient import TestClient


def described(client: TestClient, method: str, path: str) -> dict[str, Any]:
    """An operation's responses by their status, with what they refer to."""
    description: dict[str, Any] = client.get("/openapi.json").json()
    responses = description["paths"][path][method]["responses"]
    shared = description["components"]["responses"]
    return {
        status: shared[response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        for status, response in responses.items()
    }


def refusals(client: TestClient, method: str, path: str) -> dict[str, list[str]]:
    """The problems that a route documents, by status."""
    found = {}
    for status, response in described(client, method, path).items():
        if status >= "400":
            schema = response["content"]["application/problem+json"]["schema"]
            found[status] = [each["$ref"].rpartition("/")[2] for each in schema.get("oneOf", [schema])]
    return found


def test_a_route_lists_what_its_parameters_and_its_endpoint_refuse(client: TestClient) -> None:
    assert refusals(client, "post", "/v1/things") == {
        "400": ["IdempotencyKeyRequiredProblem", "MalformedRequestProblem", "UnknownParameterProblem"],
        "401": ["UnauthenticatedProblem"],
        "404": ["NotFoundProblem"],
        "411": ["LengthRequiredProblem"],
        "413": ["TooLargeProblem"],
        "415": ["UnsupportedMediaTypeProblem"],
        "422": ["IdempotencyKeyReusedProblem", "InvalidRequestProblem", "NotAnEnvelopeProblem"],
        "503": ["BusyProblem", "TooMuchAtOnceProblem"],
    }


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("get", "/v1/things", {"400", "401", "422", "503"}),
        ("get", "/v1/things/{name}", {"400", "401", "422", "503"}),
        ("put", "/v1/things/{name}", {"400", "401", "411", "412", "413", "415", "422", "428", "503"}),
        ("post", "/v1/things/secret", {"400", "401", "403", "411", "413", "415", "422", "503"}),
        ("post", "/v1/things/sealed", {"400", "411", "413", "415", "422", "503"}),
    ],
)
def test_every_guard_of_a_route_is_listed(client: TestClient, method: str, path: str, statuses: set[str]) -> None:
    assert refusals(client, method, path).keys() == statuses


def test_a_sealed_body_is_described_as_bytes(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/v1/things/sealed"]["post"]

    assert list(operation["requestBody"]["content"]) == ["application/octet-stream"]


def test_a_route_says_what_token_it_needs(client: TestClient) -> None:
    description = client.get("/openapi.json").json()

    needed = {
        path: description["paths"][path]["post"].get("security")
        for path in ("/v1/things/secret", "/v1/things/sealed", "/v1/things/held")
    }

    assert description["security"] == [{"session": []}]
    assert needed == {
        "/v1/things/secret": None,
        "/v1/things/sealed": [],
        "/v1/things/held": [{"mailbox_token": []}],
    }
    assert description["components"]["securitySchemes"].keys() == {"session", "mailbox_token"}


def test_a_route_that_tells_a_version_says_that_it_may_answer_nothing_new(client: TestClient) -> None:
    responses = described(client, "get", "/v1/things/{name}")

    assert [list(responses[status]["headers"]) for status in ("200", "304")] == [["ETag"], ["ETag"]]


def test_a_header_without_which_a_route_refuses_is_described_as_needed(client: TestClient) -> None:
    parameters = client.get("/openapi.json").json()["components"]["parameters"]

    needed = {name: parameters[name]["required"] for name in ("If-None-Match", "cursor", "limit", "name")}
    once, seen = (
        client.get("/openapi.json").json()["paths"][path][method]["parameters"][-1]
        for path, method in (("/v1/things", "post"), ("/v1/things/{name}", "put"))
    )

    assert needed == {"If-None-Match": False, "cursor": False, "limit": False, "name": True}
    assert [(each["name"], each["required"]) for each in (once, seen)] == [
        ("Idempotency-Key", True),
        ("If-Match", True),
    ]


def test_what_else_a_problem_tells_is_described(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]

    assert schemas["InvalidRequestProblem"]["properties"].keys() == {"type", "title", "status", "errors"}
    assert schemas["Fault"]["properties"].keys() == {"in", "pointer", "code"}
    assert schemas["StaleVersionProblem"]["properties"].keys() == {"type", "title", "status", "version"}
