"""Two reporters of one case have two mailboxes, and nothing in the one tells of the other."""

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import LargeBinary, select, type_coerce

from app.client.casework import cases, triage, words
from app.client.casework.cases import OpenCase
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.statistics.withdrawals import carry_out
from app.database import Database
from app.intake.mailbox.models import Mailbox, Slot
from app.protocol import receipt
from app.protocol.conversation import Reply
from app.vocabulary import ConsentScope, ConsentStatus, Relation, ReportState
from tests.client.casework.scene import DOCUMENT, FOUND, claimed, taken
from tests.client.casework.test_moving import merged
from tests.client.installation import Installation
from tests.client.statistics.test_withdrawals import take_back, told, with_people


def test_a_mailbox_stays_as_it_is_whatever_is_done_with_the_other_report_of_its_case(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    first, second, third = (claimed(here, anna) for _ in range(3))
    case = taken(anna, boris, first)
    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case.id)
    case = with_people(boris, cases.open_(boris, case.id), told(first.report), told(second.report))
    case = cases.change_members(boris, case, add=[chen.person])
    other = cases.change_members(boris, taken(anna, boris, third), add=[chen.person])
    before = mailbox_of(here, second)

    triage.answer(boris, triage.open_(boris, first.report), "We have read it.")
    here.reporter().answer(receipt.read(first.receipt), "Thank you.")
    merged(boris, chen, other, case)
    triage.answer(boris, triage.open_(boris, third.report), "We have read it too.")
    cases.note(chen, cases.open_(chen, case.id), "Both saw the same car.")
    take_back(here, third)

    assert mailbox_of(here, second) == before
    triage.answer(chen, triage.open_(chen, second.report), "We have read it.")
    replies = [here.reporter().mailbox(receipt.read(each.receipt)).replies for each in (first, second)]
    assert [[reply.text for reply in each] for each in replies] == [["We have read it."]] * 2


def mailbox_of(here: Installation, sent: Submitted) -> list[object]:
    """All that lies in it, byte by byte."""
    kept = select(Slot.number, type_coerce(Slot.file, LargeBinary), Slot.until, Slot.reply)
    theirs = kept.join(Mailbox, Mailbox.token_sha256 == Slot.token_sha256).where(Mailbox.report_id == sent.report)
    database = Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")
    with closing(database), database.read() as session:
        return [tuple(row) for row in session.execute(theirs.order_by(Slot.number))]


def beside(here: Installation, triager: Staff, case: OpenCase, about: Relation) -> Submitted:
    """Another report, about whom this is to its reporter, put into a case on which the triager works."""
    answers = {"danger_now": "weeks", "consent": ["service", "contact", "statistics"], "about_whom": about.value}
    sent = here.reporter().submit({**DOCUMENT, "answers": answers})
    triage.claim(triager, triage.view(triager, sent.report))
    triage.accept_into(triager, triage.open_(triager, sent.report), FOUND, case.id)
    return sent


def told_by(owner: Staff, case: OpenCase, *reports: Submitted) -> OpenCase:
    """The case whose only person all these tell of."""
    case = cases.open_(owner, case.id)
    person = replace(case.file.persons[0], told_by=tuple(sorted(each.report for each in reports)))
    return cases.write(owner, case, replace(case.file, persons=(person,)))


def test_who_reports_again_is_one_person_whose_newest_no_counts_and_takes_back_each_report_by_itself(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = with_people(boris, taken(anna, boris, first := claimed(here, anna)), told(first.report))
    second = beside(here, anna, case, Relation.SELF)
    case = told_by(boris, case, first, second)
    before = mailbox_of(here, first)

    here.reporter().change_consent(receipt.read(second.receipt), ConsentScope.STATISTICS, given=False)
    heard = words.heard(boris, case)

    assert ([each.statistics for each in heard.persons], len(heard.persons)) == ([ConsentStatus.WITHDRAWN], 1)
    assert mailbox_of(here, first) == before

    take_back(here, first)
    assert carry_out(boris, case.id)
    after = cases.open_(boris, case.id)
    assert [(each.token, each.told_by) for each in after.file.persons] == [
        (case.file.persons[0].token, (second.report,))
    ]
    take_back(here, second)
    assert carry_out(boris, case.id)
    with pytest.raises(Refused, match="nothing here"):
        cases.open_(boris, case.id)


def test_a_relative_who_tells_of_somebody_in_the_case_keeps_nobody_from_taking_themselves_back(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = with_people(boris, taken(anna, boris, first := claimed(here, anna)), told(first.report))
    relative = beside(here, anna, case, Relation.PARENT_OR_SIBLING)
    case = told_by(boris, case, first, relative)
    before = shown(here, relative)
    take_back(here, first)

    assert carry_out(boris, case.id)

    after = cases.open_(anna, case.id)
    assert (after.file.persons, after.file.incidents, after.spoiled) == ((), (), ())
    assert [each.report for each in words.of_case(boris, after) if not each.is_gone] == [relative.report]
    assert shown(here, relative) == before
    triage.answer(boris, triage.open_(boris, relative.report), "We have read it.")
    replies = here.reporter().mailbox(receipt.read(relative.receipt)).replies
    assert [each.text for each in replies] == ["We have read it."]


def test_who_takes_back_what_they_saw_leaves_what_a_second_witness_tells_of(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = taken(anna, boris, first := claimed(here, anna))
    second = beside(here, anna, case, Relation.STRANGER)
    case = with_people(boris, cases.open_(boris, case.id), told(second.report, Relation.STRANGER))
    case = told_by(boris, case, first, second)
    before = shown(here, second)
    take_back(here, first)

    assert carry_out(boris, case.id)

    after = cases.open_(anna, case.id)
    assert [(each.id, each.told_by) for each in after.file.persons] == [(case.file.persons[0].id, (second.report,))]
    assert after.file.incidents == case.file.incidents
    assert shown(here, second) == before


def shown(here: Installation, sent: Submitted) -> tuple[ReportState | None, tuple[Reply, ...]]:
    """What a reporter is shown. That the key turned to which they write, as it does whenever members change, is not."""
    mailbox = here.reporter().mailbox(receipt.read(sent.receipt))
    return mailbox.state, mailbox.replies
