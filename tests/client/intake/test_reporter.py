"""A reporter's client against a real service."""

import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from app import age
from app.client import Staff
from app.client.casework import triage
from app.client.intake.attachments import Unsendable
from app.client.intake.reporter import Reporter, Submitted
from app.client.machine.transport import ANSWER_LIMIT, Refused, Service
from app.protocol import receipt as receipts
from app.protocol.conversation import NoSuchMailbox, NotTaken
from app.protocol.documents import Header, maced, seal
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.mailbox import STAFF_SLOTS, StaffMessage
from app.protocol.receipt import Receipt
from app.protocol.report import ATTACHMENTS
from app.protocol.sizes import Kind, TooLong, classes
from app.settings import Settings
from app.vocabulary import ConsentScope, ReportState
from tests import factories
from tests.client.installation import PASSPHRASE, Installation, serving
from tests.flows.evil import EvilServer, in_json

DOCUMENT = {
    "language": "en",
    "text": "They wrote to my mother.",
    "answers": {"danger_now": "days", "where_now": "NL", "consent": ["service", "contact", "statistics"]},
}


def test_what_a_reporter_sent_is_what_the_triager_reads(here: Installation, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"a photo" * 50_000)

    sent = here.reporter().submit(DOCUMENT, [photo])
    opened = triage.open_(here.staff("anna"), sent.report)

    assert opened.report.form.text == DOCUMENT["text"]
    assert opened.report.form.answers == DOCUMENT["answers"]
    assert [each.name for each in opened.report.attachments] == ["photo.jpg"]
    assert not sent.not_arrived
    assert not opened.missing


def test_an_attachment_comes_out_as_it_went_in(here: Installation, tmp_path: Path) -> None:
    recording = tmp_path / "recording.ogg"
    recording.write_bytes(bytes(range(256)) * 1000)
    sent = here.reporter().submit(DOCUMENT, [recording])
    anna = here.staff("anna")
    opened = triage.open_(anna, sent.report)

    with (tmp_path / "read").open("wb") as sink:
        triage.save_attachment(anna, opened, opened.report.attachments[0], sink)

    assert (tmp_path / "read").read_bytes() == recording.read_bytes()


def test_whoever_stops_while_files_go_has_the_receipt_of_the_report_that_arrived(
    here: Installation, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"a photo")
    told: list[Submitted] = []

    def stop(submitted: Submitted) -> None:
        told.append(submitted)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        here.reporter().submit(DOCUMENT, [photo], tell=stop)

    [submitted] = told
    assert submitted.is_certain
    assert here.reporter().mailbox(receipts.read(submitted.receipt)).thread_state
    assert [each.name for each in triage.open_(here.staff("anna"), submitted.report).missing] == ["photo.jpg"]


def test_progress_ends_with_everything_sent(here: Installation, tmp_path: Path) -> None:
    small = tmp_path / "small.txt"
    small.write_text("small")
    heard: list[tuple[int, int]] = []

    here.reporter().submit(DOCUMENT, [small], progress=lambda sent, whole: heard.append((sent, whole)))

    assert heard[-1][0] == heard[-1][1]
    assert heard == sorted(heard)


def test_an_answer_that_is_of_no_list_is_not_sent(here: Installation) -> None:
    with pytest.raises(Unsendable, match="where_now"):
        here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "days", "where_now": "Narnia"}})


