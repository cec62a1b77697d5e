"""The organisation in which the stories take place."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.clock import Clock
from app.settings import Settings
from tests.flows.organisation import Organisation


@pytest.fixture
def organisation(settings: Settings, client: TestClient, clock: Clock, tmp_path: Path) -> Organisation:
    return Organisation(tmp_path / "people", client, clock).found(settings)
