"""What `main` makes stays as it made it."""

from dataclasses import FrozenInstanceError, dataclass
from typing import cast

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from app.http import Api, State
from app.http.state import state_of


@dataclass(frozen=True)
class OtherState(State):
    other: str = ""


def test_what_the_application_was_made_with_cannot_be_changed(client: TestClient) -> None:
    state = cast("Api", client.app).state

    with pytest.raises(FrozenInstanceError):
        state.database = None  # type: ignore[misc,assignment]


def test_a_route_whose_state_was_not_made_says_so(client: TestClient) -> None:
    request = Request({"type": "http", "app": client.app})

    with pytest.raises(TypeError, match="without OtherState"):
        state_of(request, OtherState)
