"""Real age cards under a real card token, on both databases, over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import age
from app.cli.demo_population import population
from app.protocol.card import CARD_SIZE
from app.protocol.encoding import b64, sha256_hex
from app.statistics.cards.models import Card
from tests.statistics.conftest import CARD_TOKEN, STATISTICS, Office, card_headers, seal_card

CARD = population(1, b"one")[0]
SEALED, CORRECTED = seal_card(CARD), seal_card(CARD)


def test_a_card_comes_without_a_session_and_keeps_its_quarter(office: Office, rows: Session) -> None:
    answer = office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id))

    kept = rows.scalars(select(Card)).one()
    assert (answer.status_code, answer.content) == (201, b"")
    assert (kept.id_sha256, kept.quarter, kept.file) == (sha256_hex(CARD.id.encode()), "2026-Q2", SEALED)


def test_a_correction_replaces_the_card_in_the_quarter_of_its_first_record(office: Office, rows: Session) -> None:
    rows.add(Card(id_sha256=sha256_hex(CARD.id.encode()), quarter="2026-Q1", file=SEALED))
    rows.flush()

    answer = office.http.put("/v1/card", content=CORRECTED, headers=card_headers(CARD.id, revision=1))

    rows.expire_all()
    kept = rows.scalars(select(Card)).one()
    assert (answer.status_code, kept.quarter, kept.file) == (200, "2026-Q1", CORRECTED)


@pytest.mark.parametrize("late", [0, 1, 2])
def test_a_correction_is_undone_by_nothing_that_was_written_before_it(office: Office, rows: Session, late: int) -> None:
    office.http.put("/v1/card", content=CORRECTED, headers=card_headers(CARD.id, revision=2))

    answer = office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id, revision=late))

    assert answer.status_code == 200
    assert rows.scalars(select(Card.file)).all() == [CORRECTED]


def test_how_often_a_card_was_corrected_is_told_by_no_column(office: Office, rows: Session) -> None:
    other = population(2, b"other")[-1]
    for card, revision in ((CARD, 7), (other, 0)):
        office.http.put("/v1/card", content=SEALED, headers=card_headers(card.id, revision=revision))

    kept = rows.scalars(select(Card.revision_sha256)).all()

    assert set(kept) == {
        sha256_hex(f"{CARD.id} 7".encode()),
        sha256_hex(f"{other.id} 0".encode()),
    }


def test_a_withdrawn_card_is_gone_and_may_be_withdrawn_again(office: Office, rows: Session) -> None:
    office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id))

    first, again = (office.http.delete("/v1/card", headers=card_headers(CARD.id)) for _ in range(2))

    left = rows.scalars(select(Card)).one()
    assert (first.status_code, again.status_code) == (204, 204)
    assert (left.file, left.quarter, left.revision_sha256) == (None, None, None)


@pytest.mark.parametrize("came_first", [True, False])
@pytest.mark.parametrize("revision", [0, 1])
def test_a_withdrawn_card_does_not_come_back(office: Office, rows: Session, *, came_first: bool, revision: int) -> None:
    if came_first:
        office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id))
    office.http.delete("/v1/card", headers=card_headers(CARD.id))

    answer = office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id, revision=revision))

    assert answer.status_code == 200
    assert rows.scalars(select(Card.file)).all() == [None]


def test_of_a_withdrawal_and_a_card_at_once_the_withdrawal_stands(office: Office, rows: Session) -> None:
    asked = [
        lambda: office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id)),
        lambda: office.http.delete("/v1/card", headers=card_headers(CARD.id)),
    ]

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda number: asked[number % 2](), range(10)))

    assert {answer.status_code for answer in answers} <= {200, 201, 204}
    assert rows.scalars(select(Card.file)).all() == [None]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_another_token_brings_and_withdraws_nothing(office: Office, rows: Session, method: str) -> None:
    office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id))
    wrong = card_headers(CARD.id, token=b64(bytes(32)))

    answer = office.http.request(method, "/v1/card", content=CORRECTED if method == "PUT" else None, headers=wrong)

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/card-token-unknown")
    assert rows.scalars(select(Card.file)).all() == [SEALED]


def test_the_token_of_a_past_month_is_another_token(office: Office) -> None:
    office.let_the_quarter_end()

    answer = office.http.put("/v1/card", content=SEALED, headers=card_headers(CARD.id))

    assert answer.status_code == 401


def test_a_card_without_a_token_is_refused(office: Office) -> None:
    headers = card_headers(CARD.id)
    del headers["Authorization"]

    assert office.http.put("/v1/card", content=SEALED, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"a card in clear".ljust(len(SEALED), b" "),
        SEALED[:-1],
        b"",
        age.encrypt(bytes(CARD_SIZE - 1), [STATISTICS.recipient]),
    ],
)
def test_what_is_no_sealed_card_is_not_kept(office: Office, rows: Session, body: bytes) -> None:
    answer = office.http.put("/v1/card", content=body, headers=card_headers(CARD.id))

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-an-envelope")
    assert rows.scalars(select(Card)).all() == []


def test_a_longer_body_is_not_read(office: Office) -> None:
    assert office.http.put("/v1/card", content=SEALED + b" ", headers=card_headers(CARD.id)).status_code == 413


@pytest.mark.parametrize("revision", [None, "", "-1", "01", "1000", "one"])
def test_a_card_says_which_of_its_corrections_it_is(office: Office, revision: str | None) -> None:
    headers = card_headers(CARD.id)
    del headers["Tern-Revision"]

    answer = office.http.put(
        "/v1/card", content=SEALED, headers=headers | ({"Tern-Revision": revision} if revision is not None else {})
    )

    assert answer.status_code == 422


@pytest.mark.parametrize("card", ["card_1", "rep_" + "1" * 32, "card_" + "G" * 32])
def test_a_card_has_a_random_id(office: Office, card: str) -> None:
    assert office.http.put("/v1/card", content=SEALED, headers=card_headers(card)).status_code == 422


def test_the_card_token_is_nobodys_session(office: Office) -> None:
    assert office.http.get("/v1/release-requests", headers={"Authorization": f"Bearer {CARD_TOKEN}"}).status_code == 401
