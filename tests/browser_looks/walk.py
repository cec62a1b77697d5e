"""A walk through everything that a reporter can see: each page, each screen of each, and what plain pages answer.

A stop is yielded where something new is to be seen; what is then done to look at it must not change the page.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import FilePayload, Page, Route

from app.site.languages import PSEUDO, SOURCE
from tests.browser_looks.served import REPLIES, ServedPages

# A photo that says who took it, beside its picture.
PHOTO: FilePayload = {
    "name": "IMG_2026.jpg",
    "mimeType": "image/jpeg",
    "buffer": b"\xff\xd8" + b"\xff\xfe\x00\x0afrom Lin" + b"\xff\xda\x00\x02" + b"\xff\xd9",
}
RECORDING: FilePayload = {
    "name": "录音 from the phone of my mother, second part.m4a",
    "mimeType": "audio/mp4",
    "buffer": b"sound",
}
TYPED = (
    "They stood outside for an hour. 他们知道我的地址。 https://example.org/a-rather-long-address/that-does-not-break"
)

MISTAKES = [
    {"key": "nothing-told", "field": "text", "fill": {}},
    {"key": "danger-missing", "field": "danger_now", "fill": {}},
    {"key": "busy", "field": None, "fill": {}},
]
MAILBOX = {
    "state": "in_triage",
    "open": True,
    "written": 3,
    "days": [["2026-06-14", 2], ["2026-06-15", 1]],
    "replies": [{"number": number, "day": "2026-06-15", "text": text} for number, text in enumerate(REPLIES, 1)],
    "missing": [3, 4],
    "not_authentic": [5],
    "choices": [{"scope": "contact", "given": True}, {"scope": "publication", "given": False}],
}
CLOSED: Mapping[str, Any] = MAILBOX | {
    "state": "withdrawn",
    "open": False,
    "replies": [],
    "missing": [],
    "not_authentic": [],
    "choices": [],
}
KEPT = {"danger_now": "unknown", "text": TYPED, "where_now": "DE", "how": ["voice_call", "via_relative"]}
# What the service answers to forms, by template.
ANSWERS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("plain form with mistakes", "plain.html", {"mistakes": MISTAKES, "kept": KEPT}),
    (
        "plain mailbox with mistakes",
        "plain_mailbox.html",
        {"mistakes": [{"key": "words-count", "field": "words", "fill": {"n": 11}}], "kept": {"text": TYPED}},
    ),
    ("plain replies", "plain_replies.html", {"mailbox": MAILBOX, "done": "write", "kept": {}, "mistakes": ()}),
    (
        "plain replies, closed",
        "plain_replies.html",
        {"mailbox": CLOSED, "done": None, "kept": {"text": TYPED}, "mistakes": ()},
    ),
    ("plain withdrawn", "plain_replies.html", {"mailbox": CLOSED, "done": "withdraw", "kept": {}, "mistakes": ()}),
    ("plain error", "plain_error.html", {"key": "not-set-up"}),
    ("no page", "plain_error.html", {"key": "no-page"}),
    ("other site", "plain_error.html", {"key": "other-site"}),
    ("shown once", "plain_error.html", {"key": "shown-once"}),
)


def everything(page: Page, here: ServedPages, language: str) -> Iterator[str]:
    """Ends with a report that was withdrawn."""
    yield from closed(page, here, language)
    yield from report(page, here, language)
    words = " ".join(page.locator("#receipt li").all_inner_texts())
    yield from mailbox(page, here, language)
    yield from withdrawal(page, here, language, words)
    yield from plain(page, here, language, words)


def closed(page: Page, here: ServedPages, language: str) -> Iterator[str]:
    page.route("**/organisation.json", lambda route: route.fulfill(status=404))
    page.goto(f"{here.server}/{language}/")
    page.locator("#closed-title").wait_for()
    yield "closed"
    page.unroute("**/organisation.json")


def report(page: Page, here: ServedPages, language: str) -> Iterator[str]:
    """From the first screen to the receipt of a report that is stopped and sent again, whose files do not arrive."""
    page.goto(f"{here.server}/{language}/")
    page.locator("#notice").wait_for()
    _open_details(page)
    yield "start"
    page.click("#start")
    page.locator("#danger_now-title").wait_for()
    yield "danger_now"
    _next(page)
    yield "danger_now with a mistake"
    page.check("#danger_now-now")
    _next(page)
    page.select_option("#emergency-country", "DE")
    yield "emergency"
    page.select_option("#emergency-country", "elsewhere")
    yield "emergency elsewhere"
    _next(page)
    page.check("#contact-yes")
    yield "contact"
    _next(page)
    page.fill("#text", TYPED)
    yield "text"
    _next(page)
    yield "about_whom"
    page.locator("[name=about_whom]").first.check()
    _next(page)
    page.select_option("#where_now", "BA")
    yield "where_now"
    _next(page)
    yield "state_behind"
    _next(page)
    yield "when"
    _skip(page)
    _open_details(page)
    page.locator("[name=what_kind]").first.check()
    page.locator("[name=what_kind]").nth(1).check()
    yield "what_kind"
    _next(page)
    _open_details(page)
    page.locator("[name=how]").nth(2).check()
    yield "how"
    _next(page)
    _open_details(page)
    yield "who_behind"
    _skip(page)
    page.fill("#identifiers", "+49 30 1234567")
    yield "identifiers"
    _next(page)
    _open_details(page)
    yield "told_authorities"
    _next(page)
    page.set_input_files("#files", [PHOTO, RECORDING])
    page.locator("#file-list > li").nth(1).wait_for()
    yield "needs"
    page.locator("#file-list > li > .button").click()
    yield "needs, with a cleaned photo"
    _next(page)
    yield "consent"
    _next(page)
    yield "review"
    if language == PSEUDO:  # no report is written in it
        page.evaluate("lang => document.documentElement.lang = lang", SOURCE)
    with _without_answer(page, "**/v1/report"):
        page.click("#send")
        page.locator("#sending-title").wait_for()
        yield "sending"
        page.click("#stop")
        page.locator("#stopped-title").wait_for()
    yield "stopped"
    with _without_answer(page, "**/v1/uploads"):
        with page.expect_request("**/v1/uploads"):
            page.click("#again")
        page.locator("#files-going").wait_for()
        yield "sending files"
        page.click("#stop-files")
        page.locator("#not-arrived").wait_for()
    # What stands there where the answer to an earlier version had got lost.
    page.evaluate("document.getElementById('earlier').hidden = false")
    page.click("#practise-check")
    yield "receipt"


def mailbox(page: Page, here: ServedPages, language: str) -> Iterator[str]:
    page.goto(f"{here.server}/{language}/replies/")
    _open_details(page)
    page.locator("#open-mailbox:enabled").wait_for()
    yield "words"
    first, *rest = here.words.split()
    page.fill("#typed", " ".join([f"{first}x", *rest]))
    page.click("#open-mailbox")
    page.locator("#summary").wait_for()
    yield "words with a mistake"
    page.fill("#typed", here.words)
    page.click("#open-mailbox")
    page.locator("#box-title").wait_for()
    page.click("#send")
    yield "mailbox with a mistake"
    page.set_input_files("#files", [PHOTO, RECORDING])
    page.click("#save-choices")
    page.locator("#done:not(:empty)").wait_for()
    yield "mailbox"
    page.click("#to-withdraw")
    yield "withdraw"


def withdrawal(page: Page, here: ServedPages, language: str, words: str) -> Iterator[str]:
    page.goto(f"{here.server}/{language}/replies/")
    page.fill("#typed", words)
    page.click("#open-mailbox")
    page.locator("#box-title").wait_for()
    yield "mailbox without a reply"
    page.click("#to-withdraw")
    page.click("#withdraw")
    page.locator("#withdrawn-title").wait_for()
    yield "withdrawn"


def plain(page: Page, here: ServedPages, language: str, words: str) -> Iterator[str]:
    page.goto(f"{here.server}/{language}/plain/")
    _open_details(page)
    yield "plain form"
    page.goto(f"{here.server}/{language}/plain/replies/")
    yield "plain mailbox"
    for name, template, context in (
        *ANSWERS,
        ("plain receipt", "plain_receipt.html", {"is_certain": True, "contact": True}),
    ):
        with_words = {"words": words} if template in {"plain_receipt.html", "plain_replies.html"} else {}
        _show(
            page,
            f"{here.server}/{language}/plain/answer",
            here.site.render(template, language, **context, **with_words),
        )
        yield name


def _show(page: Page, address: str, html: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route(address, answer)
    page.goto(address)
    page.unroute(address)


@contextmanager
def _without_answer(page: Page, address: str) -> Iterator[None]:
    """Requests to this address wait until the block ends."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route(address, wait)
    yield
    for route in waiting:
        route.abort()
    page.unroute(address)


def _next(page: Page) -> None:
    page.locator("[data-go=next]:visible").click()


def _skip(page: Page) -> None:
    page.locator("[data-go=skip]:visible").click()


def _open_details(page: Page) -> None:
    page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true")
