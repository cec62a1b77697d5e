"""What is seen first on a small phone, and what is left on paper in the end."""

import json
import re
import zlib

import pytest

from app.site.site import BUILT
from tests.browser.device import Device
from tests.browser.pages import ReportPage

WIDTHS, HEIGHT = (360, 390), 740


def test_a_phone_shows_languages_one_sentence_and_the_start_in_every_language(device: Device) -> None:
    page = device.page("/en/", is_mobile=True, has_touch=True, viewport={"width": WIDTHS[0], "height": HEIGHT})
    below = {}
    for language in json.loads((BUILT / "languages.json").read_text()):
        page.goto(re.sub(r"/[^/]+/$", f"/{language['code']}/", page.url))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            ends = [page.locator(part).bounding_box() for part in (".languages:visible", "#start-title", "#start")]
            if any(end is None or end["y"] + end["height"] > HEIGHT for end in ends):
                below[language["code"], width] = ends
        assert not page.locator(".with-keys").is_visible()

    assert below == {}


@pytest.mark.parametrize(("path", "instead"), [("/en/", "/en/plain/"), ("/en/replies/", "/en/plain/replies/")])
def test_without_script_a_phone_shows_the_other_page_first_and_nothing_that_would_not_work(
    path: str, instead: str, device: Device
) -> None:
    page = device.page(
        path, is_mobile=True, has_touch=True, viewport={"width": WIDTHS[0], "height": HEIGHT}, java_script_enabled=False
    )
    way = page.locator(f'a[href$="plain/{"replies/" if "replies" in path else ""}"]:visible').first

    box = way.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < HEIGHT
    assert not [each for each in page.locator("button, kbd, textarea").all() if each.is_visible()]

    way.click()
    assert page.url.endswith(instead)


def test_no_browser_prints_address_date_or_title_around_the_words(device: Device) -> None:
    report = ReportPage(device.page("/en/"))
    report.tell_shortly("They follow me.")
    report.send()
    report.words()

    plain, asked = (_drawn(report.page.pdf(display_header_footer=wanted)) for wanted in (False, True))
    report.page.evaluate(
        "const sheet = new CSSStyleSheet(); sheet.replaceSync('@page { margin: 20mm }');"
        "document.adoptedStyleSheets = [sheet]"
    )
    with_margin = _drawn(report.page.pdf(display_header_footer=True))

    assert asked == plain
    assert len(with_margin) > len(asked)  # there it has room, and prints them


def _drawn(pdf: bytes) -> list[bytes]:
    """All that is drawn on its pages, and with which letters."""
    found = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return [zlib.decompress(each) for each in found if each[:1] == b"\x78"]
