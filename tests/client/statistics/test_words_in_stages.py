"""A reporter's word is seen and counts wherever the case of their report stands by then."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.client.casework import cases, course, triage
from app.client.casework.cases import OpenCase
from app.client.casework.reports import news
from app.client.casework.reports.threads import NotToBeWrittenTo
from app.client.machine.staff import Staff
from app.client.statistics import cards
from app.client.statistics.withdrawals import carry_out
from app.protocol import receipt
from app.vocabulary import CaseStage, ConsentScope, HoldReason, Relation, ReportState, RiskLevel
from tests.client.casework.scene import approved, claimed, taken
from tests.client.casework.test_course import AGREED, CLOSING, CLOSURE, PLAN, go, in_assessment, judged
from tests.client.casework.test_course import approved as agreed_to
from tests.client.casework.test_moving import agreed, merged
from tests.client.casework.test_two_reporters import beside
from tests.client.installation import Installation
from tests.client.statistics.test_withdrawals import told, with_people

Stage = Callable[[Installation, Staff, Staff, OpenCase], str]


def on_hold(_: Installation, boris: Staff, __: Staff, case: OpenCase) -> str:
    in_assessment(boris, case)
    until = boris.today + timedelta(days=30)
    view = cases.view(boris, case.id)
    course.move(boris, case, view, CaseStage.ON_HOLD, held_for=HoldReason.CLIENT, resume_on=until)
    return case.id


def closed(_: Installation, boris: Staff, chen: Staff, case: OpenCase) -> str:
    judged(boris, in_assessment(boris, case))
    case = cases.plan(boris, go(boris, case.id, CaseStage.PLANNING), AGREED)
    agreed_to(boris, case, PLAN, chen)
    case = judged(boris, go(boris, case.id, CaseStage.ACTIVE), RiskLevel.LOW)
    cases.propose_closing(boris, case, cases.view(boris, case.id), CLOSING)
    agreed_to(boris, cases.open_(boris, case.id), CLOSURE, chen)
    return go(boris, case.id, CaseStage.CLOSED).id


def merged_away(here: Installation, boris: Staff, chen: Staff, case: OpenCase) -> str:
    anna = here.staff("anna")
    other = cases.change_members(boris, taken(anna, boris, claimed(here, anna)), add=[chen.person])
    _, into = merged(boris, chen, cases.open_(boris, case.id), other)
    return into.id


def split_off(here: Installation, boris: Staff, chen: Staff, case: OpenCase) -> str:
    stays = beside(here, here.staff("anna"), case, Relation.STRANGER)
    [report] = {each.id for each in cases.open_(boris, case.id).file.reports} - {stays.report}
    new = cases.open_beside(boris, cases.open_(boris, case.id))
    word = agreed(boris, chen, cases.open_(boris, case.id), new)
    ready = cases.ready(boris, case.id)
    cases.move_parts(boris, ready, cases.ready(boris, new), cases.with_reports(boris, ready, {report}), word)
    return new


@pytest.mark.parametrize("stage", [on_hold, closed, merged_away, split_off])
def test_a_reporter_is_heard_wherever_their_case_stands(here: Installation, stage: Stage) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    case = cases.change_members(boris, taken(anna, boris, sent := claimed(here, anna)), add=[chen.person])
    case = with_people(boris, case, told(sent.report))
    cards.write(boris, case.id, approved(boris, case, chen))
    cards.send(boris, now=True)
    id_ = stage(here, boris, chen, case)
    reporter, words = here.reporter(), receipt.read(sent.receipt)

    reporter.answer(words, "They came again.")
    for scope in (ConsentScope.STATISTICS, ConsentScope.CONTACT):
        reporter.change_consent(words, scope, given=False)
    said = {each.report: (each.case, str(each)) for each in news.unread(chen)}
    followed = cards.follow_words(chen)

    assert said[sent.report] == (id_, "they wrote, they changed a consent")
    assert id_ in followed
    assert [note.withdrawn for note in cases.open_(boris, id_).file.cards] == [True]
    with pytest.raises(NotToBeWrittenTo):
        triage.answer(chen, triage.open_(chen, sent.report), "We have read it.")

    reporter.withdraw(words)
    carry_out(boris, id_)
    cards.send(boris, now=True)

    assert carry_out(boris, id_)
    mailbox = reporter.mailbox(words)
    assert (mailbox.state, len(mailbox.replies)) == (ReportState.WITHDRAWN, 1)
    cards.send(chen, now=True)
