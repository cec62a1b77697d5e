"""One browser and one service for all of these tests, and one walk in each language for those that only look."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.device import chromium, needs_chromium
from tests.browser_looks.looking import Looking
from tests.browser_looks.served import ServedPages, served_pages

NewPage = Callable[..., Looking]


@pytest.fixture(scope="package")
def here(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[ServedPages]:
    with served_pages(tmp_path_factory.mktemp("served"), built) as made:
        yield made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    needs_chromium()
    # It holds the thread's event loop, so it must end before tests that run one of their own.
    with sync_playwright() as playwright, chromium(playwright) as started:
        yield started


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens a page in a window of this width, with options of the browser's context; all are closed in the end."""
    with ExitStack() as opened:

        def open_(width: int = 390, **options: Any) -> Looking:
            context = browser.new_context(viewport={"width": width, "height": 800}, **options)
            return Looking(opened.enter_context(context).new_page())

        yield open_
