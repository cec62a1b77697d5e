"""The pages for browsers that run no script: the same story, sealed on arrival."""

from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from app.client.casework import triage
from app.vocabulary import ConsentScope, IntakeChannel
from tests.browser.device import Device
from tests.browser.pages import PlainForm, PlainMailbox, mistakes
from tests.browser.photo import photo
from tests.browser.staff import Desk
from tests.browser.told import STORIES, Told, secrets_of, seen
from tests.browser.wire import Wire
from tests.client.installation import Installation

RECORDING, LETTER = b"OggS a voice " * 20_000, b"%PDF-1.7 a letter"
LABELS = {"en": "Sealed on arrival", "ar": "يُقفل عند الوصول", "zh-Hans": "送到时才加密"}


@pytest.fixture(params=STORIES)
def told(request: pytest.FixtureRequest) -> Told:
    return STORIES[request.param]


def test_a_reporter_without_script_tells_comes_back_reads_answers_and_withdraws(
    told: Told, here: Installation, device: Device, road: Wire, tmp_path: Path
) -> None:
    desk = Desk(here)
    for name, content in ((told.photo, photo()), (told.recording, RECORDING), (told.letter, LETTER)):
        (tmp_path / name).write_bytes(content)
    form = PlainForm(plain_page(device, f"/{told.language}/plain/"))

    expect(form.page.locator("main")).to_contain_text(LABELS[told.language])
    form.answer(told, [tmp_path / told.photo, tmp_path / told.recording])
    form.send()
    words = form.words()
    device.close(form.page)

    opened = desk.claim()
    said = opened.report.form
    assert (said.language, said.text, said.answers) == (told.language, told.text, told.answers)
    assert desk.files(opened, opened.report.attachments) == {told.photo: photo(), told.recording: RECORDING}
    assert (opened.missing, desk.intake_channel(opened)) == ((), IntakeChannel.NO_SCRIPT)
    triage.answer(desk.anna, opened, told.question)

    mailbox = PlainMailbox(plain_page(device, f"/{told.language}/plain/replies/"))
    mailbox.open(words)
    assert mailbox.replies == [told.question]
    mailbox.write(told.reply, [tmp_path / told.letter])
    mailbox.change(ConsentScope.REFERRAL_LEGAL)
    desk.must_have_heard(opened, told, LETTER)
    mailbox.withdraw()
    expect(mailbox.page.locator('[name="words"]')).to_have_count(0)
    device.close(mailbox.page)

    desk.must_find_destroyed(opened, words)
    # What passes in clear here is what the search of the other channel's network must not find: so it does find things.
    assert set(seen(road.heard, [*told.secrets, *secrets_of(words)])) >= {told.text, told.photo, words}


def test_a_form_that_lacks_an_answer_comes_back_with_everything_that_was_typed(device: Device) -> None:
    told = STORIES["en"]
    page = plain_page(device, "/en/plain/")
    form = PlainForm(page)
    for key in ("when", "what_kind", "where_now", "consent"):
        form.fill(key, told.answers[key])
    form.fill("danger_now", "none")
    device.expects.append("422")

    form.send()  # nothing was told

    expect(mistakes(page)).to_have_count(1)
    expect(page.locator("#when")).to_have_value(told.when)
    expect(page.locator("#where_now")).to_have_value("NL")
    for ticked in ("danger_now-none", "what_kind-threat", "what_kind-family", "consent-contact"):
        expect(page.locator(f"#{ticked}")).to_be_checked()


def test_the_mailbox_without_script_says_what_is_wrong_with_the_words_and_does_not_repeat_them(device: Device) -> None:
    page = plain_page(device, "/en/plain/replies/")
    mailbox = PlainMailbox(page)
    device.expects.append("422")

    mailbox.open("able about above")

    expect(mistakes(page)).to_contain_text("12")
    expect(page.locator("#words")).to_have_value("")


def test_words_and_a_mailbox_are_not_shown_to_whoever_goes_back(device: Device, road: Wire) -> None:
    form = PlainForm(plain_page(device, "/en/plain/"))
    form.fill("danger_now", "none")
    form.fill("text", "They follow me.")
    form.send()
    words = form.words()
    form.page.goto(f"{road.address}/en/plain/replies/")
    posts = len(road.requests("POST"))
    must_not_come_back(form.page)

    form.page.goto(f"{road.address}/en/plain/replies/")
    PlainMailbox(form.page).open(words)
    expect(form.page.locator("#choices-title")).to_be_visible()
    form.page.goto(f"{road.address}/en/plain/")
    must_not_come_back(form.page)

    # Nor was a form sent a second time for it.
    assert len(road.requests("POST")) == posts + 1


def must_not_come_back(page: Page) -> None:
    """The browser has kept no answer to a form, and asks before it would send one again."""
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    page.wait_for_url("chrome-error://chromewebdata/")
    expect(page.locator('.words, [name="words"]')).to_have_count(0)


def plain_page(device: Device, path: str) -> Page:
    return device.page(path, java_script_enabled=False)
