"""One report from the first word to its withdrawal, between a reporter's client and a triager's."""

import io
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.client import Reporter, Staff
from app.client.casework import triage
from app.client.casework.triage import OpenReport
from app.client.intake.reporter import Submitted
from app.client.machine.transport import Refused
from app.intake.mailbox.models import Message
from app.intake.reports.models import ReportFile
from app.protocol import receipt
from app.protocol.conversation import NotTaken
from app.vocabulary import ConsentScope, Imminence, ReportState, Severity
from tests.flows.organisation import Organisation

# The whole of it once on each.
pytestmark = pytest.mark.both_databases

DOCUMENT = {
    "language": "en",
    "text": "A man waits outside my house since Tuesday.",
    "answers": {"danger_now": "now", "consent": ["service", "contact"]},
}
FILES = {"voice message.ogg": b"voice " * 9000, "the man.jpg": b"picture" * 20_000}


@pytest.fixture
def reporter(organisation: Organisation) -> Reporter:
    return organisation.reporter()


@pytest.fixture
def submitted(reporter: Reporter, tmp_path: Path) -> Submitted:
    paths = [tmp_path / name for name in FILES]
    for path in paths:
        path.write_bytes(FILES[path.name])
    return reporter.submit(DOCUMENT, paths)


@pytest.fixture
def triager(organisation: Organisation) -> Staff:
    return organisation.staff["tenzin"]


@pytest.fixture
def opened(triager: Staff, submitted: Submitted) -> OpenReport:
    triage.claim(triager, triage.view(triager, submitted.report))
    return triage.open_(triager, submitted.report)


def test_a_triager_finds_claims_and_reads_a_report_with_its_files(
    triager: Staff, submitted: Submitted, organisation: Organisation
) -> None:
    [waiting] = triage.list_(triager)
    triage.claim(triager, triage.view(triager, waiting.id))
    opened = triage.open_(triager, waiting.id)
    files = {}
    for attachment in opened.report.attachments:
        sink = io.BytesIO()
        triage.save_attachment(triager, opened, attachment, sink)
        files[attachment.name] = sink.getvalue()

    assert (submitted.not_arrived, opened.missing) == ((), ())
    assert (waiting.id, waiting.language, waiting.danger_now) == (submitted.report, "en", Imminence.NOW)
    assert opened.report.form.text == DOCUMENT["text"]
    assert opened.report.form.answers == DOCUMENT["answers"]
    assert files == FILES
    [claimed] = triage.list_(organisation.staff["leyla"])
    assert (claimed.view.state, claimed.view.triager) == (ReportState.IN_TRIAGE, triager.person)


def test_reporter_and_triager_write_to_each_other(
    triager: Staff, opened: OpenReport, reporter: Reporter, submitted: Submitted, tmp_path: Path
) -> None:
    words = receipt.read(submitted.receipt)
    photograph = tmp_path / "number plate.png"
    photograph.write_bytes(b"plate" * 100)
    question = "Do you know his face? " * 60  # more than one slot holds

    opened = triage.answer(triager, opened, question)
    triage.ask(triager, opened, [(Severity.LIMITED, Imminence.WEEKS)])
    asked = reporter.mailbox(words)
    reporter.answer(words, "No, but I have this.", [photograph])
    reporter.change_consent(words, ConsentScope.STATISTICS, given=True)
    thread = triage.thread(triager, triage.open_(triager, opened.id))

    assert (asked.state, [reply.text for reply in asked.replies]) == (ReportState.AWAITING_REPORTER, [question])
    assert [each.content.text for each in thread.messages] == ["No, but I have this.", ""]
    assert thread.messages[0].content.seen == asked.last_seen
    assert (thread.missing, thread.repeated) == ((), ())
    assert thread.consents == {ConsentScope.STATISTICS: True}
    sink = io.BytesIO()
    triage.save_attachment(triager, opened, thread.messages[0].content.attachments[0], sink)
    assert sink.getvalue() == photograph.read_bytes()
    assert reporter.mailbox(words).state is ReportState.IN_TRIAGE


def test_a_report_that_no_case_has_is_destroyed_when_its_reporter_takes_it_back(
    triager: Staff, opened: OpenReport, reporter: Reporter, submitted: Submitted, rows: Session
) -> None:
    words = receipt.read(submitted.receipt)
    triage.answer(triager, opened, "We have read it.")

    reporter.withdraw(words, "They found out.")

    for table in (ReportFile, Message):
        assert rows.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    with pytest.raises(Refused) as refused:
        triage.open_(triager, opened.id)
    assert refused.value.type == "report-destroyed"
    (listed,) = triage.list_(triager, states=[ReportState.WITHDRAWN])
    assert listed.problem is not None
    assert "destroyed" in listed.problem
    mailbox = reporter.mailbox(words)
    assert (mailbox.thread_state, mailbox.state, mailbox.replies) == (None, ReportState.WITHDRAWN, ())
    with pytest.raises(NotTaken):
        reporter.answer(words, "Wait.")
