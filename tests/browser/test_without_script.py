"""The pages for browsers that run no script: the same story, sealed on arrival."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from app.client.casework import triage
from app.vocabulary import ConsentScope, IntakeChannel
from tests.browser.device import ARGS, CHROMIUM, Device
from tests.browser.pages import PlainForm, PlainMailbox, mistakes
from tests.browser.photo import photo
from tests.browser.staff import Office
from tests.browser.told import STORIES, Told, secrets_of, seen
from tests.browser.wire import Wire
from tests.client.installation import Installation

RECORDING, LETTER = b"OggS a voice " * 20_000, b"%PDF-1.7 a letter"
TEXT, MORE = "A man waits outside my house since Tuesday.", "He has a red car."
SESSION_WRITTEN_MS = 3_000  # Chromium writes its session file some seconds after something changed
LABELS = {"en": "Sealed on arrival", "ar": "يُقفل عند الوصول", "zh-Hans": "送到时才加密"}


@pytest.fixture(params=STORIES)
def told(request: pytest.FixtureRequest) -> Told:
    return STORIES[request.param]


def test_a_reporter_without_script_tells_comes_back_reads_answers_and_withdraws(
    told: Told, here: Installation, device: Device, road: Wire, tmp_path: Path
) -> None:
    office = Office(here)
    for name, content in ((told.photo, photo()), (told.recording, RECORDING), (told.letter, LETTER)):
        (tmp_path / name).write_bytes(content)
    form = PlainForm(plain_page(device, f"/{told.language}/plain/"))

    expect(form.page.locator("main")).to_contain_text(LABELS[told.language])
    form.answer(told, [tmp_path / told.photo, tmp_path / told.recording])
    form.send()
    words = form.words()
    device.close(form.page)

    opened = office.claim()
    said = opened.report.form
    assert (said.language, said.text, said.answers) == (told.language, told.text, told.answers)
    assert office.files(opened, opened.report.attachments) == {told.photo: photo(), told.recording: RECORDING}
    assert (opened.missing, office.intake_channel(opened)) == ((), IntakeChannel.NO_SCRIPT)
    triage.answer(office.anna, opened, told.question)

    mailbox = PlainMailbox(plain_page(device, f"/{told.language}/plain/replies/"))
    mailbox.open(words)
    assert mailbox.replies == [told.question]
    mailbox.write(told.reply, [tmp_path / told.letter])
    mailbox.change(ConsentScope.REFERRAL_LEGAL)
    office.must_have_heard(opened, told, LETTER)
    mailbox.withdraw()
    expect(mailbox.page.locator('[name="words"]')).to_have_count(0)
    device.close(mailbox.page)

    office.must_find_destroyed(opened, words)
    # What passes in clear here is what the search of the other channel's network must not find: so it does find things.
    assert set(seen(road.heard, [*told.secrets, *secrets_of(words)])) >= {told.text, told.photo, words}


def test_a_form_that_lacks_an_answer_comes_back_with_everything_that_was_typed(device: Device) -> None:
    told = STORIES["en"]
    page = plain_page(device, "/en/plain/")
    form = PlainForm(page)
    for key in ("when", "what_kind", "where_now", "contact", "consent"):
        form.fill(key, told.asked[key])
    form.fill("danger_now", "none")
    device.expects.append("422")

    form.send()  # nothing was told

    expect(mistakes(page)).to_have_count(1)
    expect(page.locator("#when")).to_have_value(told.when)
    expect(page.locator("#where_now")).to_have_value("NL")
    for ticked in ("danger_now-none", "what_kind-threat", "what_kind-family", "contact-yes", "consent-referral_legal"):
        expect(page.locator(f"#{ticked}")).to_be_checked()


def test_the_mailbox_without_script_says_what_is_wrong_with_the_words_and_does_not_repeat_them(device: Device) -> None:
    page = plain_page(device, "/en/plain/replies/")
    mailbox = PlainMailbox(page)
    device.expects.append("422")

    mailbox.open("able about above")

    expect(mistakes(page)).to_contain_text("12")
    expect(page.locator("#words")).to_have_value("")


def test_an_ordinary_browser_keeps_nothing_that_was_typed_and_shows_none_of_it_to_whoever_goes_back(
    playwright: Playwright, device: Device, road: Wire, tmp_path: Path
) -> None:
    """One that keeps pages as they were for whoever goes back, and a profile on the disk, with its session files."""
    window = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=CHROMIUM,
        args=ARGS,
        java_script_enabled=False,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    device.watch(window)
    device.expects.append("410")
    form = PlainForm(window.pages[0])
    page = form.page
    # By a link, as people come: a page that was asked for by its address is not put aside at all.
    page.goto(f"{road.address}/en/plain/replies/")
    page.locator('a[href="/en/plain/"]').click()
    expect(page.locator("#text")).to_be_visible()
    form.fill("text", TEXT)
    leave_and_come_back(page)
    expect(page.locator("#text")).to_have_value("")
    form.fill("danger_now", "none")
    form.fill("text", TEXT)
    form.send()
    words = form.words()
    leave_and_come_back(page)
    expect(page.locator(".words")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("one time only")
    page.go_back()
    expect(page.locator("#text")).to_have_value("")

    page.goto(f"{road.address}/en/plain/replies/")
    mailbox = PlainMailbox(page)
    mailbox.open(words)
    page.locator("#text").fill(MORE)
    leave_and_come_back(page)
    expect(page.locator('[name="words"]')).to_have_count(0)
    page.goto(f"{road.address}/en/plain/replies/")
    mailbox.open(words)
    mailbox.write(MORE, [])
    expect(page.locator(".done")).to_be_visible()
    page.wait_for_timeout(SESSION_WRITTEN_MS)
    window.close()

    # Four forms, and none of them a second time on the way back.
    assert len(road.requests("POST")) == 4
    kept = b"\n".join(path.read_bytes() for path in (tmp_path / "profile").rglob("*") if path.is_file())
    assert road.address.encode() in kept  # the files were looked into
    assert seen(kept, [TEXT, MORE, *secrets_of(words)]) == []


def leave_and_come_back(page: Page) -> None:
    page.locator("#leave").click()
    page.wait_for_url("about:blank")
    page.go_back()


def plain_page(device: Device, path: str) -> Page:
    return device.page(path, java_script_enabled=False)
