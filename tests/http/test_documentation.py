"""The API's description lists what each route may refuse."""

from typing import Any

import pytest
from starlette.testclient import TestClient


def refusals(client: TestClient, method: str, path: str) -> dict[str, list[str]]:
    """The types of problems that a route documents, by status."""
    description: dict[str, Any] = client.get("/openapi.json").json()
    responses = description["paths"][path][method]["responses"]
    return {
        status: [
            type_.removeprefix("/problems/")
            for type_ in response["content"]["application/problem+json"]["schema"]["properties"]["type"]["enum"]
        ]
        for status, response in responses.items()
        if status >= "400"
    }


def test_a_route_lists_what_its_parameters_and_its_endpoint_refuse(client: TestClient) -> None:
    assert refusals(client, "post", "/v1/things") == {
        "400": ["idempotency-key-required", "malformed-request", "unknown-parameter"],
        "401": ["unauthenticated"],
        "404": ["not-found"],
        "411": ["length-required"],
        "413": ["too-large"],
        "415": ["unsupported-media-type"],
        "422": ["idempotency-key-reused", "invalid-request", "not-an-envelope"],
    }


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("get", "/v1/things", {"400", "401", "422"}),
        ("get", "/v1/things/{name}", {"400", "401", "422"}),
        ("put", "/v1/things/{name}", {"400", "401", "411", "412", "413", "415", "422", "428"}),
        ("post", "/v1/things/secret", {"400", "401", "403", "411", "413", "415", "422"}),
        ("post", "/v1/things/sealed", {"400", "411", "413", "415", "422"}),
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

    assert needed == {
        "/v1/things/secret": [{"session": []}],
        "/v1/things/sealed": None,
        "/v1/things/held": [{"mailbox_token": []}],
    }
    assert description["components"]["securitySchemes"].keys() == {"session", "mailbox_token"}


def test_a_route_that_tells_a_version_says_that_it_may_answer_nothing_new(client: TestClient) -> None:
    responses = client.get("/openapi.json").json()["paths"]["/v1/things/{name}"]["get"]["responses"]

    assert [list(responses[status]["headers"]) for status in ("200", "304")] == [["ETag"], ["ETag"]]
