"""A report in a colleague's hands, and one that waits for its reporter: neither is forgotten there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.client.casework import cases, triage
from app.client.machine.staff import NotGranted
from app.client.machine.transport import Refused
from app.protocol import receipt
from app.vocabulary import Imminence, Priority, ReportState, Severity
from tests.client.casework.scene import FOUND, claimed
from tests.client.installation import Installation, installation


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Installation]:
    """One in which days can pass."""
    with installation(tmp_path) as made:
        yield made


def test_who_is_handed_a_report_puts_it_into_a_new_case_of_theirs_or_into_one_that_is_there(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    for sent in (first, second):
        assert triage.hand_over(anna, triage.open_(anna, sent.report), FOUND, boris.person) is Priority.P2

    case = triage.accept(boris, triage.open_(boris, first.report), FOUND, owner=boris.person, title="A family")
    triage.attach(boris, triage.open_(boris, second.report), case)

    opened = cases.open_(boris, case)
    assert {each.id for each in opened.file.reports} == {first.report, second.report}
    # Two mailboxes, one case, and neither reporter learns of the other.
    for sent, other in ((first, second), (second, first)):
        mailbox = here.reporter().mailbox(receipt.read(sent.receipt))
        assert mailbox.state is ReportState.ACCEPTED
        assert mailbox.thread_state is not None
        said = f"{vars(mailbox)} {vars(mailbox.thread_state)}"
        assert [id_ in said for id_ in (sent.report, other.report, case)] == [True, False, False]


def test_a_report_that_nobody_takes_up_waits_in_the_queue_again_and_who_was_handed_it_reads_it_no_more(
    later: Installation,
) -> None:
    anna, boris = later.staff("anna"), later.staff("boris")
    sent = claimed(later, anna)
    triage.hand_over(anna, triage.open_(anna, sent.report), FOUND, boris.person)

    later.pass_(timedelta(days=1))
    later.work()
    assert triage.view(later.staff("boris"), sent.report).state is ReportState.ACCEPTED
    later.pass_(timedelta(days=1))
    later.work()

    view = triage.view(later.staff("anna"), sent.report)
    assert (view.state, view.triager, view.opening_due) == (ReportState.RECEIVED, None, None)
    with pytest.raises((NotGranted, Refused)):
        triage.open_(later.staff("boris"), sent.report)
    assert triage.open_(later.staff("anna"), sent.report).report.form.text == "They wrote to my mother."


def test_a_report_waits_for_its_reporter_for_two_weeks_and_goes_on_with_who_claimed_it(later: Installation) -> None:
    anna = later.staff("anna")
    sent = claimed(later, anna)
    asked = triage.answer(anna, triage.open_(anna, sent.report), "When was it?")
    triage.ask(anna, asked, [(Severity.LIMITED, Imminence.NONE)])

    later.pass_(timedelta(days=14))
    later.work()
    assert triage.view(later.staff("anna"), sent.report).state is ReportState.AWAITING_REPORTER
    later.pass_(timedelta(days=1))
    later.work()

    view = triage.view(later.staff("anna"), sent.report)
    assert (view.state, view.triager) == (ReportState.IN_TRIAGE, anna.person)
