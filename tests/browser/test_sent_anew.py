"""A report that nobody could open is told of on the page, which leads to where it is sent anew."""

from app.client.casework import report_approvals, triage
from tests.browser.device import Device
from tests.browser.pages import MailboxPage, ReportPage, word
from tests.browser.staff import Office
from tests.client.casework.test_report_approvals import Mistaken
from tests.client.installation import Installation

TEXT = "They came to our door."
FORM = {"language": "en", "text": TEXT, "answers": {"danger_now": "days", "consent": ["service"]}}


def test_a_report_that_does_not_open_is_sent_anew_from_its_mailbox(here: Installation, device: Device) -> None:
    with Mistaken(here.server, here.pin, clock=here.now) as reporter:
        sent = reporter.submit(FORM)
    anna, emil = here.staff("anna"), here.staff("emil")
    triage.claim(anna, triage.view(anna, sent.report))
    view = triage.view(anna, sent.report)
    report_approvals.try_too(emil, report_approvals.request_try(anna, view, emil.person))
    triage.undecryptable(anna, view)
    office = Office(here)

    mailbox = MailboxPage(device.page("/en/replies/"))
    mailbox.open(sent.receipt)
    said = mailbox.page.locator("#state").text_content()
    mailbox.page.locator("#write-anew a").first.click()
    report = ReportPage(mailbox.page)
    report.tell_shortly(TEXT)
    report.send()
    words = report.words()

    assert said == word(mailbox.page, "state-undecryptable")
    assert office.claim().report.form.text == TEXT
    assert words != sent.receipt
