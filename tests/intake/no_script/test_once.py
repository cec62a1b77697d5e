"""What answers a form stands at an address that is good once, and opens for nobody who has not this address."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from httpx2 import Response
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.clock import Clock
from app.database import Database
from app.intake.no_script import once
from app.intake.no_script.models import OnceAnswer
from app.intake.no_script.once import Answer
from app.main import create_app
from app.settings import Settings
from app.site.site import Site
from tests.flows.organisation import Organisation
from tests.in_process import InProcess
from tests.intake.no_script.browser import HEADERS, encoded
from tests.intake.no_script.test_no_script import words_in

NOW = datetime(2026, 6, 15, 9, 0, 30, tzinfo=UTC)
KIB = 1024
PAGE = Answer("<p>twelve words", 203)


@pytest.fixture
def organisation(client: TestClient, settings: Settings, clock: Clock) -> Organisation:
    assert clock.told_by
    return Organisation(clock.told_by.parent / "people", client, clock).found(settings)


def sent(client: TestClient, path: str = "/en/plain/") -> Response:
    form: list[tuple[str, str]] = [
        ("danger_now", "none"),
        ("text", "They came."),
        ("words", "abandon"),
        ("action", "open"),
    ]
    fields = form[:2] if path == "/en/plain/" else form[2:]
    return client.post(path, content=encoded([*fields]), headers=HEADERS, follow_redirects=False)


def test_the_words_are_shown_once_at_an_address_that_stands_nowhere(
    organisation: Organisation, client: TestClient, settings: Settings, rows: Session, site: Site
) -> None:
    answer = sent(client)
    address = answer.headers["Location"]
    [row] = rows.scalars(select(OnceAnswer))
    head = client.head(address)
    # Another process of the same installation.
    with InProcess(create_app(settings, site=site)) as other:
        first = other.get(address)
    second = client.get(address)

    assert (answer.status_code, answer.content) == (HTTPStatus.SEE_OTHER, b"")
    assert answer.headers["Cache-Control"] == first.headers["Cache-Control"] == "no-store"
    assert head.content == b""
    assert len(words_in(first).split()) == 12
    assert second.status_code == HTTPStatus.GONE
    assert "one time only" in second.text
    assert rows.scalar(select(func.count()).select_from(OnceAnswer)) == 0
    assert address.rpartition("/")[2].encode() not in b"".join([row.id.encode(), row.sealed])


@pytest.mark.parametrize("path", ["/en/plain/", "/en/plain/replies/"])
def test_no_form_is_answered_with_a_page(client: TestClient, path: str) -> None:
    """Neither one that is refused: what was typed into it would stay with the browser too."""
    answer = sent(client, path)

    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert client.get(answer.headers["Location"]).status_code >= HTTPStatus.BAD_REQUEST


def test_words_that_cannot_be_kept_are_shown_all_the_same(
    organisation: Organisation, client: TestClient, rows: Session
) -> None:
    rows.execute(text("ALTER TABLE once_answers RENAME TO elsewhere"))
    rows.commit()

    answer = sent(client)
    rows.execute(text("ALTER TABLE elsewhere RENAME TO once_answers"))
    rows.commit()

    assert len(words_in(answer).split()) == 12


@pytest.mark.parametrize("address", ["", "A" * 42, "A" * 43, "A" * 44, "~" * 43])
def test_an_address_that_was_never_given_out_shows_nothing(client: TestClient, address: str) -> None:
    assert client.get(f"/en/plain/once/{address}").status_code in {HTTPStatus.GONE, HTTPStatus.NOT_FOUND}


def test_an_answer_is_gone_after_ten_minutes(database: Database) -> None:
    with database.write() as session:
        read, unread, left = (once.keep(session, PAGE, now=NOW) for _ in range(3))
        assert once.take(session, read, now=NOW + timedelta(minutes=9)) == PAGE
        assert once.take(session, unread, now=NOW + timedelta(minutes=10)) is None
        assert session.scalars(select(OnceAnswer.id)).all()
        once.keep(session, PAGE, now=NOW + timedelta(minutes=10))
        assert session.scalar(select(func.count()).select_from(OnceAnswer)) == 1
        assert once.take(session, left, now=NOW) is None
        once.forget(session, NOW + timedelta(minutes=20))
        assert session.scalars(select(OnceAnswer.id)).all() == []


def test_a_flood_of_long_answers_takes_no_place_of_a_receipt(database: Database) -> None:
    long = Answer("x" * 40 * KIB, 200)
    with database.write() as session:
        receipt = once.keep(session, PAGE, now=NOW, room=128 * KIB)
        first, *others = (
            once.keep(session, long, now=NOW + timedelta(minutes=minute), room=128 * KIB) for minute in range(3)
        )

        assert once.take(session, first, now=NOW) is None
        assert [once.take(session, each, now=NOW) for each in others] == [long, long]
        assert once.take(session, receipt, now=NOW) == PAGE


def test_pages_of_one_class_are_alike(database: Database) -> None:
    with database.write() as session:
        for html in ("", "x" * 30 * KIB, "x" * 33 * KIB):
            once.keep(session, Answer(html, 200), now=NOW)
        lengths = session.scalars(select(func.length(OnceAnswer.sealed)).order_by(OnceAnswer.size)).all()

    assert lengths[0] == lengths[1] < lengths[2]
