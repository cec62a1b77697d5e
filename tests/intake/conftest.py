"""An office that takes reports."""

from datetime import date

import pytest
from starlette.testclient import TestClient

from app import keyring
from app.database import Database
from app.settings import Settings
from tests.intake.scene import Epoch, Office, Reporter


@pytest.fixture
def office(database: Database, client: TestClient, today: date, settings: Settings) -> Office:
    return Office(database, client, today).found(keyring.load(settings.data_dir).digest)


@pytest.fixture
def epoch(office: Office) -> Epoch:
    return office.open_epoch()


@pytest.fixture
def reporter(epoch: Epoch, today: date) -> Reporter:
    return Reporter(epoch, today)
