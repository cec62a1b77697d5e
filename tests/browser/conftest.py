"""A service with its organisation, the device of a reporter, and the wire between them.

The device's clock is the machine's, so the organisation lives today.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from app.client.intake import pages
from app.site.site import BUILT
from tests.browser.device import Device, chromium, needs_chromium
from tests.browser.wire import Wire, wire
from tests.client.installation import Installation, installation

NAME = "Help without borders"

# All that a page ever fetches: a secret would have to stand in one of these.
_FETCHED = re.compile(
    r"/([a-z]{2,3}(-[A-Z][a-z]+)?/((plain/)?(replies/)?|plain/once/[A-Za-z0-9_-]{43})"
    r"|assets/[a-z-]+-[0-9A-Z]{8}\.(js|css|svg)|organisation\.json|manifest\.txt"
    r"|v1/intake|v1/key-log\?from=[0-9]+|v1/uploads/[0-9a-f]{32})"
)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    needs_chromium()
    # It holds the thread's event loop, so it must end before tests that run one of their own.
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright) as started:
        yield started


@pytest.fixture(scope="package")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One service, which serves what `make setup` has built; each test leaves its own reports behind."""
    assert BUILT.exists(), "the pages are not built; `make setup` does it"
    directory = tmp_path_factory.mktemp("browser")
    with installation(directory, built=BUILT, start=datetime.now(UTC).replace(microsecond=0)) as made:
        pages.sign(made.staff("sara"), BUILT, made.site, name=NAME, leave_to=None)
        yield made


@pytest.fixture
def road(here: Installation) -> Iterator[Wire]:
    """All that left the device is looked at: it is asked for no page by anything that tells of its reporter."""
    with wire(here.server) as made:
        yield made
        for sent in made.requests():
            assert not {"cookie", "referer"} & set(sent.headers)
            assert sent.method not in ("GET", "HEAD") or _FETCHED.fullmatch(sent.target), sent.target


@pytest.fixture
def device(browser: Browser, road: Wire) -> Iterator[Device]:
    made = Device(browser, road)
    yield made
    made.close_all()
    assert made.wrong == []
