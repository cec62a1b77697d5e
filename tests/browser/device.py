"""The reporter's device: Debian's Chromium, watched."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, expect

from tests.browser.wire import Wire

CHROMIUM = shutil.which("chromium")
# Its engine alone, for tests that ask nothing of the browser around it: a window takes half the processor's time.
# Whoever asks what is kept on a device, or for the way back, opens the whole.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Trying again takes a client five seconds.
_PATIENCE_MS = 20_000
expect.set_options(timeout=_PATIENCE_MS)

# Everything that a page could keep on a device.
_KEPT = """async () => [
    ...Object.entries(localStorage), ...Object.entries(sessionStorage), ...await indexedDB.databases(),
    ...await caches.keys(), ...await navigator.serviceWorker.getRegistrations(), ...document.cookie.split(";"),
].filter(each => each !== "")"""


class Device:
    """Windows of a browser that remembers nothing from one to the next. `wrong` is what no page may ever do.

    A test that breaks something names in `expects` how the browser's console will complain about it.
    """

    def __init__(self, browser: Browser, wire: Wire) -> None:
        self._browser = browser
        self._wire = wire
        self._windows: list[BrowserContext] = []
        self.wrong: list[str] = []
        self.expects: list[str] = []
        self.elsewhere: list[str] = []

    def window(self, **options: Any) -> BrowserContext:
        """A new one, with nothing in it of any other."""
        opened = self._browser.new_context(**options)
        self.watch(opened)
        self._windows.append(opened)
        return opened

    def page(self, path: str, **options: Any) -> Page:
        """A page of the service, in a window of its own."""
        opened = self.window(**options).new_page()
        opened.goto(self._wire.address + path)
        return opened

    def close(self, page: Page) -> None:
        """The whole window, as a reporter does at the end; it has kept nothing."""
        self._look_into(page.context)
        self._windows.remove(page.context)
        page.context.close()

    def close_all(self) -> None:
        for window in list(self._windows):
            self._look_into(window)
            window.close()

    def watch(self, window: BrowserContext) -> None:
        window.set_default_timeout(_PATIENCE_MS)
        window.on("console", self._hear)
        window.on("weberror", lambda error: self.wrong.append(str(error.error)))
        window.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        is_expected = any(re.search(each, message.text) for each in self.expects)
        if message.type in ("error", "warning") and not is_expected:
            self.wrong.append(message.text)

    def _see(self, request: Request) -> None:
        own = (f"{self._wire.address}/", f"blob:{self._wire.address}/", *self.elsewhere)
        if not request.url.startswith(own):
            self.wrong.append(f"a request to {request.url}")

    def _look_into(self, window: BrowserContext) -> None:
        page = window.new_page()
        page.goto(f"{self._wire.address}/en/plain/")
        kept = [*page.evaluate(_KEPT), *window.cookies()]
        if kept:
            self.wrong.append(f"kept: {kept}")


def needs_chromium() -> None:
    """Skip where pytest runs without `make test`, on a machine that has no browser to test with."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed; `make system-deps` does it")


@contextmanager
def chromium(playwright: Playwright, *, program: str | None = SHELL, **options: Any) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=program, args=ARGS, **options)
    yield browser
    browser.close()
