"""What a mailbox takes in a day: its own, nobody else's, and alike for a token that opens nothing."""

import secrets
from datetime import UTC, date, datetime, time, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.database import Database
from app.intake.mailbox.models import Message
from app.intake.posts import budget
from app.intake.posts.models import Posted
from app.intake.reports.models import Report
from app.protocol.encoding import b64, sha256_hex
from app.protocol.mailbox import MessageKind
from app.vocabulary import ReportState
from tests.intake.posts.conftest import ask
from tests.intake.scene import Reporter, slots

FULL = {"posts": budget.POSTS, "size": 0}
HEAVY = {"posts": 1, "size": budget.SIZE}


def spent(rows: Session, token: str, on: date, **counts: int) -> None:
    """So much was posted under the token on this day."""
    rows.add(Posted(token_sha256=sha256_hex(token.encode()), day=on, **counts))
    rows.commit()


def refused(answer: Response) -> bool:
    return (answer.status_code, answer.json()["type"]) == (429, "/problems/enough-for-today")


@pytest.mark.parametrize("counts", [FULL, HEAVY], ids=["number", "bytes"])
@pytest.mark.parametrize("kind", [MessageKind.MESSAGE, MessageKind.CONSENT])
def test_a_mailbox_takes_so_much_in_a_day_and_reads_on(
    client: TestClient, rows: Session, sent: Reporter, today: date, counts: dict[str, int], kind: MessageKind
) -> None:
    spent(rows, sent.token, today, **counts)
    before = ask(client, sent.token).content
    consent = {"consent": "cons_" + "0" * 32} if kind is MessageKind.CONSENT else {}

    assert refused(ask(client, sent.token, sent.post(kind, **consent)))
    assert ask(client, sent.token).content == before
    assert rows.scalars(select(Message.id)).all() == []


def test_the_last_of_a_day_is_taken_and_what_is_refused_counts_for_nothing(
    client: TestClient, rows: Session, sent: Reporter, today: date
) -> None:
    spent(rows, sent.token, today, posts=budget.POSTS - 1, size=0)

    answers = [ask(client, sent.token, sent.post()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 429, 429]
    rows.expire_all()
    assert rows.scalars(select(Posted.posts)).one() == budget.POSTS


def test_a_refusal_says_what_was_spent_and_when_there_is_more(
    client: TestClient, rows: Session, sent: Reporter, today: date
) -> None:
    spent(rows, sent.token, today, **FULL)

    answer = ask(client, sent.token, sent.post())

    assert answer.headers["RateLimit-Policy"] == '"posts";q=50;w=86400, "bytes";q=2097152;w=86400;qu="content-bytes"'
    assert int(answer.headers["Retry-After"]) == answer.json()["retry_after_seconds"] == 15 * 60 * 60


def test_a_day_begins_with_a_budget_of_its_own(client: TestClient, rows: Session, sent: Reporter, today: date) -> None:
    spent(rows, sent.token, today - timedelta(days=1), **FULL)

    assert ask(client, sent.token, sent.post()).status_code == 200


def test_nobody_spends_anothers(client: TestClient, rows: Session, sent: Reporter, today: date) -> None:
    other = Reporter(sent.epoch, sent.day)
    client.put("/v1/report", content=other.body(), headers=other.headers).raise_for_status()
    spent(rows, sent.token, today, **FULL)

    assert refused(ask(client, sent.token, sent.post()))
    assert ask(client, other.token, other.post()).status_code == 200


def test_the_report_can_be_taken_back_whatever_was_spent(
    client: TestClient, rows: Session, sent: Reporter, today: date
) -> None:
    spent(rows, sent.token, today, **FULL)

    ask(client, sent.token, sent.post(MessageKind.WITHDRAW)).raise_for_status()

    assert rows.get_one(Report, sent.id).state is ReportState.WITHDRAWN


def test_a_withdrawal_without_the_secret_spends_like_a_message(
    client: TestClient, rows: Session, sent: Reporter, today: date
) -> None:
    spent(rows, sent.token, today, **FULL)

    assert refused(ask(client, sent.token, sent.post(MessageKind.WITHDRAW, secret=b64(bytes(32)))))


@pytest.mark.parametrize("counts", [{"posts": 1, "size": 1}, FULL], ids=["left", "spent"])
def test_a_token_that_opens_nothing_has_a_budget_too(
    client: TestClient,
    rows: Session,
    sent: Reporter,
    today: date,
    statements: list[str],
    counts: dict[str, int],
) -> None:
    stranger = b64(secrets.token_bytes(32))
    ask(client, Reporter(sent.epoch, sent.day).token, sent.post())  # the day's count of acts begins
    for token in (sent.token, stranger):
        spent(rows, token, today, **counts)
    answers, asked = list[Response](), list[list[str]]()

    for token in (sent.token, stranger):
        statements.clear()
        answers.append(ask(client, token, sent.post()))
        asked.append(statements.copy())

    assert asked[0] == asked[1]
    known, unknown = answers
    for answer in answers:
        answer.headers.pop("X-Request-Id")
    assert (known.status_code, dict(known.headers)) == (unknown.status_code, dict(unknown.headers))
    if counts is FULL:
        assert known.content == unknown.content
    else:
        assert len(slots(known.content)) == len(slots(unknown.content))


def test_ever_new_tokens_leave_a_few_rows_and_take_nobodys_budget(
    database: Database, rows: Session, sent: Reporter, today: date
) -> None:
    now = datetime.combine(today, time(), UTC)
    spent(rows, sent.token, today, **FULL)

    with database.write() as session:
        for _ in range(1000):
            stranger = sha256_hex(secrets.token_bytes(32))
            place = budget.place_of_nobody(stranger, bytes(32))
            budget.spend(session, stranger, 1, place=place, now=now)

    kept = rows.scalars(select(Posted.posts)).all()
    assert 200 < len(kept) <= 256 + 1
    assert sorted(kept)[-2:] == [1, budget.POSTS]


def test_whose_place_another_token_took_begins_anew(database: Database, rows: Session, today: date) -> None:
    now = datetime.combine(today, time(), UTC)
    with database.write() as session:
        for token in ("one", "one", "another", "one"):
            budget.spend(session, token, 1, place="00", now=now)

    rest = rows.execute(select(Posted.token_sha256, Posted.posts, Posted.size)).all()
    assert [tuple(row) for row in rest] == [("one", 1, 1)]


def test_of_days_before_nothing_is_kept(database: Database, rows: Session, today: date) -> None:
    for day in (today, today - timedelta(days=1)):
        spent(rows, "anybody", day, **FULL)

    with database.write() as session:
        budget.forget_days(session, today)

    assert rows.scalars(select(Posted.day)).all() == [today]
