"""What the reporter's page seals is what the staff's client opens, and the other way round, over a real service."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.client.casework import triage
from app.client.casework.triage import OpenReport
from app.client.machine.transport import Refused
from app.protocol import receipt
from app.vocabulary import ConsentScope, ReportState
from tests.client.installation import Installation
from tests.web.conftest import OpenPage
from tests.web.page import Page, PageFailure

FORM = {
    "language": "zh-Hans",
    "text": "他们写信给我母亲。📷 \u202e\u0007",
    "answers": {
        "danger_now": "days",
        "where_now": "NL",
        "what_kind": ["threat", "family"],
        "consent": ["service", "contact", "statistics"],
        "when": "上个星期二",
    },
}
PHOTO, LETTER = b"a photo" * 100_000, b""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    photo, letter = tmp_path / "照片 1.jpg", tmp_path / "letter.txt"
    photo.write_bytes(PHOTO)
    letter.write_bytes(LETTER)
    return [photo, letter]


def submitted(here: Installation, page: Page, files: Sequence[Path] = ()) -> tuple[Any, OpenReport]:
    """What the page tells of the report that it sent, and the report as a triager reads it."""
    anna = here.staff("anna")
    before = {each.id for each in triage.list_(anna)}
    sent = page.submit(FORM, files)
    page.send_files()
    [report] = {each.id for each in triage.list_(anna)} - before
    triage.claim(anna, triage.view(anna, report))
    return sent, triage.open_(anna, report)


def test_what_a_page_sent_is_what_the_triager_reads(here: Installation, new_page: OpenPage, files: list[Path]) -> None:
    sent, opened = submitted(here, new_page(), files)

    assert sent["earlier"] is False
    assert receipt.read(sent["words"])
    assert opened.report.form.text == FORM["text"]
    assert opened.report.form.answers == FORM["answers"]
    assert {consent.scope for consent in opened.report.consents if consent.given} == opened.report.form.consents
    assert [each.name for each in opened.report.attachments] == ["照片 1.jpg", "letter.txt"]
    assert not opened.missing
    for attachment, content in zip(opened.report.attachments, (PHOTO, LETTER), strict=True):
        sink = io.BytesIO()
        triage.save_attachment(here.staff("anna"), opened, attachment, sink)
        assert sink.getvalue() == content


def test_reporter_and_triager_write_to_each_other(here: Installation, new_page: OpenPage, files: list[Path]) -> None:
    sent, opened = submitted(here, new_page())
    anna = here.staff("anna")
    question = "Do you know his face? 事件 \x01" * 90  # more than one slot holds
    triage.answer(anna, opened, question)

    page = new_page()
    found = page.open_(sent["words"])
    answered = page.answer("No, but I have this.", files)
    missing = page.send_files()
    changed = page.consent("contact", given=False)
    thread = triage.thread(anna, triage.open_(anna, opened.id))

    assert (found["state"], found["open"], found["written"]) == ("in_triage", True, 0)
    assert found["replies"] == [{"number": 1, "day": here.now().date().isoformat(), "text": question}]
    assert found["missing"] == []
    assert {"scope": "statistics", "given": True} in found["choices"]
    assert (answered["written"], answered["days"]) == (1, [[here.now().date().isoformat(), 1]])
    assert missing == {"places": [], "why": None}
    assert {"scope": "contact", "given": False} in changed["choices"]
    assert [each.content.text for each in thread.messages] == ["No, but I have this.", ""]
    assert thread.messages[0].content.seen
    assert thread.consents == {ConsentScope.CONTACT: False}
    assert (thread.missing, thread.repeated) == ((), ())
    sink = io.BytesIO()
    triage.save_attachment(anna, opened, thread.messages[0].content.attachments[0], sink)
    assert sink.getvalue() == PHOTO


def test_a_report_that_was_taken_back_on_the_page_is_destroyed(here: Installation, new_page: OpenPage) -> None:
    sent, opened = submitted(here, new_page())
    page = new_page()
    page.open_(sent["words"])

    withdrawn = page.withdraw()
    found = page.open_(sent["words"])

    with pytest.raises(Refused) as refused:
        triage.open_(here.staff("anna"), opened.id)
    assert refused.value.type == "report-destroyed"
    assert (withdrawn["state"], withdrawn["open"]) == ("withdrawn", False)
    assert (found["state"], found["open"], found["choices"]) == ("withdrawn", False, [])
    with pytest.raises(PageFailure) as failure:
        page.answer("Wait.")
    assert failure.value.kind == "not-taken"


def test_python_and_the_page_share_a_mailbox(here: Installation, new_page: OpenPage) -> None:
    sent = here.reporter().submit({"language": "en", "text": "Words.", "answers": {"danger_now": "none"}})
    words = receipt.read(sent.receipt)

    page = new_page()
    page.open_(sent.receipt)
    page.answer("from the page")
    here.reporter().answer(words, "from the command")
    page.answer("from the page again")
    anna = here.staff("anna")
    thread = triage.thread(anna, triage.open_(anna, sent.report))

    assert [each.content.text for each in thread.messages] == [
        "from the page",
        "from the command",
        "from the page again",
    ]
    assert here.reporter().mailbox(words).state is ReportState.RECEIVED
    assert (thread.missing, thread.repeated) == ((), ())


def test_the_words_of_another_receipt_open_nothing(new_page: OpenPage) -> None:
    with pytest.raises(PageFailure) as failure:
        new_page().open_(receipt.Receipt.generate().words())

    assert failure.value.kind == "no-mailbox"


def test_a_page_tells_what_the_organisation_signed(new_page: OpenPage) -> None:
    told = new_page().intake()

    assert told["attachmentBytes"] == 100_000_000
    assert "en" in told["languages"]


def test_a_report_that_is_asked_for_twice_is_one(here: Installation, new_page: OpenPage) -> None:
    page = new_page()
    first, opened = submitted(here, page)

    again = page.submit(FORM)
    changed = page.submit({**FORM, "text": "And one thing more."})

    assert triage.open_(here.staff("anna"), opened.id).report == opened.report
    assert again == first
    assert changed == {**first, "earlier": True}


def test_two_taps_on_a_button_make_one_report(here: Installation, new_page: OpenPage) -> None:
    anna = here.staff("anna")
    before = {each.id for each in triage.list_(anna)}

    first, second = new_page().twice("submit", FORM)

    assert first == second
    assert len({each.id for each in triage.list_(anna)} - before) == 1


def test_what_a_page_forgot_it_cannot_use(new_page: OpenPage) -> None:
    page = new_page()
    page.open_(page.submit(FORM)["words"])

    page.forget()

    with pytest.raises(PageFailure) as failure:
        page.answer("Wait.")
    assert failure.value.kind == "no-mailbox"
