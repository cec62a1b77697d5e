"""The mailbox over HTTP: what a reporter finds, and what a post does."""

import secrets
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.database import Database
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.mailbox.models import Message, Slot
from app.intake.mailbox.service import MailboxFull
from app.intake.posts.service import MOVES, ReporterAct
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.protocol.encoding import b64, new_id
from app.protocol.errors import NotMine
from app.protocol.mailbox import SLOT_SIZE, SLOTS, MessageKind, ThreadState, read_state
from app.protocol.opening import Asked, Opened, open_document
from app.vocabulary import ReportState
from tests.intake.posts.conftest import ask
from tests.intake.scene import READ, Reporter, slots

if TYPE_CHECKING:
    from app.http import Api
    from app.intake.posts.state import Posts


def opened(reporter: Reporter, slot: bytes, type_: str) -> Opened:
    asked = Asked(type_, reporter.epoch.org, reporter.id)
    return open_document(slot, reporter.receipt.identity, asked, thread_key=reporter.receipt.thread_key)


def route_number(client: TestClient, reporter: Reporter) -> int:
    slot = slots(ask(client, reporter.token).content)[0]
    return ThreadState.read(dict(opened(reporter, slot, "thread-state").body)).number


def shown_state(client: TestClient, reporter: Reporter) -> ReportState:
    slot = slots(ask(client, reporter.token).content)[1]
    return read_state(dict(opened(reporter, slot, "state").body))


def move(database: Database, reporter: Reporter, *states: ReportState, today: date) -> None:
    for state in states:
        with database.write() as session:
            lifecycle.change_state(session, reports.get(session, reporter.id), state, today=today)


def test_the_holder_of_the_receipt_finds_the_route(client: TestClient, sent: Reporter) -> None:
    assert route_number(client, sent) == 0


def test_a_state_lies_in_the_mailbox_from_the_first_change_on(
    client: TestClient, sent: Reporter, database: Database, today: date
) -> None:
    before = slots(ask(client, sent.token).content)[1]
    move(database, sent, ReportState.IN_TRIAGE, today=today)
    first = opened(sent, slots(ask(client, sent.token).content)[1], "state").document.header

    with pytest.raises(NotMine):
        opened(sent, before, "state")
    assert (first.version, first.previous, read_state(dict(first.body))) == (1, None, ReportState.IN_TRIAGE)


def test_a_known_and_an_unknown_mailbox_answer_alike(client: TestClient, sent: Reporter) -> None:
    known, unknown = ask(client, sent.token), ask(client, b64(secrets.token_bytes(32)))

    for answer in (known, unknown):
        answer.headers.pop("X-Request-Id")
        assert len(answer.content) == SLOTS * SLOT_SIZE
        for slot in slots(answer.content):
            age.check_envelope(slot, sizes=(SLOT_SIZE,))
    assert (known.status_code, dict(known.headers)) == (unknown.status_code, dict(unknown.headers))


def test_reading_asks_the_database_the_same_for_any_token(
    client: TestClient, sent: Reporter, statements: list[str]
) -> None:
    ask(client, sent.token).raise_for_status()
    known = statements.copy()
    statements.clear()
    ask(client, b64(secrets.token_bytes(32))).raise_for_status()

    assert statements == known
    assert known


def test_reading_finds_as_many_rows_for_any_token(client: TestClient, sent: Reporter, statements: list[str]) -> None:
    ask(client, sent.token).raise_for_status()

    assert any("token_sha256 >=" in each for each in statements)
    assert not any("token_sha256 =" in each for each in statements)


def test_a_post_costs_an_unknown_token_as_many_writes(
    client: TestClient, sent: Reporter, statements: list[str]
) -> None:
    ask(client, sent.token, sent.post()).raise_for_status()
    statements.clear()
    ask(client, sent.token, sent.post()).raise_for_status()
    known = statements.copy()
    statements.clear()
    ask(client, b64(secrets.token_bytes(32)), sent.post()).raise_for_status()

    assert statements == known


