"""Which epochs take reports, as every report asks."""

from datetime import date
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from app.database import Database
from app.intake.epochs import open_epochs
from app.intake.epochs.open_epochs import EpochClosed, OpenEpochs
from app.protocol.encoding import new_id
from tests.intake.scene import Epoch, Office


def test_of_reports_that_ask_at_once_one_asks_the_database(
    client: TestClient, epoch: Epoch, today: date, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others waited for its answer."""
    monkeypatch.setattr(open_epochs, "time", SimpleNamespace(monotonic=lambda: 0.0))
    epochs = OpenEpochs(client.app.state.database)  # type: ignore[attr-defined]  # the test client declares any ASGI app
    first = epochs.find(epoch.id, today)
    asked = len(statements)

    second = epochs.find(epoch.id, today)

    assert asked
    assert second == first == epochs.known(epoch.id, today)
    assert len(statements) == asked


def test_an_epoch_that_was_opened_since_is_found(database: Database, office: Office, epoch: Epoch, today: date) -> None:
    epochs = OpenEpochs(database)
    epochs.find(epoch.id, today)
    opened = office.open_epoch()

    found = epochs.find(opened.id, today)

    assert found.id == opened.id


def test_an_epoch_that_is_not_there_is_closed(database: Database, epoch: Epoch, today: date) -> None:
    epochs = OpenEpochs(database)

    with pytest.raises(EpochClosed):
        epochs.find(new_id("epoch"), today)
    with pytest.raises(EpochClosed):
        epochs.find(new_id("epoch"), today)
    assert epochs.known(epoch.id, today)
