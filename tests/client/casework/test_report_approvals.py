"""Nobody puts a report away alone: what is urgent, and what is said not to open."""

from dataclasses import replace

import pytest

from app import age
from app.client import Reporter, Staff
from app.client.casework import approvals, report_approvals, triage
from app.client.casework.triage import RuleOfTriage
from app.client.machine.sealed import Key
from app.client.machine.transport import Refused
from app.client.machine.trust import OpenIntake
from app.vocabulary import ApprovalState, ApprovalSubject, Imminence, ReportState, Severity
from tests.client.casework.scene import DOCUMENT, FOUND, claimed
from tests.client.installation import Installation

NOT_URGENT = [(Severity.LIMITED, Imminence.NONE)]


class Mistaken(Reporter):
    """A client that seals to a key which nobody holds."""

    def intake(self) -> OpenIntake:
        found = super().intake()
        return replace(found, epoch=replace(found.epoch, recipient=age.generate().recipient))


def closed_report(here: Installation, triager: Staff) -> triage.ReportView:
    """One that no key opens, in triage."""
    with Mistaken(here.server, here.pin, clock=here.now) as reporter:
        sent = reporter.submit(DOCUMENT)
    triage.claim(triager, triage.view(triager, sent.report))
    return triage.view(triager, sent.report)


def test_an_urgent_report_is_put_away_once_a_supervisor_has_read_it_and_agrees(here: Installation) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    opened = triage.open_(anna, claimed(here, anna).report)
    opened = triage.answer(anna, opened, "Others can help you with this.")
    with pytest.raises(Refused) as refusal:
        triage.dispose(anna, opened, ReportState.REFERRED_OUT, FOUND)
    assert refusal.value.type == "guards-fail"

    approval = report_approvals.request(anna, opened, ApprovalSubject.REFERRED_OUT, sara.person)
    review = report_approvals.review(sara, approval)
    report_approvals.decide(sara, review, approved=True)
    triage.dispose(anna, opened, ReportState.REFERRED_OUT, FOUND)

    assert review.report.report.form.text == DOCUMENT["text"]
    assert not review.unanswered
    assert triage.view(anna, opened.id).state is ReportState.REFERRED_OUT
    with pytest.raises(Refused):  # what was lent has ended
        triage.open_(sara, opened.id)


def test_danger_that_a_reporter_names_asks_for_a_supervisor_whatever_is_found(here: Installation) -> None:
    anna = here.staff("anna")
    sent = here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "now", "consent": ["service"]}})
    triage.claim(anna, triage.view(anna, sent.report))

    with pytest.raises(Refused) as refusal:
        triage.dispose(
            anna,
            triage.open_(anna, sent.report),
            ReportState.INSUFFICIENT,
            NOT_URGENT,
        )

    assert refusal.value.type == "guards-fail"


def test_a_supervisor_sees_that_nobody_wrote_to_who_may_be_written_to(here: Installation) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    opened = triage.open_(anna, claimed(here, anna).report)

    approval = report_approvals.request(anna, opened, ApprovalSubject.INSUFFICIENT, sara.person)

    assert report_approvals.review(sara, approval).unanswered


def test_a_report_that_no_key_opens_waits_until_a_second_holder_has_tried_too(here: Installation) -> None:
    anna, emil = here.staff("anna"), here.staff("emil")
    view = closed_report(here, anna)
    with pytest.raises(Refused) as refusal:
        triage.undecryptable(anna, view)
    assert refusal.value.type == "guards-fail"
    [waiting] = [each for each in triage.list_(anna) if each.id == view.id]
    assert waiting.problem == "does not open: it waits until a second holder of its epoch's key has tried too"

    is_open = report_approvals.try_too(emil, report_approvals.request_try(anna, view, emil.person))
    triage.undecryptable(anna, view)

    assert not is_open
    assert triage.view(anna, view.id).state is ReportState.UNDECRYPTABLE


def test_a_report_that_opens_at_the_second_holder_is_not_undecryptable(here: Installation) -> None:
    anna, emil = here.staff("anna"), here.staff("emil")
    opened = triage.open_(anna, claimed(here, anna).report)
    with pytest.raises(RuleOfTriage):
        report_approvals.request_try(anna, opened.view, emil.person)

    lie = approvals.request(
        anna,
        ApprovalSubject.UNDECRYPTABLE,
        Key(opened.id, opened.identity, generation=1),
        emil.person,
        of=opened.view.envelope_sha256,
        lend=False,
    )
    is_open = report_approvals.try_too(emil, lie)

    assert is_open
    assert approvals.get(anna, lie).state is ApprovalState.REJECTED
    with pytest.raises(Refused) as refusal:
        triage.decisions.move(anna, opened.view, ReportState.UNDECRYPTABLE)
    assert refusal.value.type == "guards-fail"


def test_who_holds_no_key_of_the_epoch_is_not_asked_to_try(here: Installation) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")

    with pytest.raises(Refused) as refusal:
        report_approvals.request_try(anna, closed_report(here, anna), sara.person)

    assert refusal.value.type == "approver-unfit"


def drawn(here: Installation, triager: Staff) -> triage.OpenReport:
    """One that this triager has put away alone, and that the service has drawn: one in ten."""
    while True:
        sent = here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "none", "consent": ["service"]}})
        triage.claim(triager, triage.view(triager, sent.report))
        opened = triage.open_(triager, sent.report)
        triage.dispose(triager, opened, ReportState.INSUFFICIENT, NOT_URGENT)
        if triage.view(triager, sent.report).opening_due is not None:
            return opened


@pytest.mark.parametrize("approved", [True, False])
def test_of_what_is_put_away_alone_a_supervisor_reads_what_was_drawn_and_may_bring_it_back(
    here: Installation, *, approved: bool
) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    opened = drawn(here, anna)
    [waiting] = [each for each in triage.list_(anna) if each.id == opened.id]
    approval = report_approvals.lend_where_drawn(anna, opened)
    assert approval

    report_approvals.decide(sara, report_approvals.review(sara, approval), approved=approved)

    after = triage.view(anna, opened.id)
    assert waiting.unopened == "put away, not yet read by another"
    assert after.opening_due is None
    assert after.state is (ReportState.INSUFFICIENT if approved else ReportState.IN_TRIAGE)