def test_a_withdrawal_without_the_secret_costs_what_a_message_does_for_any_token(
    client: TestClient, sent: Reporter, statements: list[str]
) -> None:
    ask(client, sent.token, sent.post()).raise_for_status()
    stranger, secret = b64(secrets.token_bytes(32)), b64(secrets.token_bytes(32))
    asked = []
    for token, body in (
        (sent.token, sent.post()),
        (sent.token, sent.post(MessageKind.WITHDRAW, secret=secret)),
        (stranger, sent.post(MessageKind.WITHDRAW, secret=secret)),
        (stranger, sent.post(MessageKind.WITHDRAW)),
    ):
        statements.clear()
        ask(client, token, body).raise_for_status()
        asked.append(statements.copy())

    assert asked == [asked[0]] * 4


def test_empty_slots_are_the_same_at_every_reading(client: TestClient, sent: Reporter) -> None:
    token = b64(secrets.token_bytes(32))

    assert ask(client, token).content == ask(client, token).content
    assert slots(ask(client, sent.token).content)[2:] == slots(ask(client, sent.token).content)[2:]


def test_a_message_is_kept_and_shows_in_the_route(client: TestClient, rows: Session, sent: Reporter) -> None:
    answer = ask(client, sent.token, sent.post())

    assert answer.status_code == 200
    assert route_number(client, sent) == 1
    message = rows.scalars(select(Message)).one()
    assert (message.report_id, message.kind, message.received_on) == (sent.id, MessageKind.MESSAGE, sent.day)


def test_a_repeated_post_changes_nothing_and_an_old_one_brings_no_old_route_back(
    client: TestClient, rows: Session, sent: Reporter
) -> None:
    first, second = sent.post(), sent.post()

    for body in (first, second, first):
        ask(client, sent.token, body)

    assert route_number(client, sent) == 2
    assert len(rows.scalars(select(Message)).all()) == 2


def test_the_id_of_anothers_message_is_refused(client: TestClient, rows: Session, sent: Reporter) -> None:
    other = Reporter(sent.epoch, sent.day)
    client.put("/v1/report", content=other.body(), headers=other.headers).raise_for_status()
    taken = new_id("msg")
    ask(client, other.token, other.post(id_=taken))

    ask(client, sent.token, sent.post(id_=taken))

    assert route_number(client, sent) == 0
    assert rows.scalars(select(Message)).one().report_id == other.id


def test_a_change_of_a_consent_names_it(client: TestClient, rows: Session, sent: Reporter) -> None:
    consent = new_id("cons")

    ask(client, sent.token, sent.post(MessageKind.CONSENT, consent=consent))

    message = rows.scalars(select(Message)).one()
    assert (message.kind, message.consent_id) == (MessageKind.CONSENT, consent)


def test_a_withdrawal_stops_the_work_at_once(client: TestClient, rows: Session, sent: Reporter, today: date) -> None:
    ask(client, sent.token, sent.post(MessageKind.WITHDRAW))

    report = rows.get_one(Report, sent.id)
    assert (report.state, report.withdrawn_on) == (ReportState.WITHDRAWN, today)
    assert shown_state(client, sent) is ReportState.WITHDRAWN


def test_after_a_withdrawal_nothing_more_is_taken(client: TestClient, rows: Session, sent: Reporter) -> None:
    rows.get_one(Report, sent.id).case_id = new_id("case")
    rows.commit()
    ask(client, sent.token, sent.post(MessageKind.WITHDRAW))

    ask(client, sent.token, sent.post())

    assert route_number(client, sent) == 1
    assert rows.scalars(select(Message.kind)).all() == [MessageKind.WITHDRAW]


@pytest.mark.parametrize("state", list(ReportState))
@pytest.mark.parametrize("kind", [MessageKind.MESSAGE, MessageKind.WITHDRAW])
def test_an_act_moves_a_report_as_the_table_says(
    client: TestClient, rows: Session, sent: Reporter, state: ReportState, kind: MessageKind
) -> None:
    rows.get_one(Report, sent.id).state = state
    rows.commit()

    ask(client, sent.token, sent.post(kind))

    rows.expire_all()
    assert rows.get_one(Report, sent.id).state is MOVES.get((kind, state), state)


def test_a_reply_ends_the_waiting(
    client: TestClient, database: Database, rows: Session, sent: Reporter, today: date
) -> None:
    move(database, sent, ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER, today=today)

    ask(client, sent.token, sent.post())

    assert rows.get_one(Report, sent.id).state is ReportState.IN_TRIAGE
    assert shown_state(client, sent) is ReportState.IN_TRIAGE


