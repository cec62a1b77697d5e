"""The page that seals in the browser: the whole story of a report, in three languages."""

import json
import random
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.client.casework import triage
from app.protocol.sizes import Kind, ciphertext_sizes
from app.vocabulary import ConsentScope, IntakeChannel
from tests.browser.device import Device
from tests.browser.hands import Hand, Keyboard, Pointer
from tests.browser.pages import MailboxPage, ReportPage, word
from tests.browser.photo import COMMENT, DEVICE, PLACE, TIME, photo, silent_photo
from tests.browser.staff import Office
from tests.browser.told import STORIES, Told, secrets_of, seen
from tests.browser.wire import Sent, Wire
from tests.client.installation import Installation

# Longer than one request of an upload, so that there are several.
RECORDING = random.Random(1).randbytes(1_300_000)
LETTER = b"%PDF-1.7 a letter"


@pytest.fixture(params=["en", "ar", "zh-Hans", "en-by-keyboard"])
def told(request: pytest.FixtureRequest) -> Told:
    return STORIES[request.param.removesuffix("-by-keyboard")]


@pytest.fixture
def hand(request: pytest.FixtureRequest) -> Hand:
    return Keyboard() if request.node.callspec.params["told"].endswith("-by-keyboard") else Pointer()


def test_a_reporter_tells_comes_back_reads_answers_and_withdraws(
    told: Told, hand: Hand, here: Installation, device: Device, road: Wire, tmp_path: Path
) -> None:
    office = Office(here)
    for name, content in ((told.photo, photo()), (told.recording, RECORDING), (told.letter, LETTER)):
        (tmp_path / name).write_bytes(content)
    page = ReportPage(device.page(f"/{told.language}/"), hand)

    page.begin()
    page.answer(told, [tmp_path / told.photo, tmp_path / told.recording])
    _take_out_what_the_photo_says(page)
    _look_once_more(page, told)
    page.send()
    words = page.words()
    page.practise(words)
    expect(page.page.locator("#practise-answer")).to_have_text(word(page.page, "practise-right"))
    expect(page.page.locator("#files-arrived")).not_to_be_empty()
    device.close(page.page)

    opened = office.claim()
    form = opened.report.form
    assert (form.language, form.text, form.answers) == (told.language, told.text, told.answers)
    assert office.files(opened, opened.report.attachments) == {told.photo: silent_photo(), told.recording: RECORDING}
    assert (opened.missing, office.intake_channel(opened)) == ((), IntakeChannel.CLIENT)
    triage.answer(office.anna, opened, told.question)

    mailbox = MailboxPage(device.page(f"/{told.language}/replies/"), hand)
    # Whoever copies Chinese words by hand puts no spaces between them.
    mailbox.open(words.replace(" ", "") if told.language == "zh-Hans" else words)
    assert mailbox.replies == [told.question]
    assert mailbox.page.locator("#state").text_content() == word(mailbox.page, "state-in_triage")
    mailbox.write(told.reply, [tmp_path / told.letter])
    mailbox.change(ConsentScope.REFERRAL_LEGAL)
    office.must_have_heard(opened, told, LETTER)
    mailbox.withdraw()
    device.close(mailbox.page)

    office.must_find_destroyed(opened, words)

    # One address and one title from the first screen to the last, and nothing in any step of the history.
    assert [state for _, _, state in page.looks] == [None]
    assert seen(road.heard, [*told.secrets, *secrets_of(words), LETTER, RECORDING[:30], COMMENT]) == []
    _all_that_was_sent_has_a_length_of_its_class(road)


def _take_out_what_the_photo_says(page: ReportPage) -> None:
    """From the review one goes back to the files, and from there to the review again."""
    page.change("files")
    says = page.page.locator("#file-list > li").first
    for fact in (PLACE, DEVICE, TIME, COMMENT):
        expect(says).to_contain_text(fact)
    page.press("#file-list > li:first-child > button")
    expect(says).to_contain_text(word(page.page, "stripped"))
    page.go("next")
    page.must_show("review")


def _look_once_more(page: ReportPage, told: Told) -> None:
    shown = page.page.locator("#review dd[dir]").all_text_contents()
    for answer in (told.text, told.when, told.identifiers, told.needs):
        assert answer in shown
    # The police were skipped.
    assert shown.count(word(page.page, "skipped")) == 1


def _all_that_was_sent_has_a_length_of_its_class(road: Wire) -> None:
    grant, slot = (min(ciphertext_sizes(kind)) for kind in (Kind.GRANT, Kind.SLOT))
    [report] = road.requests("PUT", "/v1/report")
    assert len(_sealed(report)) - grant - slot in ciphertext_sizes(Kind.REPORT)
    posts = [_sealed(post) for post in road.requests("POST", "/v1/mailbox")]
    assert {len(post) - slot for post in posts if post} <= ciphertext_sizes(Kind.MESSAGE)
    uploads = road.requests("POST", "/v1/uploads")
    assert len(uploads) == 3
    assert {int(upload.headers["upload-length"]) for upload in uploads} <= ciphertext_sizes(Kind.ATTACHMENT)
    pieces = [len(piece.body) for piece in road.requests("PATCH", "/v1/uploads")]
    assert sum(pieces) == sum(int(upload.headers["upload-length"]) for upload in uploads)
    assert {sent.method for sent in road.requests() if sent.body} == {"PUT", "POST", "PATCH"}


def _sealed(sent: Sent) -> bytes:
    """What follows the first line, which is public and of one form."""
    first, _, sealed = sent.body.partition(b"\n")
    line = json.loads(first)
    assert set(line) <= {"v", "epoch", "mailbox", "withdrawal", "kind", "id", "consent", "secret"}
    assert ("secret" in line) == (line.get("kind") == "withdraw")
    return sealed
