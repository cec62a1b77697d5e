"""A report whose mailbox is posted to, and what that asks of the database."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from httpx2 import Response
from sqlalchemy import event
from starlette.testclient import TestClient

from tests.intake.scene import READ, Reporter, bearer

if TYPE_CHECKING:
    from app.database import Database


@pytest.fixture
def sent(client: TestClient, reporter: Reporter) -> Reporter:
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    return reporter


@pytest.fixture
def statements(client: TestClient) -> Iterator[list[str]]:
    """What the service asks its database, as far as it changes or reads rows."""
    database: Database = client.app.state.database  # type: ignore[attr-defined]  # the test client declares any ASGI app
    seen: list[str] = []

    def see(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(database._writing, "before_cursor_execute", see)
    yield seen
    event.remove(database._writing, "before_cursor_execute", see)


def ask(client: TestClient, token: str, body: bytes = READ) -> Response:
    return client.post("/v1/mailbox", content=body, headers=bearer(token))
