"""A reporter's side of the conversation, without a service. What an answer may not be, the refusals say."""

from dataclasses import replace
from itertools import accumulate

import pytest

from app import age
from app.protocol import conversation, mailbox
from app.protocol.conversation import NotTaken, To
from app.protocol.documents import Document, Header, bare, maced, parse_document, seal
from app.protocol.encoding import b64, parse_object, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.grants import open_grant
from app.protocol.mailbox import SLOT_SIZE, SLOTS, MessageKind, ReporterMessage, ThreadState
from app.protocol.report import Form
from app.protocol.sizes import Kind, classes
from app.vocabulary import ConsentScope, ReportState
from tests.vectors.make import ORG, REPORT, REPORT_KEY, counted_id
from tests.vectors.make_mailbox import CONSENTS, FILLER_KEY, MAILBOX, RECEIPT, THREAD_STATE, TOKEN_SHA256, documents

TODAY = "2026-06-16"
REPLIES = [document for name, document in documents().items() if name.startswith("message.staff")]


def thread_state(told: ThreadState = THREAD_STATE) -> Document:
    header = Header.new("thread-state", REPORT, told.body(), org=ORG, author=None, at=TODAY, to=MAILBOX)
    return maced(header, RECEIPT.thread_key)


def state(told: ReportState) -> Document:
    header = Header.new("state", REPORT, {"state": told}, org=ORG, author=None, at=TODAY, to=MAILBOX)
    return bare(header)


def answer(*slots: Document | bytes | None) -> bytes:
    """What the service gives: these in their places, and what nobody can open in all others."""
    filled = [
        mailbox.filler_slot(FILLER_KEY, TOKEN_SHA256, number)
        if found is None
        else (found if isinstance(found, bytes) else seal(found, MAILBOX))
        for number, found in enumerate((*slots, *[None] * (SLOTS - len(slots))), start=1)
    ]
    return b"".join(filled)


def read(*slots: Document | bytes | None) -> conversation.Mailbox:
    return conversation.read_mailbox(answer(*slots), RECEIPT, org=ORG)


def change(before: conversation.Mailbox, scope: ConsentScope, *, given: bool) -> conversation.Post:
    consent = conversation.choose(before, scope, given=given)
    return conversation.write(before, RECEIPT, MessageKind.CONSENT, org=ORG, today=TODAY, changed=consent)


def test_a_report_is_sent_under_the_first_generation_of_its_key() -> None:
    epoch, secret, id_ = age.generate(), age.generate(), counted_id("rep", 7)
    to = To(ORG, counted_id("epoch", 1), epoch.recipient)
    form = Form.read({"language": "en", "text": "They rang.", "answers": {"danger_now": "days"}})

    body = conversation.seal_report(form, to, id_=id_, secret=secret, receipt=RECEIPT, attachments=(), today=TODAY)

    line, _, sealed = body.partition(b"\n")
    places = list(accumulate((age.encrypted_size(classes(kind)[0]) for kind in (Kind.GRANT, Kind.SLOT)), initial=0))
    grant, memory, report = (sealed[a:b] for a, b in zip(places, [*places[1:], None], strict=True))
    assert parse_object(line)["v"] == 1
    assert open_grant(grant, epoch, org=ORG, subject=id_, grantee=to.epoch).header.generation == 1
    assert parse_document(age.decrypt(report, [secret])).header.generation == 1
    remembered = read(memory).opened()[0]
    assert (remembered.report, remembered.number, remembered.hash) == (id_, 0, None)


def test_an_answer_has_sixteen_slots() -> None:
    whole = answer(thread_state())

    for other in (b"", whole[:-1], whole[:-SLOT_SIZE], whole + whole[:SLOT_SIZE]):
        with pytest.raises(Malformed, match="sixteen"):
            conversation.read_mailbox(other, RECEIPT, org=ORG)


def test_what_was_seen_last_is_the_last_part_of_the_newest_reply() -> None:
    slots = [seal(document, MAILBOX) for document in REPLIES]

    assert read(thread_state(), None, *reversed(slots)).last_seen == sha256_hex(slots[-1])
    assert read(thread_state()).last_seen is None


def test_the_lines_that_ask_for_a_reading_say_which_it_is_and_nothing_else() -> None:
    assert conversation.READ == b'{"v":1,"kind":"read"}\n'
    assert conversation.RECALL == b'{"v":1,"kind":"recall"}\n'


