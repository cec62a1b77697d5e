"""A network that loses answers and a service that lies: nothing is sent twice, and nothing false is believed."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app import age
from app.client.casework import triage
from app.client.intake import epochs
from app.protocol import mailbox, receipt
from app.protocol.documents import Header, maced, recipient_sha256, seal
from app.protocol.mailbox import SLOT_SIZE, StaffMessage
from app.protocol.sizes import Kind, ciphertext_sizes
from tests.client.installation import Installation
from tests.web.between import Between
from tests.web.conftest import OpenPage
from tests.web.page import Page, PageFailure

FORM: dict[str, Any] = {"language": "en", "text": "They wrote to my mother.", "answers": {"danger_now": "days"}}
REPORT, MAILBOX = ("PUT", "/v1/report"), ("POST", "/v1/mailbox")
TRIES = 3


def reports(here: Installation) -> set[str]:
    return {each.id for each in triage.list_(here.staff("anna"))}


def failure_of(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(PageFailure) as failure:
        act()
    return failure.value.kind, failure.value.reason


def test_a_report_whose_answer_got_lost_is_there_once(here: Installation, road: Between, new_page: OpenPage) -> None:
    before, page = reports(here), new_page()
    road.losing[REPORT] = TRIES

    first = failure_of(lambda: page.submit(FORM))
    perhaps = page.perhaps_stored()
    road.losing[REPORT] = 1
    sent = page.submit(FORM)

    assert first[0] == "unreachable"
    assert sent == {**perhaps, "earlier": False}
    assert page.perhaps_stored() is None
    assert len(reports(here) - before) == 1
    assert len({body for method, path, _, body in road.heard if (method, path) == REPORT}) == 1
    assert new_page().open_(sent["words"])["open"] is True


def test_what_was_changed_after_a_lost_answer_is_known_to_be_missing(
    here: Installation, road: Between, new_page: OpenPage, tmp_path: Path
) -> None:
    listed, added = tmp_path / "listed.jpg", tmp_path / "added.jpg"
    listed.write_bytes(b"listed")
    added.write_bytes(b"added")
    before, page, anna = reports(here), new_page(), here.staff("anna")
    road.losing[REPORT] = TRIES

    failure_of(lambda: page.submit(FORM, [listed]))
    sent = page.submit({**FORM, "text": "And to my father."}, [listed, added])
    missing = page.send_files()
    [report] = reports(here) - before
    triage.claim(anna, triage.view(anna, report))
    opened = triage.open_(anna, report)

    assert sent["earlier"] is True
    assert missing["places"] == [1]
    assert opened.report.form.text == FORM["text"]
    assert [each.name for each in opened.report.attachments] == ["listed.jpg"]
    assert not opened.missing
    assert page.send_files()["places"] == [1]


def test_a_message_whose_answer_got_lost_is_sent_once_and_a_changed_one_is_another(
    here: Installation, road: Between, new_page: OpenPage, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    before, page, anna = reports(here), new_page(), here.staff("anna")
    page.open_(page.submit(FORM)["words"])
    [report] = reports(here) - before

    for text in ("first", "second"):
        # What is read before a post arrives; the answers of the post are lost.
        road.lies["/v1/mailbox"] = _lose_posts(road)
        assert failure_of(partial(page.answer, text, [photo]))[0] == "unreachable"
        del road.lies["/v1/mailbox"]
    again = page.answer("second", [photo])
    thread = triage.thread(anna, triage.open_(anna, report))

    assert again["written"] == 2
    assert [each.content.text for each in thread.messages] == ["first", "second"]
    assert (thread.missing, thread.repeated) == ((), ())


def test_a_report_to_an_epoch_that_has_ended_is_sealed_to_the_next(
    here: Installation, road: Between, new_page: OpenPage
) -> None:
    before, page = reports(here), new_page()
    page.intake()
    epochs.rotate(here.staff("sara"))
    road.refusing[REPORT] = 409, "epoch-closed"

    page.submit(FORM)

    sealed_to = [
        json.loads(body.split(b"\n")[0])["epoch"] for method, path, _, body in road.heard if (method, path) == REPORT
    ]
    assert len(set(sealed_to)) == 2
    assert len(reports(here) - before) == 1


@pytest.mark.parametrize(
    ("status", "type_", "kind"),
    [
        (429, "too-many", "busy"),
        (503, "intake-busy", "busy"),
        (413, "too-large", "too-large"),
        (409, "epoch-closed", "closed"),
        (422, "not-an-envelope", "refused"),
        (502, "", "unreachable"),
    ],
)
def test_a_refusal_is_told_as_what_can_be_done(
    road: Between, new_page: OpenPage, status: int, type_: str, kind: str
) -> None:
    page = new_page()
    page.intake()
    road.lies["/v1/report"] = lambda _: b""
    always = _Always((status, type_))
    road.refusing = always

    assert failure_of(lambda: page.submit(FORM))[0] == kind
    # Words are shown of what may have arrived, and of nothing else.
    assert (page.perhaps_stored() is not None) == (kind == "unreachable")


@pytest.mark.parametrize(("status", "type_", "kind"), [(404, "not-open", "closed"), (409, "no-root-yet", "not-set-up")])
def test_a_service_that_takes_nothing_yet_says_so(
    road: Between, new_page: OpenPage, status: int, type_: str, kind: str
) -> None:
    road.refusing["GET", "/v1/intake"] = status, type_

    assert failure_of(new_page().intake) == (kind, type_)


def test_a_clock_off_by_a_year_is_told_of(here: Installation, new_page: OpenPage) -> None:
    for days in (-365, 365):
        page = new_page(now=here.now() + timedelta(days=days))
        assert failure_of(partial(page.submit, FORM)) == ("clock", "epoch-days")


def test_another_root_is_not_believed(new_page: OpenPage) -> None:
    assert failure_of(new_page(pin="0" * 64).intake) == ("not-authentic", "pin")


@pytest.mark.parametrize(
    ("path", "lie", "reason"),
    [
        ("/v1/intake", lambda content: content.replace(rb"\"notice\":\"", rb"\"notice\":\"x"), "intake"),
        ("/v1/intake", lambda content: content.replace(b'"hash":"', b'"hash":"0'), "malformed"),
        (
            "/v1/intake",
            lambda content: re.sub(rb'"key":"[^"]*"', b'"key":"' + b"A" * 43 + b'"', content),
            "key-log-head",
        ),
        ("/v1/intake", lambda _: b"<html>", "malformed"),
        ("/v1/key-log", lambda content: content[:-1], "malformed"),
        ("/v1/key-log", lambda content: _in_last_line(content, rb"\"notice\":\"", rb"\"notice\":\"x"), "signature"),
        ("/v1/key-log", lambda content: content.partition(b"\n")[2], "key-log"),
    ],
    ids=["document", "head", "service-key", "page", "line-feed", "line", "root"],
)
def test_an_intake_document_that_nobody_signed_is_not_believed(
    road: Between, new_page: OpenPage, path: str, lie: Callable[[bytes], bytes], reason: str
) -> None:
    road.lies[path] = lambda content: lie(content) if content else content

    assert failure_of(new_page().intake) == ("not-authentic", reason)


def test_an_older_key_log_is_noticed(road: Between, here: Installation, new_page: OpenPage) -> None:
    page = new_page()
    page.intake()
    older = {path: content for path, content in road.told if content}
    epochs.rotate(here.staff("sara"))
    page.intake()
    road.lies = {path: partial(_once_more, told) for path, told in older.items()}

    assert failure_of(page.intake) == ("not-authentic", "key-log")


@pytest.mark.parametrize("by_staff", [False, True], ids=["nobody of staff", "somebody with the thread key"])
def test_an_authentic_reply_alone_leads_what_a_reporter_writes_elsewhere(
    here: Installation, road: Between, new_page: OpenPage, *, by_staff: bool
) -> None:
    """A reply proves that its writer has read the report; staff are shown what comes under another key than theirs."""
    before, (words, page), anna = reports(here), _sent(here, new_page), here.staff("anna")
    [report] = reports(here) - before
    key = receipt.read(words).thread_key if by_staff else bytes(32)
    slot = _slot_of_staff(here, words, thread_key=key, write_to=str(age.generate().recipient))
    road.lies["/v1/mailbox"] = lambda answer: answer[: 2 * SLOT_SIZE] + slot + answer[3 * SLOT_SIZE :]

    found = page.open_(words)
    page.answer("To the team.")

    assert (len(found["replies"]), found["notAuthentic"]) == ((1, []) if by_staff else (0, [3]))
    thread = triage.thread(anna, triage.open_(anna, report))
    read = [each.content.text for each in thread.messages], [each.problem for each in thread.spoiled]
    assert read == (([], ["does not open"]) if by_staff else (["To the team."], []))


def test_a_mailbox_without_a_state_is_that_of_a_report_to_which_nothing_has_happened(
    here: Installation, road: Between, new_page: OpenPage
) -> None:
    words, page = _sent(here, new_page)
    road.lies["/v1/mailbox"] = lambda answer: answer[:SLOT_SIZE] + answer[-SLOT_SIZE:] + answer[2 * SLOT_SIZE :]

    found = page.open_(words)

    assert (found["state"], found["open"]) == ("received", True)


def test_an_older_route_is_noticed(here: Installation, road: Between, new_page: OpenPage) -> None:
    words, page = _sent(here, new_page)
    page.open_(words)
    _, older = road.told[-1]
    page.answer("one")
    road.lies["/v1/mailbox"] = partial(_once_more, older)

    assert failure_of(page.withdraw) == ("not-authentic", "version")


@pytest.mark.parametrize(
    ("lie", "slots"),
    [
        (lambda answer: bytes(len(answer)), [*range(1, 17)]),
        (lambda answer: answer[: SLOT_SIZE - 1] + bytes([answer[SLOT_SIZE - 1] ^ 1]) + answer[SLOT_SIZE:], [1]),
        (lambda answer: answer[SLOT_SIZE : 2 * SLOT_SIZE] + answer[:SLOT_SIZE] + answer[2 * SLOT_SIZE :], [2]),
    ],
    ids=["all", "the memory", "the memory in the place of the state"],
)
def test_slots_that_were_changed_are_not_believed(
    here: Installation, road: Between, new_page: OpenPage, lie: Callable[[bytes], bytes], slots: list[int]
) -> None:
    words, page = _sent(here, new_page)
    road.lies["/v1/mailbox"] = lie

    found = page.open_(words)

    assert (found["notAuthentic"], found["open"]) == (slots, 1 in slots)


def test_an_answer_that_is_no_mailbox_is_refused(here: Installation, road: Between, new_page: OpenPage) -> None:
    words, page = _sent(here, new_page)
    road.lies["/v1/mailbox"] = lambda answer: answer[:-1]

    assert failure_of(lambda: page.open_(words)) == ("not-authentic", "malformed")


def test_nothing_that_was_typed_and_no_receipt_is_in_what_is_sent(
    road: Between, new_page: OpenPage, tmp_path: Path
) -> None:
    photo = tmp_path / "the man.jpg"
    photo.write_bytes(b"plate number" * 100)
    page = new_page()

    sent = page.submit({**FORM, "answers": {"danger_now": "now", "when": "on Tuesday"}}, [photo])
    page.send_files()
    page.open_(sent["words"])
    page.answer("His number is 12345.", [photo])
    page.send_files()
    page.withdraw()

    secret = receipt.read(sent["words"])
    words = [
        FORM["text"],
        "Tuesday",
        "12345",
        "the man",
        "plate",
        sent["words"],
        secret.secret.hex(),
        str(secret.identity),
    ]
    for method, path, headers, body in road.heard:
        whole = f"{method} {path} {headers}".encode() + body
        for word in words:
            assert word.encode() not in whole
        assert "cookie" not in headers.lower()
        assert "referer" not in headers.lower()
    sizes = {len(body) for method, _, _, body in road.heard if method == "POST" and body}
    lengths = {size for kind in (Kind.MESSAGE, Kind.SLOT) for size in ciphertext_sizes(kind)}
    assert sizes
    assert all(any(0 <= size - length - SLOT_SIZE < 150 for length in lengths) or size < 150 for size in sizes)


def _once_more(older: bytes, content: bytes) -> bytes:
    """What was told before; the end of a list is still its end."""
    return older if content else content


def _in_last_line(content: bytes, old: bytes, new: bytes) -> bytes:
    before, line_feed, last = content[:-1].rpartition(b"\n")
    return before + line_feed + last.replace(old, new) + b"\n"


class _Always(dict[tuple[str, str], tuple[int, str]]):
    """The same refusal of every report."""

    def __init__(self, refusal: tuple[int, str]) -> None:
        super().__init__()
        self._refusal = refusal

    def __contains__(self, asked: object) -> bool:
        return asked == REPORT

    def pop(self, *_: object) -> tuple[int, str]:
        return self._refusal


def _lose_posts(road: Between) -> Callable[[bytes], bytes]:
    """From the first post on, all its answers."""

    def lose(answer: bytes) -> bytes:
        road.losing[MAILBOX] = TRIES
        return answer

    return lose


def _sent(here: Installation, new_page: OpenPage) -> tuple[str, Page]:
    page = new_page()
    words: str = page.submit(FORM)["words"]
    return words, page


def _slot_of_staff(here: Installation, words: str, *, thread_key: bytes, write_to: str) -> bytes:
    secret = receipt.read(words)
    recipient = secret.identity.recipient
    thread_state = here.reporter().mailbox(secret).thread_state
    assert thread_state
    header = Header(
        type="message.staff",
        org=here.pin,
        subject=thread_state.report,
        version=1,
        previous=None,
        generation=None,
        sealed_to=recipient_sha256(recipient),
        author=None,
        at=here.now().strftime("%Y-%m-%dT%H:00Z"),
        body=StaffMessage(1, None, 1, 1, "Write here from now on.", write_to).body(),
    )
    slot = seal(maced(header, thread_key), recipient)
    assert len(slot) == mailbox.SLOT_SIZE
    return slot
