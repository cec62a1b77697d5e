"""Networks that drop, services that are gone, windows opened twice: no word is lost, and no report sent twice."""

import random
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, expect

from app.client.casework import triage
from tests.browser.device import Device
from tests.browser.pages import MailboxPage, ReportPage, mistakes, word
from tests.browser.staff import Office
from tests.browser.told import STORIES
from tests.browser.wire import Wire
from tests.client.installation import Installation

# Seven requests long.
FILM = random.Random(2).randbytes(3_100_000)
TEXT = "They follow me."
DROPPED = "Failed to load resource: net::ERR_"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(FILM)
    return path


@pytest.fixture
def office(here: Installation) -> Office:
    return Office(here)


def mailbox_of_a_report(device: Device) -> MailboxPage:
    """Open, of a report that was just sent, on a network that will drop."""
    device.expects.append(DROPPED)
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT)
    page.send()
    mailbox = MailboxPage(device.page("/en/replies/"))
    mailbox.open(page.words())
    return mailbox


def send_with_a_film_that_stalls(mailbox: MailboxPage, road: Wire, text: str, film: Path) -> None:
    road.stall(after=1_500_000)
    mailbox.page.locator("#text").fill(text)
    mailbox.page.locator("#files").set_input_files([film])
    expect(mailbox.page.locator("#file-list > li")).to_have_count(1)
    mailbox.press("#send")
    road.wait_until_stalled()


def test_a_file_goes_on_where_the_network_dropped_and_is_not_sealed_again(
    device: Device, road: Wire, office: Office, film: Path
) -> None:
    device.expects.append(DROPPED)
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT, [film])
    road.stall(after=1_500_000)

    page.send()
    road.wait_until_stalled()
    page.page.context.set_offline(True)
    road.cut()
    # By then there are words, and it is said what is still on its way.
    page.words()
    expect(page.page.locator("#files-doing")).to_have_text(word(page.page, "sending"))
    page.page.wait_for_timeout(500)
    page.page.context.set_offline(False)
    expect(page.page.locator("#files-arrived")).to_have_text(word(page.page, "all-arrived"))

    expect(page.page.locator("#not-arrived")).to_be_hidden()
    assert len(road.requests("POST", "/v1/uploads")) == 1
    assert road.requests("HEAD", "/v1/uploads")
    offsets = [int(piece.headers["upload-offset"]) for piece in road.requests("PATCH", "/v1/uploads")]
    # What had arrived is not sent a second time: only the piece that was under way when the network dropped.
    assert len(offsets) <= len(set(offsets)) + 2
    assert offsets.count(0) == 1
    opened = office.claim()
    assert office.files(opened, opened.report.attachments) == {film.name: FILM}


def test_a_file_that_was_stopped_is_sent_later_from_where_it_was(
    device: Device, road: Wire, office: Office, film: Path
) -> None:
    device.expects.append(DROPPED)
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT, [film])
    road.stall(after=1_500_000)

    page.send()
    road.wait_until_stalled()
    page.words()
    page.press("#stop-files")
    expect(page.page.locator("#not-arrived-files")).to_have_text(film.name)
    opened = office.claim()
    assert [each.name for each in opened.missing] == [film.name]
    road.cut()
    page.press("#send-files")
    expect(page.page.locator("#files-arrived")).to_have_text(word(page.page, "all-arrived"))

    assert len(road.requests("POST", "/v1/uploads")) == 1
    opened = triage.open_(office.anna, opened.id)
    assert office.files(opened, opened.report.attachments) == {film.name: FILM}


def test_a_report_waits_for_a_service_that_is_gone_and_is_sent_once(device: Device, road: Wire, office: Office) -> None:
    device.expects.append(DROPPED)
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT)
    road.break_()

    page.send()
    page.must_show("stopped")
    expect(mistakes(page.page)).to_have_text(word(page.page, "unreachable"))
    page.press("#to-review")
    expect(page.page.locator("#review")).to_contain_text(TEXT)
    road.mend()
    page.send()
    page.words()

    assert office.claim().report.form.text == TEXT


