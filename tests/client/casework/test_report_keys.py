"""The keys of a case's reports turn with it, and their reporters are told: who left reads no message from then on."""

from dataclasses import replace

import pytest

from app import age
from app.client import Staff
from app.client.casework import cases, triage
from app.client.casework.cases import OpenCase
from app.client.intake.reporter import Submitted
from app.client.machine.transport import Refused
from app.protocol import receipt
from app.protocol.encoding import unb64
from app.protocol.mailbox import STAFF_SLOTS
from app.protocol.receipt import Receipt
from app.protocol.report import Attachment
from tests.client.casework.scene import FOUND, claimed
from tests.client.installation import Installation


def in_case(here: Installation, *names: str) -> tuple[Submitted, Receipt, OpenCase]:
    """A report in a case of these people, as the first of them has it."""
    first, *others = (here.staff(name) for name in names)
    sent = claimed(here, first)
    report = triage.open_(first, sent.report)
    people = {each.person for each in others}
    case = triage.accept(first, report, FOUND, owner=first.person, colleagues=people)
    return sent, receipt.read(sent.receipt), cases.open_(first, case)


def file_of(staff: Staff, report: str, message: triage.Received) -> bytes:
    items = staff.service.items(f"/reports/{report}/messages")
    return next(unb64(str(each["file"])) for each in items if each["id"] == message.id)


def test_what_a_reporter_writes_after_a_turn_opens_for_nobody_who_left(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent, words, opened = in_case(here, "anna", "boris")
    theirs = triage.open_(boris, sent.report)
    reporter = here.reporter()
    reporter.answer(words, "Before.")

    cases.change_members(anna, opened, remove=[boris.person])

    shown = reporter.mailbox(words)
    assert (shown.replies, shown.missing, shown.followed[1]) == ((), (), 1)
    letter = here.directory / "letter.txt"
    letter.write_text("Later, at length.")
    reporter.answer(words, "Later.", [letter])
    found = triage.open_(anna, sent.report)
    thread = triage.thread(anna, found)
    assert [(each.content.text, each.generation) for each in thread.messages] == [("Before.", 1), ("Later.", 2)]
    assert (thread.replies, len(thread.wordless), thread.spoiled, thread.not_kept) == ((), 1, (), ())
    [attachment] = thread.messages[1].content.attachments
    assert saved(here, anna, found, attachment) == b"Later, at length."
    before, after = (file_of(anna, sent.report, each) for each in thread.messages)
    assert age.decrypt(before, [theirs.identity])
    with pytest.raises(age.NoMatchError):
        age.decrypt(after, [theirs.identity])


def test_a_report_that_joins_a_case_opens_by_no_key_of_who_left_it_before(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    _, _, opened = in_case(here, "anna", "boris")
    theirs = cases.open_(boris, opened.id)
    cases.change_members(boris, theirs, remove=[boris.person])
    second = claimed(here, anna)

    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, opened.id)

    assert triage.open_(anna, second.report).view.case == opened.id
    items = anna.service.items(f"/reports/{second.report}/grants")
    granted = [unb64(str(each["file"])) for each in items if each["grantee"] == opened.id]
    assert granted
    for file in granted:
        with pytest.raises(age.NoMatchError):
            age.decrypt(file, [theirs.identity])


def saved(here: Installation, staff: Staff, report: triage.OpenReport, attachment: Attachment) -> bytes:
    with (here.directory / "saved").open("wb") as sink:
        triage.save_attachment(staff, report, attachment, sink)
    return (here.directory / "saved").read_bytes()


def test_an_answer_names_the_newest_key_until_the_reporter_has_followed_it(here: Installation) -> None:
    anna = here.staff("anna")
    sent, words, opened = in_case(here, "anna", "boris")
    reporter = here.reporter()
    cases.turn(anna, opened)

    for number, is_named in ((2, True), (3, False)):
        report = triage.open_(anna, sent.report)
        triage.answer(anna, report, "We read it.")
        reply = triage.thread(anna, triage.open_(anna, sent.report)).replies[-1]
        assert (reply.number, reply.content.write_to is not None) == (number, is_named)
        reporter.answer(words, "Thank you.")

    found = triage.thread(anna, triage.open_(anna, sent.report))
    assert [each.generation for each in found.messages] == [2, 2]
    assert [each.text for each in reporter.mailbox(words).replies] == ["We read it."] * 2


def test_of_several_turns_that_nobody_saw_the_last_lies_in_the_mailbox_alone(here: Installation) -> None:
    anna = here.staff("anna")
    sent, words, opened = in_case(here, "anna", "boris")
    triage.answer(anna, triage.open_(anna, sent.report), "We read it.")

    for _ in range(2):
        opened = cases.turn(anna, opened)

    reporter = here.reporter()
    shown = reporter.mailbox(words)
    assert ([each.number for each in shown.replies], shown.missing, shown.followed[1]) == ([1], (), 3)
    reporter.answer(words, "Later.")
    [message] = triage.thread(anna, triage.open_(anna, sent.report)).messages
    assert message.generation == 3


def test_a_full_mailbox_keeps_no_case_from_turning_and_the_next_who_reads_tells(here: Installation) -> None:
    anna = here.staff("anna")
    sent, words, opened = in_case(here, "anna", "boris")
    long = "x" * 1000 * STAFF_SLOTS
    triage.answer(anna, triage.open_(anna, sent.report), long)

    turned = cases.turn(anna, opened)

    report = triage.open_(anna, sent.report)
    assert (turned.key.generation, report.key.generation) == (2, 2)
    with pytest.raises(Refused) as refusal:
        triage.tell_key(anna, report)
    assert refusal.value.type == "mailbox-full"
    reporter = here.reporter()
    reporter.answer(words, "I read it all.")  # so it may make room
    after = triage.tell_key(anna, triage.open_(anna, sent.report))
    again = triage.tell_key(anna, after)
    assert after.view.version == again.view.version
    assert reporter.mailbox(words).write_to == report.identity.recipient


def test_what_was_told_is_told_again_once_it_has_gone_from_the_mailbox(here: Installation) -> None:
    anna = here.staff("anna")
    sent, _, opened = in_case(here, "anna", "boris")
    cases.turn(anna, opened)
    report = triage.open_(anna, sent.report)
    before = triage.thread(anna, report)
    [told] = before.wordless

    gone = replace(before, wordless=(replace(told, day="2026-04-01"),))

    assert triage.tell_key(anna, report, before).view.version == report.view.version
    assert triage.tell_key(anna, report, gone).view.version > report.view.version
