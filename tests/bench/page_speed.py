"""How soon the report page can be used on a slow phone, and how fast the browser seals, beside what was promised.

Chromium plays the phone: its processor six times slower than this machine's, 400 kbit/s, 400 ms until an answer begins.
The service is one on this machine without TLS; over TLS a first visit waits for two answers more. Of several rounds the
best counts, for whatever else the machine does makes them slower, never faster.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from app.site.site import BUILT
from tests.browser.device import chromium
from tests.browser_looks.served import ServedPages, served_pages

SLOWER = 6
BYTES_A_SECOND = 400_000 / 8
LATENCY_MS = 400
FILE_SIZE = 20_000_000
ROUNDS = 5

# Script, style and worker of the report page, as they are named in it.
_LOADED = re.compile(r'(?:src|data-worker|rel="stylesheet" href)="/([^"]+)"')

# When the first button can be pressed.
_USABLE = """
new MutationObserver((_, observer) => {
    const start = document.getElementById("start")
    if (!start || start.disabled) return
    globalThis.usableAt = performance.now()
    observer.disconnect()
}).observe(document, { subtree: true, childList: true, attributeFilter: ["disabled"] })
"""
# Seals and sends. Resolves with the milliseconds until sending begins, and the longest in which the page was busy.
_SEAL = """
() => new Promise((resolve) => {
    const sending = document.getElementById("words").content.querySelector('[data-word="sending"]').textContent
    const started = performance.now()
    let [last, longest] = [started, 0]
    const look = () => {
        const now = performance.now()
        longest = Math.max(longest, now - last)
        last = now
        if (document.getElementById("doing").textContent === sending) resolve([now - started, longest])
        else setTimeout(look)
    }
    document.getElementById("send").click()
    look()
})
"""

Row = dict[str, str | float]


def run() -> list[Row]:
    """A row for each promise: `what`, `measured`, `limit`, and `of_limit`, the share of it that was used."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served_pages(Path(folder), BUILT) as here,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        sealing = [sealed(browser, here, Path(folder)) for _ in range(ROUNDS)]
        return [
            row("script, style and worker, Brotli: kB", compressed(here) / 1000, 90),
            row("the page can be used on a slow phone: s", min(usable(browser, here) for _ in range(ROUNDS)), 3),
            row("20 MB are sealed: s", min(seconds for seconds, _ in sealing), 2),
            row("longest wait for the page meanwhile: s", min(wait for _, wait in sealing), 0.1),
        ]


def row(what: str, measured: float, limit: float) -> Row:
    return {"what": what, "measured": measured, "limit": limit, "of_limit": measured / limit}


def compressed(here: ServedPages) -> int:
    page = here.site.files["en/"].content.decode()
    loaded = [here.site.files[path] for path in _LOADED.findall(page)]
    return sum(len(file.brotli or file.content) for file in loaded)


def usable(browser: Browser, here: ServedPages) -> float:
    """Seconds from the address to the first button, nothing being known of the page before."""
    with browser.new_context() as context:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
        devtools.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **speed})
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(_USABLE)
        page.goto(f"{here.server}/en/", wait_until="commit")
        page.locator("#start:enabled").wait_for()
        return float(page.evaluate("globalThis.usableAt")) / 1000


def sealed(browser: Browser, here: ServedPages, folder: Path) -> tuple[float, float]:
    """Seconds in which a report with a large file is sealed, and the longest of them in which the page was busy."""
    file = folder / "film.mp4"
    file.write_bytes(os.urandom(FILE_SIZE))
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{here.server}/en/")
        to_review(page, file)
        took, longest = page.evaluate(_SEAL)
        return took / 1000, longest / 1000


def to_review(page: Page, file: Path) -> None:
    page.locator("#notice:not([hidden])").wait_for()  # from the intake document, which has then come
    page.click("#start")
    page.check("#danger_now-none")
    while page.locator("#review-title").is_hidden():
        if page.locator("#files").is_visible():
            page.set_input_files("#files", file)
            page.locator("#file-list > li").wait_for()
        page.locator("[data-go=next]:visible").click()


def main() -> None:
    rows: list[dict[str, Any]] = [*run()]
    table = Table(*rows[0], title=f"The report page, {ROUNDS} rounds")
    for each in rows:
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in each.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