def test_a_message_names_what_was_seen_and_the_memory_follows_the_one_before() -> None:
    before = read(thread_state(), None, *REPLIES)

    post = conversation.write(before, RECEIPT, MessageKind.MESSAGE, org=ORG, today=TODAY, text="Again.")

    sealed = post.content.partition(b"\n")[2].removesuffix(post.thread_state)
    message = parse_document(age.decrypt(sealed, [REPORT_KEY])).header.body
    assert (message["number"], message["seen"]) == (THREAD_STATE.number + 1, before.last_seen)
    remembered, opened = read(post.thread_state).opened()
    assert (remembered.number, remembered.hash) == (message["number"], sha256_hex(sealed))
    assert opened.mark.version == 2
    assert opened.document.header.previous == before.opened()[1].sha256


def test_a_message_was_taken_where_the_memory_of_it_lies_in_its_slot() -> None:
    before = read(thread_state())
    post = conversation.write(before, RECEIPT, MessageKind.MESSAGE, org=ORG, today=TODAY, text="Again.")

    post.check_taken(answer(post.thread_state))

    with pytest.raises(NotTaken):
        post.check_taken(answer(thread_state()))


def test_a_message_that_takes_the_report_back_has_the_secret_for_it_and_no_other_has() -> None:
    before = read(thread_state())
    posts = [
        conversation.write(before, RECEIPT, kind, org=ORG, today=TODAY)
        for kind in (MessageKind.MESSAGE, MessageKind.WITHDRAW)
    ]

    message, withdrawal = (parse_object(post.content.partition(b"\n")[0]) for post in posts)

    assert (withdrawal["kind"], unb64(withdrawal["secret"])) == ("withdraw", RECEIPT.withdrawal)
    assert "secret" not in message


def test_a_report_whose_memory_does_not_open_is_taken_back_by_the_secret_alone() -> None:
    post = conversation.withdraw_unread(RECEIPT)

    line, _, slots = post.content.partition(b"\n")
    said = parse_object(line)
    assert said == {"v": 1, "kind": "withdraw", "id": said["id"], "secret": b64(RECEIPT.withdrawal)}
    assert slots == 2 * post.thread_state
    assert age.decrypt(post.thread_state, [RECEIPT.identity]) == b" " * 4096


def test_a_changed_choice_keeps_its_id_and_stands_once() -> None:
    before = read(thread_state())

    for given in (True, False):
        before = read(change(before, ConsentScope.STATISTICS, given=given).thread_state)

    [choice] = [each for each in before.opened()[0].consents if each.scope is ConsentScope.STATISTICS]
    [first] = [each for each in CONSENTS if each.scope is ConsentScope.STATISTICS]
    assert choice == replace(first, given=False)
    assert len(before.opened()[0].consents) == len(CONSENTS)


def test_a_changed_choice_is_sent_to_staff_and_its_id_alone_to_the_service() -> None:
    before = read(thread_state())
    choice = conversation.choose(before, ConsentScope.STATISTICS, given=False)

    post = change(before, ConsentScope.STATISTICS, given=False)

    line, _, sealed = post.content.partition(b"\n")
    said, message = parse_object(line), age.decrypt(sealed.removesuffix(post.thread_state), [REPORT_KEY])
    assert said == {"v": 1, "kind": "consent", "id": said["id"], "consent": choice.id}
    assert ReporterMessage.read(parse_document(message).header.body).consents == (choice,)


def test_a_choice_that_was_never_made_gets_an_id() -> None:
    before = read(thread_state(replace(THREAD_STATE, consents=())))

    choice = conversation.choose(before, ConsentScope.STATISTICS, given=True)

    assert choice.id.startswith("cons_")
    assert choice.id not in {each.id for each in CONSENTS}


def test_where_the_memory_is_gone_nothing_more_is_taken() -> None:
    found = read(None, state(ReportState.WITHDRAWN))

    assert found.thread_state is None
    with pytest.raises(NotTaken):
        found.opened()


def test_where_something_else_lies_in_the_place_of_the_memory_it_is_said_what() -> None:
    sealed = seal(thread_state(), MAILBOX)
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])

    for other, reason in ((damaged, "ciphertext"), (seal(state(ReportState.RECEIVED), MAILBOX), "type")):
        found = read(other, state(ReportState.RECEIVED))

        assert found.not_authentic == (mailbox.THREAD_STATE_SLOT,)
        with pytest.raises(NotAuthentic, match=reason):
            found.opened()


def test_a_report_was_taken_back_where_the_state_says_so() -> None:
    conversation.check_withdrawn(answer(None, state(ReportState.WITHDRAWN)), RECEIPT, org=ORG)

    for other in (None, state(ReportState.DUPLICATE)):
        with pytest.raises(NotTaken):
            conversation.check_withdrawn(answer(thread_state(), other), RECEIPT, org=ORG)
