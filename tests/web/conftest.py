"""A service with its organisation, and pages of its reporters."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from tests.client.installation import Installation, installation
from tests.web.between import Between, between
from tests.web.page import Page, bundle, page

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def client_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle("reporter/client.ts", tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made


@pytest.fixture
def road(here: Installation) -> Iterator[Between]:
    """Between pages and the service; it passes everything on until a test says otherwise."""
    with between(here.server) as made:
        yield made


@pytest.fixture
def new_page(here: Installation, road: Between, client_bundle: Path) -> Iterator[OpenPage]:
    """Opens a page that knows nothing but what the service serves; all are closed in the end."""
    with ExitStack() as opened:

        def open_(*, pin: str = here.pin, now: datetime | None = None) -> Page:
            return opened.enter_context(page(client_bundle, road.server, pin, now or here.now()))

        yield open_
