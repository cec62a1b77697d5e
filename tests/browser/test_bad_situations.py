"""What can go wrong leads to its sentence, and what was typed stays."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from app.client.casework import triage
from app.protocol import receipt
from app.protocol.receipt import Receipt
from tests.browser.device import Device
from tests.browser.pages import MailboxPage, ReportPage, mistakes, word
from tests.browser.staff import Office
from tests.browser.wire import Wire
from tests.client.installation import Installation

TEXT = "They wrote to my mother."
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"

Lie = Callable[[str], str]


@pytest.fixture
def page(device: Device) -> ReportPage:
    """At the review, with a text."""
    device.expects.append("Failed to load resource")
    report = ReportPage(device.page("/en/"))
    report.tell_shortly(TEXT)
    return report


def refuse(window: BrowserContext, path: str, status: int, type_: str) -> Callable[[], None]:
    """What the service, or what stands before it, answers until the answer of this is called."""
    problem = json.dumps({"type": f"/problems/{type_}"})

    def answer(route: Route) -> None:
        route.fulfill(status=status, body=problem)

    window.route(f"**{path}", answer)
    return lambda: window.unroute(f"**{path}", answer)


def lie(window: BrowserContext, path: str, told: Lie) -> None:
    def answer(route: Route) -> None:
        true = route.fetch()
        route.fulfill(response=true, body=told(true.text()))

    window.route(f"**{path}", answer)


def must_keep(page: ReportPage, sentence: str) -> None:
    """The sending has stopped with this sentence, and what was typed is there."""
    page.must_show("stopped")
    expect(mistakes(page.page)).to_have_text(word(page.page, sentence))
    expect(page.page.locator("#perhaps-arrived")).to_be_visible(visible=sentence in ("unreachable", "cancelled"))
    page.press("#to-review")
    expect(page.page.locator("#review")).to_contain_text(TEXT)
    expect(page.page.locator("#text")).to_have_value(TEXT)


@pytest.mark.parametrize(
    ("status", "type_", "sentence"),
    [
        (413, "too-large", "too-large"),
        (429, "too-many", "busy"),
        (503, "intake-busy", "busy"),
        (409, "epoch-closed", "closed"),
        (422, "not-an-envelope", "refused"),
    ],
)
def test_a_refused_report_is_said_to_be_and_can_be_sent_later(
    status: int, type_: str, sentence: str, page: ReportPage, here: Installation
) -> None:
    office = Office(here)
    refuse(page.page.context, "/v1/report", status, type_)

    page.send()
    must_keep(page, sentence)
    page.page.context.unroute_all()
    page.send()
    page.words()

    assert office.claim().report.form.text == TEXT


def test_a_report_to_an_epoch_that_has_ended_is_kept_until_there_is_another(
    page: ReportPage, here: Installation
) -> None:
    """The team has let the time of its key pass, and so the service takes nothing."""
    started = here.now()
    here.pass_(timedelta(days=40))
    try:
        page.send()
        must_keep(page, "closed")
    finally:
        here.clock.write_text(started.isoformat())


UNSIGNED: list[tuple[str, Lie]] = [
    ("/v1/intake", lambda answer: answer[: len(answer) // 2]),
    ("/v1/intake", lambda answer: answer.replace(r"\"notice\":\"", r"\"notice\":\"x")),
    ("/v1/key-log?from=1", lambda answer: answer.replace(r"\"notice\":\"", r"\"notice\":\"x")),
    ("/v1/key-log?from=1", lambda answer: answer.partition("\n")[2]),
]


@pytest.mark.parametrize(("path", "told"), UNSIGNED, ids=["cut", "changed", "wrong-signature", "no-root"])
def test_a_page_says_at_once_that_what_came_is_not_signed_by_the_team(
    path: str, told: Lie, device: Device, road: Wire
) -> None:
    window = device.window()
    lie(window, path, told)
    page = ReportPage(window.new_page())

    page.page.goto(f"{road.address}/en/")

    page.must_show("closed")
    expect(page.page.locator("#closed-why")).to_have_text(word(page.page, "not-authentic"))
    window.unroute_all()
    page.press("#look-again")
    page.must_show("start")


@pytest.mark.parametrize(("path", "told"), UNSIGNED[:3], ids=["cut", "changed", "wrong-signature"])
def test_nothing_is_sent_under_a_key_that_nobody_signed_and_the_text_stays(
    path: str, told: Lie, device: Device, road: Wire
) -> None:
    device.expects.append("Failed to load resource")
    window = device.window()
    read_on = refuse(window, "/v1/intake", 503, "")  # so that it is read only when something is to be sealed
    page = ReportPage(window.new_page())
    page.page.goto(f"{road.address}/en/")
    page.tell_shortly(TEXT)
    lie(window, path, told)
    read_on()  # only now: the page may ask again at any moment

    page.send()

    must_keep(page, "not-authentic")
    assert road.requests("PUT") == []


@pytest.mark.parametrize("days", [-365, 365])
def test_a_device_whose_clock_is_off_by_a_year_is_told_to_set_it(days: int, device: Device, road: Wire) -> None:
    window = device.window()
    # The driver's own clock reaches windows, not the worker in which the client runs.
    set_clock = f"{{ const now = Date.now; Date.now = () => now() + {days * 86_400_000} }}\n"
    lie(window, "/assets/worker-*.js", lambda script: set_clock + script)
    page = ReportPage(window.new_page())

    page.page.goto(f"{road.address}/en/")

    page.must_show("closed")
    expect(page.page.locator("#closed-why")).to_have_text(word(page.page, "clock"))


@pytest.fixture
def not_set_up(here: Installation) -> Iterator[None]:
    """An installation whose supervisor has signed no pages yet."""
    ours, away = here.site / "organisation.json", here.site / "organisation.away"
    ours.rename(away)
    yield
    away.rename(ours)


def test_a_service_that_is_not_set_up_says_so(not_set_up: None, device: Device) -> None:
    device.expects.append("404")
    page = ReportPage(device.page("/en/"))

    page.must_show("closed")

    expect(page.page.locator("#closed-why")).to_have_text(word(page.page, "not-set-up"))


def test_a_report_whose_file_does_not_come_through_has_arrived_all_the_same(
    page: ReportPage, here: Installation, tmp_path: Path
) -> None:
    letter = tmp_path / "his letter.pdf"
    letter.write_bytes(b"%PDF-1.7")
    office = Office(here)
    page.change("files")
    page.add([letter])
    page.go("next")
    refuse(page.page.context, "/v1/uploads/*", 400, "truncated")

    page.send()
    page.words()
    expect(page.page.locator("#not-arrived-files")).to_have_text(letter.name)
    opened = office.claim()
    assert [each.name for each in opened.missing] == [letter.name]
    page.page.context.unroute_all()
    page.press("#send-files")
    expect(page.page.locator("#files-arrived")).to_have_text(word(page.page, "all-arrived"))
    expect(page.page.locator("#not-arrived")).to_be_hidden()

    opened = triage.open_(office.anna, opened.id)
    assert office.files(opened, opened.report.attachments) == {letter.name: letter.read_bytes()}


def test_a_file_over_the_limit_is_named_and_the_others_are_taken(device: Device, tmp_path: Path) -> None:
    film, letter = tmp_path / "film.mp4", tmp_path / "letter.txt"
    with film.open("wb") as file:
        file.truncate(100_000_001)
    letter.write_text("a letter")
    page = ReportPage(device.page("/en/"))
    expect(page.page.locator("#files-limit")).not_to_be_empty()
    page.tell_shortly(TEXT)
    page.change("files")

    page.page.locator("#files").set_input_files([film, letter])

    expect(mistakes(page.page)).to_contain_text(film.name)
    expect(page.page.locator("#file-list > li")).to_have_count(1)


def test_an_answer_to_the_first_question_and_something_to_read_are_asked_for(device: Device) -> None:
    page = ReportPage(device.page("/en/"))
    page.begin()
    page.go("next")
    expect(mistakes(page.page)).to_have_text(word(page.page, "danger-missing"))

    page.fill("danger_now", "none")
    while page.screen != "review":
        page.go("next")
    page.send()

    page.must_show("text")
    expect(mistakes(page.page)).to_have_text(word(page.page, "nothing-told"))
    page.fill("text", TEXT)
    page.go("next")
    page.must_show("review")


@pytest.mark.parametrize(
    ("typed", "sentence", "beginning"),
    [
        (WORDS.rpartition(" ")[0], "words-count", ""),
        (WORDS.replace("thank year", "year thank"), "words-checksum", ""),
        (WORDS.replace("sausage", "qqqqqqqqqq"), "words-unknown", "6"),
    ],
)
def test_wrong_words_are_found_on_the_device(
    typed: str, sentence: str, beginning: str, device: Device, road: Wire
) -> None:
    page = MailboxPage(device.page("/en/replies/"))

    page.type(typed)

    expect(mistakes(page.page)).to_have_text(word(page.page, sentence).replace("{n}", beginning))
    expect(page.page.locator("#typed")).to_have_value(typed)
    assert road.requests("POST") == []


def test_a_word_with_a_slip_of_the_pen_is_put_right_by_a_tap(device: Device, road: Wire) -> None:
    page = MailboxPage(device.page("/ar/replies/"))

    page.type(WORDS.replace("sausage", "sausege"))

    expect(mistakes(page.page)).to_contain_text("sausage")
    page.press("#nearest button")
    expect(page.page.locator("#typed")).to_have_value(WORDS)
    assert road.requests("POST") == []


def test_a_chinese_character_that_is_in_no_list_is_pointed_at_and_none_is_guessed(device: Device) -> None:
    page = MailboxPage(device.page("/zh-Hans/replies/"))
    words = Receipt.generate("zh-Hans").words("zh-Hans").split()
    words[4] = "鑫"

    page.type(" ".join(words))

    expect(mistakes(page.page)).to_have_text(word(page.page, "words-unknown").replace("{n}", "5"))
    expect(page.page.locator("#nearest button")).to_have_count(0)


def test_right_words_of_no_mailbox_say_so(device: Device) -> None:
    page = MailboxPage(device.page("/en/replies/"))

    page.type(WORDS)

    expect(mistakes(page.page)).to_have_text(word(page.page, "no-mailbox"))
    expect(page.page.locator("#typed")).to_have_value(WORDS)


@pytest.mark.parametrize(("status", "sentence"), [(413, "too-large"), (429, "busy"), (503, "unreachable")])
def test_a_refused_message_stays_in_its_field(status: int, sentence: str, page: ReportPage, device: Device) -> None:
    page.send()
    mailbox = MailboxPage(device.page("/en/replies/"))
    mailbox.open(page.words())
    refuse(mailbox.page.context, "/v1/mailbox", status, "")

    mailbox.page.locator("#text").fill("I have more to tell.")
    mailbox.press("#send")

    expect(mistakes(mailbox.page)).to_have_text(word(mailbox.page, sentence))
    expect(mailbox.page.locator("#text")).to_have_value("I have more to tell.")


def test_what_was_changed_on_its_way_is_said_to_be_and_the_rest_is_shown(page: ReportPage, device: Device) -> None:
    page.send()
    words = page.words()
    assert receipt.read(words)
    mailbox = MailboxPage(device.page("/en/replies/"))

    def changed(route: Route) -> None:
        true = route.fetch()
        content = bytearray(true.body())
        content[4_000] ^= 1
        route.fulfill(response=true, body=bytes(content))

    mailbox.page.context.route("**/v1/mailbox", changed)

    mailbox.type(words)

    expect(mailbox.page.locator("#not-authentic")).to_be_visible()
    expect(mailbox.page.locator("#text")).to_be_visible()


def test_a_list_of_words_that_did_not_come_is_said_to_need_the_page_again(device: Device, road: Wire) -> None:
    device.expects.append("Failed to load resource")
    window = device.window()
    window.route("**/assets/simplified-chinese*", lambda route: route.abort(), times=1)
    page = MailboxPage(window.new_page())
    page.page.goto(f"{road.address}/zh-Hans/replies/")
    words = Receipt.generate("zh-Hans").words("zh-Hans")

    page.type(words)
    expect(mistakes(page.page)).to_have_text(word(page.page, "no-word-list"))
    page.page.reload()
    page.type(words)

    expect(mistakes(page.page)).to_have_text(word(page.page, "no-mailbox"))


def test_back_from_an_answer_that_was_looked_at_again_leads_to_the_review(page: ReportPage) -> None:
    page.change("where_now")

    page.go_back()

    page.must_show("review")


def test_back_shows_the_question_from_its_heading_wherever_it_was_left(page: ReportPage) -> None:
    page.change("consent")
    page.go("next")

    page.page.go_back()
    page.must_show("consent")

    expect(page.page.locator("#consent-title")).to_be_in_viewport()