def test_a_duplicate_reads_like_an_accepted_report(
    client: TestClient, database: Database, sent: Reporter, today: date
) -> None:
    move(database, sent, ReportState.IN_TRIAGE, ReportState.DUPLICATE, today=today)

    assert shown_state(client, sent) is ReportState.ACCEPTED


def test_each_state_follows_from_the_one_before(
    client: TestClient, database: Database, sent: Reporter, today: date
) -> None:
    move(database, sent, ReportState.IN_TRIAGE, today=today)
    before = opened(sent, slots(ask(client, sent.token).content)[1], "state")
    move(database, sent, ReportState.ACCEPTED, today=today)

    after = opened(sent, slots(ask(client, sent.token).content)[1], "state")

    assert (before.document.header.version, after.document.header.version) == (1, 2)
    assert after.document.header.previous == before.sha256


def test_casework_hears_of_an_act_once_and_in_its_transaction(client: TestClient, sent: Reporter) -> None:
    heard: list[tuple[str, MessageKind]] = []

    def hear(_: Session, act: ReporterAct) -> None:
        heard.append((act.report.id, act.kind))

    app = cast("Api", client.app)
    app.state = replace(cast("Posts", app.state), acted=(hear,))
    body = sent.post(MessageKind.WITHDRAW)

    ask(client, sent.token, body)
    ask(client, sent.token, body)
    ask(client, b64(secrets.token_bytes(32)), sent.post())

    assert heard == [(sent.id, MessageKind.WITHDRAW)]


def test_a_message_of_staff_fills_free_slots_or_none(
    client: TestClient, database: Database, sent: Reporter, today: date
) -> None:
    part = sent.thread_state()  # any file of a slot's length
    with database.write() as session:
        mailbox.put_staff_slots(session, sent.id, [part] * 13, reply=1, today=today)

    with pytest.raises(MailboxFull), database.write() as session:
        mailbox.put_staff_slots(session, sent.id, [part] * 2, reply=2, today=today)
    with database.write() as session:
        mailbox.put_staff_slots(session, sent.id, [part], reply=2, today=today)

    assert slots(ask(client, sent.token).content)[2:] == [part] * 14


def test_replies_lie_sixty_days(
    client: TestClient, database: Database, rows: Session, sent: Reporter, today: date
) -> None:
    with database.write() as session:
        mailbox.put_staff_slots(session, sent.id, [sent.thread_state()], reply=1, today=today)

    left = []
    for days in (60, 61):
        with database.write() as session:
            mailbox.drop_old_replies(session, today + timedelta(days=days))
        left.append(sorted(rows.scalars(select(Slot.number))))

    assert left == [[1, 3], [1]]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "invalid-request"),
        (READ + b"more", "invalid-request"),
        (b'{"v":2,"kind":"read"}\n', "invalid-request"),
        (b'{"v":true,"kind":"read"}\n', "invalid-request"),
        (b'{"v":1,"kind":"read","kind":"read"}\n', "invalid-request"),
        (b'{"v":1,"kind":"forget","id":"msg_' + b"0" * 32 + b'"}\n', "invalid-request"),
        (b'{"v":1,"kind":"message","id":"msg_1"}\n', "invalid-request"),
        (b'{"v":1,"kind":"consent","id":"msg_' + b"0" * 32 + b'"}\n', "invalid-request"),
        (b'{"v":1,"kind":"message","id":"msg_' + b"0" * 32 + b'"}\n', "not-an-envelope"),
        (b'{"v":1,"kind":"withdraw","id":"msg_' + b"0" * 32 + b'"}\n' + bytes(2 * SLOT_SIZE), "not-an-envelope"),
    ],
)
def test_what_has_another_form_is_refused_whoever_sends_it(
    client: TestClient, sent: Reporter, body: bytes, problem: str
) -> None:
    for token in (sent.token, b64(secrets.token_bytes(32))):
        answer = ask(client, token, body)

        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{problem}")


def test_a_mailbox_needs_a_token(client: TestClient, sent: Reporter) -> None:
    answer = client.post("/v1/mailbox", content=READ, headers={"Content-Type": "application/octet-stream"})

    assert answer.status_code == 401