def test_a_report_whose_answer_was_lost_is_there_once(device: Device, road: Wire, office: Office) -> None:
    device.expects.append(DROPPED)
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT)
    # A browser tries again by itself, as does the client.
    road.lose_answers(b"PUT /v1/report", times=50)

    page.send()
    page.must_show("stopped")
    assert len(office.arrived) == 1
    perhaps = " ".join(page.page.locator("#perhaps li").all_text_contents())
    road.lose_answers(b"", times=0)
    page.press("#again")
    words = page.words()

    assert words == perhaps
    assert len({sent.body for sent in road.requests("PUT", "/v1/report")}) == 1
    expect(page.page.locator("#earlier")).to_be_hidden()
    triage.answer(office.anna, office.claim(), "We read it.", despite_their_no=True)
    mailbox = MailboxPage(device.page("/en/replies/"))
    mailbox.open(words)
    assert mailbox.replies == ["We read it."]


def test_what_was_changed_after_an_answer_was_lost_is_given_back(device: Device, road: Wire, office: Office) -> None:
    device.expects.append(DROPPED)
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT)
    road.lose_answers(b"PUT /v1/report", times=50)
    page.send()
    page.must_show("stopped")
    road.lose_answers(b"", times=0)

    page.press("#to-review")
    page.change("text")
    page.fill("text", f"{TEXT} There are two.")
    page.go("next")
    page.send()
    page.words()

    expect(page.page.locator("#earlier-text")).to_have_value(f"{TEXT} There are two.")
    assert office.claim().report.form.text == TEXT


def test_a_message_that_found_no_service_stays_in_its_field_and_is_sent_once(
    device: Device, road: Wire, office: Office
) -> None:
    mailbox = mailbox_of_a_report(device)
    road.break_()
    mailbox.page.locator("#text").fill("I have more to tell.")
    mailbox.press("#send")
    expect(mistakes(mailbox.page)).to_have_text(word(mailbox.page, "unreachable"))
    expect(mailbox.page.locator("#text")).to_have_value("I have more to tell.")
    road.mend()

    mailbox.press("#send")
    mailbox.must_say("answer-sent")

    opened = office.claim()
    assert [each.content.text for each in triage.thread(office.anna, opened).messages] == ["I have more to tell."]


def test_two_windows_are_two_reports_and_neither_takes_a_word_from_the_other(
    device: Device, road: Wire, office: Office
) -> None:
    window = device.window()
    one, other = (ReportPage(window.new_page()) for _ in range(2))
    for page, text in ((one, "The first."), (other, "The second.")):
        page.page.bring_to_front()
        page.page.goto(f"{road.address}/en/")
        page.tell_shortly(text)

    one.page.bring_to_front()
    one.send()
    first = one.words()
    other.page.bring_to_front()
    expect(other.page.locator("#review")).to_contain_text("The second.")
    other.send()
    second = other.words()

    assert first != second
    texts = set()
    for report in office.arrived:
        triage.claim(office.anna, triage.view(office.anna, report))
        texts.add(triage.open_(office.anna, report).report.form.text)
    assert texts == {"The first.", "The second."}


def test_two_taps_on_the_button_send_one_report(device: Device, office: Office) -> None:
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT)

    page.page.locator("#send").evaluate("button => { button.click(); button.click() }")
    page.words()
    page.page.wait_for_timeout(500)

    assert len(office.arrived) == 1


@pytest.mark.parametrize("how", ["reload", "back"])
def test_a_page_that_is_loaded_again_after_sending_sends_nothing_and_shows_no_words(
    how: str, device: Device, road: Wire, office: Office
) -> None:
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT)
    page.send()
    page.words()

    if how == "reload":
        page.page.reload()
    else:
        page.page.goto(f"{road.address}/ar/")
        page.page.go_back()

    page.must_show("start")
    expect(page.page.locator("#receipt li")).to_have_count(0)
    assert len(office.arrived) == 1