def test_a_file_that_finds_no_room_is_told_with_its_reason_and_its_report_is_there(
    here: Installation, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("a note")
    full = Settings(data_dir=here.directory / "server", demo=True, demo_clock=here.clock, free_space_floor=2**60)
    left: list[str] = []

    with serving(full, tmp_path / "built") as server, Reporter(server, here.pin, clock=here.now) as reporter:
        sent = reporter.submit(DOCUMENT, [note], leave=lambda each: left.append(each.why))

    assert (sent.not_arrived, left) == ((note,), ["there is no room for files just now, but there is for words"])
    assert here.reporter().mailbox(receipts.read(sent.receipt)).state is ReportState.RECEIVED


def test_a_file_that_cannot_go_never_keeps_the_report_back(here: Installation, tmp_path: Path) -> None:
    film, pipe, gone, locked = (tmp_path / name for name in ("film.mp4", "pipe", "gone.jpg", "album"))
    with film.open("wb") as file:
        file.truncate(100_000_001)
    os.mkfifo(pipe)
    locked.mkdir()
    many = [tmp_path / f"{number}.txt" for number in range(ATTACHMENTS)]
    for each in many:
        each.write_text("a note")
    named = tmp_path / os.fsdecode(b"r\xe9sum\xe9 \xf0.pdf")
    named.write_text("a note")
    empty = tmp_path / "empty"
    empty.touch()
    left: dict[str, str] = {}

    sent = here.reporter().submit(
        DOCUMENT,
        [film, pipe, gone, locked, named, empty, *many],
        leave=lambda each: left.update({each.source.name: each.why}),
    )

    behind = [film, pipe, gone, locked, *many[-2:]]
    assert sent.not_arrived == tuple(behind)
    assert list(left) == [each.name for each in behind]
    assert "100000000 bytes" in left["film.mp4"]
    assert f"at most {ATTACHMENTS} files" in left[many[-1].name]
    anna = here.staff("anna")
    opened = triage.open_(anna, sent.report)
    assert [each.name for each in opened.report.attachments][:3] == ["r_sum_ _.pdf", "empty", "0.txt"]
    assert not opened.missing


@pytest.mark.parametrize("text", ["x" * 2**20, "half of a sign \ud83d"])
def test_words_that_cannot_be_sealed_are_told_before_anything_is_sent(here: Installation, text: str) -> None:
    with pytest.raises((TooLong, Unsendable)):
        here.reporter().submit({**DOCUMENT, "text": text})


def test_a_mailbox_tells_state_and_replies(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)
    anna = here.staff("anna")
    triage.claim(anna, triage.view(anna, sent.report))
    words = "We have read this. " * 200
    triage.answer(anna, triage.open_(anna, sent.report), words)

    found = here.reporter().mailbox(receipts.read(sent.receipt))

    assert found.state is ReportState.IN_TRIAGE
    assert [(reply.number, reply.text) for reply in found.replies] == [(1, words)]


def test_replies_that_were_read_make_room_and_others_do_not(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)
    words, anna = receipts.read(sent.receipt), here.staff("anna")
    triage.claim(anna, triage.view(anna, sent.report))
    opened = triage.open_(anna, sent.report)
    of_two_parts = "and more " * 150
    for number in range(STAFF_SLOTS // 2):
        opened = triage.answer(anna, opened, f"{number} {of_two_parts}")

    with pytest.raises(Refused) as unread:
        triage.answer(anna, opened, "One more.")
    here.reporter().answer(words, "I have read all of it.")
    for number in range(STAFF_SLOTS):
        opened = triage.answer(anna, opened, f"Short {number}")
    with pytest.raises(Refused) as unread_again:
        triage.answer(anna, opened, "One more.")

    assert unread.value.type == unread_again.value.type == "mailbox-full"
    assert unread.value.extensions["free"] == 0
    found = here.reporter().mailbox(words)
    assert [reply.text for reply in found.replies] == [f"Short {number}" for number in range(STAFF_SLOTS)]


def test_replies_of_colleagues_who_took_the_same_number_are_both_shown(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)
    anna = here.staff("anna")
    triage.claim(anna, triage.view(anna, sent.report))
    opened = triage.open_(anna, sent.report)
    triage.answer(anna, opened, "one " * 400)
    triage.release(anna, triage.view(anna, sent.report))
    emil = here.staff("emil")
    triage.claim(emil, triage.view(emil, sent.report))
    with (
        httpx2.HTTPTransport() as honest,
        httpx2.Client(transport=(evil := EvilServer(honest)), base_url=here.server) as http,
    ):
        evil.lies[f"/v1/reports/{sent.report}/replies"] = in_json(lambda answer: answer.update(items=[]))
        misled = Staff(here.machine("emil"), PASSPHRASE, http=http, clock=here.now)
        triage.answer(misled, triage.open_(misled, sent.report), "two " * 400)

    found = here.reporter().mailbox(receipts.read(sent.receipt))

    assert [reply.text for reply in found.replies] == ["one " * 400, "two " * 400]


def test_the_words_of_another_receipt_open_nothing(here: Installation) -> None:
    here.reporter().submit(DOCUMENT)

    with pytest.raises(NoSuchMailbox):
        here.reporter().mailbox(Receipt.generate())


def test_answers_reach_the_triager_in_their_order(here: Installation, tmp_path: Path) -> None:
    sent = here.reporter().submit(DOCUMENT)
    receipt = receipts.read(sent.receipt)
    letter = tmp_path / "letter.txt"
    letter.write_text("a letter")

    here.reporter().answer(receipt, "first")
    here.reporter().answer(receipt, "second", [letter])
    anna = here.staff("anna")
    thread = triage.thread(anna, triage.open_(anna, sent.report))

    assert [each.content.text for each in thread.messages] == ["first", "second"]
    assert [each.name for each in thread.messages[1].content.attachments] == ["letter.txt"]
    assert not thread.missing
    assert not thread.repeated


def test_messages_of_devices_that_did_not_know_of_each_other_are_all_shown_in_the_order_of_their_days(
    here: Installation,
) -> None:
    sent = here.reporter().submit(DOCUMENT)
    receipt = receipts.read(sent.receipt)
    texts = [f"of day {number}" for number in range(5)]
    with (
        httpx2.HTTPTransport() as honest,
        httpx2.Client(transport=(evil := EvilServer(honest)), base_url=here.server) as http,
    ):
        shown = list[bytes]()

        def as_at_first(content: bytes) -> bytes:
            shown.append(content)
            return shown[0] if len(shown) % 2 else content  # each device reads, and then writes

        evil.lies["/v1/mailbox"] = as_at_first
        for text in texts:
            with Reporter(here.server, here.pin, http=http, clock=here.now) as device:
                device.answer(receipt, text)
            here.pass_(timedelta(days=1))
    anna = here.staff("anna")
    thread = triage.thread(anna, triage.open_(anna, sent.report))

    assert [each.content.text for each in thread.messages] == texts
    assert (thread.repeated, thread.missing, thread.spoiled) == ((1,), (), ())


def test_a_changed_consent_reaches_the_triager_and_the_route(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)
    receipt = receipts.read(sent.receipt)

    here.reporter().change_consent(receipt, ConsentScope.STATISTICS, given=False)
    anna = here.staff("anna")
    thread = triage.thread(anna, triage.open_(anna, sent.report))
    thread_state = here.reporter().mailbox(receipt).thread_state

    assert thread.consents == {ConsentScope.STATISTICS: False}
    assert thread_state
    assert {each.scope: each.given for each in thread_state.consents}[ConsentScope.STATISTICS] is False


def test_a_report_that_was_taken_back_is_destroyed(here: Installation) -> None:
    receipt = receipts.read(here.reporter().submit(DOCUMENT).receipt)

    here.reporter().withdraw(receipt)
    found = here.reporter().mailbox(receipt)

    assert found.state is ReportState.WITHDRAWN
    assert found.thread_state is None
    with pytest.raises(NotTaken):
        here.reporter().answer(receipt, "wait")


def test_taking_back_again_changes_nothing(here: Installation) -> None:
    receipt = receipts.read(here.reporter().submit(DOCUMENT).receipt)

    for _ in range(2):
        here.reporter().withdraw(receipt)

    assert here.reporter().mailbox(receipt).state is ReportState.WITHDRAWN


def test_one_wrong_mac_keeps_nobody_from_reading_answering_and_withdrawing(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)
    words, anna = receipts.read(sent.receipt), here.staff("anna")
    triage.claim(anna, triage.view(anna, sent.report))
    answered = triage.answer(anna, triage.open_(anna, sent.report), "We believe you.")
    to = answered.mailbox
    header = Header.new(
        "message.staff",
        sent.report,
        StaffMessage(2, None, 1, 1, "Call this number.").body(),
        org=here.pin,
        author=None,
        at=anna.hour,
        to=to,
    )
    wrong = seal(maced(header, bytes(32)), to)
    request = {"slots": [b64(wrong)], "copy": factories.in_json(Kind.MESSAGE)}
    anna.service.post(f"/reports/{sent.report}/messages", request, version=answered.view.version)

    found = here.reporter().mailbox(words)
    here.reporter().answer(words, "Thank you.")
    here.reporter().change_consent(words, ConsentScope.STATISTICS, given=False)
    here.reporter().withdraw(words)

    assert [reply.text for reply in found.replies] == ["We believe you."]
    assert found.not_authentic == (4,)
    assert here.reporter().mailbox(words).state is ReportState.WITHDRAWN


def test_one_junk_post_keeps_no_staff_from_the_report_and_its_thread(here: Installation) -> None:
    """Whoever has the mailbox token alone can post it: it stands beside what the reporter wrote."""
    sent = here.reporter().submit(DOCUMENT)
    words, anna = receipts.read(sent.receipt), here.staff("anna")
    triage.claim(anna, triage.view(anna, sent.report))
    here.reporter().answer(words, "They are at the door.")
    [message, slot] = [
        age.encrypt(bytes(classes(kind)[0]), [age.generate().recipient]) for kind in (Kind.MESSAGE, Kind.SLOT)
    ]
    line = canonical({"v": 1, "kind": "message", "id": new_id("msg")}) + b"\n"
    authorization = {"Authorization": f"Bearer {b64(words.token)}"}
    with closing(Service(here.server)) as thief:
        thief.send("POST", "/mailbox", line + message + slot, authorization, limit=ANSWER_LIMIT)

    opened = triage.open_(anna, sent.report)
    thread = triage.thread(anna, opened)
    triage.answer(anna, opened, "We are coming.")

    assert [each.content.text for each in thread.messages] == ["They are at the door."]
    assert [each.problem for each in thread.spoiled] == ["does not open"]
    assert [reply.text for reply in here.reporter().mailbox(words).replies] == ["We are coming."]
