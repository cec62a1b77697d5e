"""A report whose mailbox is posted to."""

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests.intake.scene import READ, Reporter, bearer


@pytest.fixture
def sent(client: TestClient, reporter: Reporter) -> Reporter:
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    return reporter


def ask(client: TestClient, token: str, body: bytes = READ) -> Response:
    return client.post("/v1/mailbox", content=body, headers=bearer(token))