def test_going_back_and_forth_between_the_questions_loses_nothing(device: Device) -> None:
    told = STORIES["en"]
    page = ReportPage(device.page("/en/"))
    page.begin()
    page.answer(told)

    for turn in range(16):
        # By the page's own button and by the browser's.
        if turn % 2:
            page.go_back()
        else:
            page.page.evaluate("history.back()")
        page.page.wait_for_timeout(50)
    page.must_show("start")
    page.begin()
    for _ in range(15):
        page.go("skip" if page.screen == "told_authorities" else "next")

    page.must_show("review")
    shown = page.page.locator("#review dd[dir]").all_text_contents()
    assert {told.text, told.when, told.identifiers, told.needs} <= set(shown)


def test_leaving_by_accident_is_asked_about_and_leaving_on_purpose_is_not(device: Device) -> None:
    page = ReportPage(device.page("/en/"))
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.page.on("dialog", stay)
    page.begin()
    page.fill("danger_now", "none")
    page.go("next")
    page.go("next")
    page.fill("text", TEXT)
    page.page.evaluate("location.reload()")
    expect(page.page.locator("#text")).to_have_value(TEXT)
    page.page.evaluate("history.back()")
    page.must_show("contact")
    page.page.evaluate("location.reload()")
    page.page.wait_for_timeout(200)
    page.press("#leave")
    page.page.wait_for_url("about:blank")

    assert asked == ["beforeunload"] * 2


def test_a_worker_that_did_not_come_at_first_is_fetched_again_and_no_word_is_lost(
    device: Device, road: Wire, office: Office
) -> None:
    device.expects.append("Failed to load resource")
    window = device.window()
    window.route("**/assets/worker-*.js", lambda route: route.abort(), times=1)
    page = ReportPage(window.new_page())
    page.page.goto(f"{road.address}/en/")

    page.must_show("closed")
    expect(page.page.locator("#closed-why")).to_have_text(word(page.page, "unreachable"))
    page.press("#look-again")
    page.must_show("start")
    page.tell_shortly(TEXT)
    page.send()
    page.words()

    assert office.claim().report.form.text == TEXT


def test_stopping_a_message_stops_its_files_too_and_they_can_be_sent_later(
    device: Device, road: Wire, office: Office, film: Path
) -> None:
    mailbox = mailbox_of_a_report(device)

    send_with_a_film_that_stalls(mailbox, road, "Look at this.", film)
    mailbox.must_say("answer-sent")
    mailbox.press("#stop-files")
    expect(mailbox.page.locator("#not-arrived-files")).to_have_text(film.name)
    road.cut()
    mailbox.press("#send-files")
    expect(mailbox.page.locator("#files-arrived")).to_have_text(word(mailbox.page, "all-arrived"))

    assert len(road.requests("POST", "/v1/uploads")) == 1
    opened = office.claim()
    [said] = [each.content for each in triage.thread(office.anna, opened).messages]
    assert office.files(opened, said.attachments) == {film.name: FILM}


def test_what_is_typed_and_ticked_while_a_message_is_on_its_way_stays(device: Device, road: Wire, film: Path) -> None:
    mailbox = mailbox_of_a_report(device)
    send_with_a_film_that_stalls(mailbox, road, "First.", film)

    mailbox.page.locator("#text").fill("First. And then?")
    mailbox.fill("consent", ["statistics"])
    note = film.with_name("note.txt")
    note.write_text("later")
    mailbox.page.locator("#files").set_input_files([note])
    mailbox.must_say("answer-sent")

    expect(mailbox.page.locator("#text")).to_have_value("First. And then?")
    expect(mailbox.page.locator("#file-list > li")).to_contain_text(["note.txt"])
    expect(mailbox.page.locator('[name="consent"][value="statistics"]')).to_be_checked()
    road.cut()


def test_why_a_file_cannot_arrive_is_said(device: Device, road: Wire, film: Path) -> None:
    device.expects.append("Failed to load resource")
    page = ReportPage(device.page("/en/"))
    page.tell_shortly(TEXT, [film])
    page.page.context.route(
        "**/v1/uploads", lambda route: route.fulfill(status=409, body='{"type":"/problems/too-many-attachments"}')
    )

    page.send()
    page.words()
    expect(page.page.locator("#not-arrived-files")).to_have_text(film.name)
    page.press("#send-files")

    expect(page.page.locator("#not-arrived-why")).to_contain_text("A report can have 32 files in all")
