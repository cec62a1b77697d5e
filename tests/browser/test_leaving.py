"""Leaving in a hurry, and what of a visit remains on the device."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from app.client.intake import pages
from app.site.site import BUILT
from tests.browser.conftest import NAME
from tests.browser.device import ARGS, CHROMIUM, Device, chromium
from tests.browser.pages import MailboxPage, ReportPage
from tests.browser.told import secrets_of, seen
from tests.browser.wire import Wire
from tests.client.installation import Installation

TEXT = "A man waits outside my house since Tuesday."
NEUTRAL = "https://www.example.org/weather"
BLANK = ("about:blank", "")


@pytest.fixture
def typed(device: Device) -> ReportPage:
    """A page in which something was written, in a window that has shown another before."""
    page = device.page("/ar/")
    page.goto(page.url.replace("/ar/", "/en/"))
    report = ReportPage(page)
    report.begin()
    report.fill("danger_now", "now")
    for _ in range(3):
        report.go("next")
    report.fill("text", TEXT)
    return report


def press_escape(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Escape")


def press_leave(page: Page) -> None:
    page.locator("#leave").click()


@pytest.mark.parametrize("leave", [press_escape, press_leave])
def test_leaving_ends_on_a_blank_page_to_which_nothing_leads_back(
    leave: Callable[[Page], None], typed: ReportPage
) -> None:
    page = typed.page
    before = page.evaluate("history.length")

    leave(page)
    page.wait_for_url("about:blank")

    assert (page.url, page.title()) == BLANK
    assert page.evaluate("history.length") == before
    page.go_back()
    must_be_untouched(page)
    page.go_forward()
    assert (page.url, page.title(), page.content()) == (*BLANK, "<html><head></head><body></body></html>")


def test_escape_pressed_now_and_then_does_not_leave(typed: ReportPage) -> None:
    for pause in (1_600, 1_600, 0):
        typed.page.keyboard.press("Escape")
        typed.page.wait_for_timeout(pause)

    expect(typed.page.locator("#text")).to_have_value(TEXT)


def test_leaving_goes_on_while_a_report_is_being_sent_and_stops_it(device: Device, road: Wire, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(3_000_000))
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT, [film])
    road.stall(after=1_000_000)
    page.send()
    road.wait_until_stalled()

    press_escape(page.page)
    page.page.wait_for_url("about:blank")
    road.cut()
    page.page.wait_for_timeout(1_000)

    assert page.page.workers == []
    assert road.requests("HEAD", "/v1/uploads") == []


@pytest.fixture
def neutral_site(here: Installation, device: Device) -> Iterator[str]:
    """The organisation wants a hurried leaving to lead there."""
    sara = here.staff("sara")
    device.elsewhere.append(NEUTRAL)
    pages.sign(sara, BUILT, here.site, name=NAME, leave_to=NEUTRAL)
    yield NEUTRAL
    pages.sign(sara, BUILT, here.site, name=NAME, leave_to=None)


@pytest.mark.parametrize("leave", [press_escape, press_leave])
def test_leaving_leads_to_the_neutral_page_that_the_organisation_has_chosen(
    leave: Callable[[Page], None], neutral_site: str, device: Device, road: Wire
) -> None:
    window = device.window()
    window.route(neutral_site, lambda route: route.fulfill(body="Rain"))
    page = window.new_page()
    page.goto(f"{road.address}/en/")
    expect(page.locator("#organisation")).to_have_text(NAME)

    with page.expect_request(neutral_site) as asked:
        leave(page)
    page.wait_for_url(neutral_site)

    assert "referer" not in asked.value.all_headers()
    assert page.evaluate("document.referrer") == ""


def test_a_page_that_is_loaded_again_is_empty(typed: ReportPage) -> None:
    typed.page.reload()

    must_be_untouched(typed.page)


def test_going_back_to_a_page_shows_nothing_that_was_typed(typed: ReportPage) -> None:
    address = typed.page.url

    typed.page.goto(address.replace("/en/", "/zh-Hans/"))
    typed.page.go_back()

    assert typed.page.url == address
    must_be_untouched(typed.page)


def test_chromium_does_not_keep_a_page_as_it_is_for_whoever_goes_back(playwright: Playwright, road: Wire) -> None:
    with chromium(playwright, program=CHROMIUM, ignore_default_args=["--disable-back-forward-cache"]) as keeping:
        page = keeping.new_page()
        page.goto(f"{road.address}/en/")
        page.locator("#text").evaluate("(field, text) => { field.value = text }", TEXT)
        page.evaluate("location.href = '/ar/plain/'")
        page.wait_for_url("**/ar/plain/")

        # The driver's own way back would wait for a page that is loaded anew.
        page.evaluate("history.back()")
        page.wait_for_url("**/en/")

        must_be_untouched(page)
        why = page.evaluate(
            "performance.getEntriesByType('navigation')[0].notRestoredReasons.reasons.map(each => each.reason)"
        )
        assert "response-cache-control-no-store" in why


def test_a_browser_that_does_keep_it_finds_an_empty_page_and_loads_it_anew(typed: ReportPage) -> None:
    """Chromium keeps none; so it is told what others tell a page that they put aside and bring back."""
    page = typed.page
    say = "name => { dispatchEvent(new PageTransitionEvent(name, { persisted: true })) }"

    page.evaluate(say, "pagehide")
    assert page.locator("body").inner_html() == ""
    with page.expect_navigation():
        page.evaluate(say, "pageshow")

    must_be_untouched(page)


def test_a_mailbox_that_was_left_shows_nothing_of_it_to_whoever_goes_back(device: Device, road: Wire) -> None:
    report = ReportPage(device.page("/en/"))
    report.tell_shortly(TEXT)
    report.send()
    words = report.words()
    page = device.page("/ar/")
    page.goto(f"{road.address}/en/replies/")
    MailboxPage(page).open(words)

    page.locator("[data-leave]:visible").click()
    page.wait_for_url("about:blank")
    page.go_back()
    page.go_forward()

    assert (page.url, page.title()) == BLANK


def test_from_one_page_to_another_there_is_no_entry_in_the_history(device: Device) -> None:
    page = device.page("/en/")
    before = page.evaluate("history.length")

    page.locator('a[href="replies/"][data-replace]:visible').click()
    page.wait_for_url("**/en/replies/")

    assert page.evaluate("history.length") == before


def test_every_page_and_every_language_has_a_neutral_title(device: Device, road: Wire) -> None:
    page = device.page("/en/")
    for language, title in (("en", "Notes"), ("ar", None), ("zh-Hans", None)):
        titles = set()
        for path in ("", "replies/", "plain/", "plain/replies/"):
            page.goto(f"{road.address}/{language}/{path}")
            titles.add(page.title())
        assert len(titles) == 1
        assert title is None or titles == {title}


def test_a_browser_that_keeps_everything_keeps_nothing_of_a_report_and_its_mailbox(
    playwright: Playwright, road: Wire, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    window = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=ARGS)
    report = ReportPage(window.pages[0])
    report.page.goto(f"{road.address}/en/")
    report.tell_shortly(TEXT)
    report.send()
    words = report.words()
    report.page.goto(f"{road.address}/en/replies/")
    mailbox = MailboxPage(report.page)
    mailbox.open(words)
    mailbox.page.locator("#text").fill("He has a red car.")
    window.close()

    files = [path for path in profile.rglob("*") if path.is_file()]
    kept = b"\n".join(path.read_bytes() for path in files)
    cached = b"\n".join(path.read_bytes() for path in files if "Cache_Data" in path.parts)
    assert seen(kept, [TEXT, "He has a red car.", *secrets_of(words)]) == []
    assert road.address.encode() not in cached
    # As the first screen says: an ordinary window remembers the address, the name and the picture.
    history, pictures = ((profile / "Default" / name).read_bytes() for name in ("History", "Favicons"))
    assert road.address.encode() in history
    assert b"Notes" in history
    assert road.address.encode() in pictures


def must_be_untouched(page: Page) -> None:
    expect(page.locator("#start")).to_be_visible()
    assert page.title() == "Notes"
    fields = page.evaluate("[...document.querySelectorAll('textarea')].map(field => field.value).join('')")
    ticked = page.locator("input:checked:not([disabled])")
    assert (fields, ticked.count(), TEXT in page.content()) == ("", 0, False)
