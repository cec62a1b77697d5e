"""What is counted, charged and thrown away when a release is drawn."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import age
from app.actor import Actor
from app.cli.demo_population import population
from app.database import Database
from app.people.staff import service as staff
from app.problems import StaleVersion
from app.protocol import card as cards_
from app.protocol.card import CARD_SIZE, SignedCard
from app.protocol.encoding import sha256_hex
from app.protocol.release.budget import LIFE_CAP
from app.statistics.cards.models import Card
from app.statistics.releases import accounting, draws
from app.statistics.releases.draws import Draw, Snapshot
from app.statistics.releases.models import BudgetEntry, Release, ReleaseState, TokenSpend
from app.transitions import NoSuchStep
from app.vocabulary import Role
from tests.flows.evil import attacks
from tests.protocol.organisation import person
from tests.statistics.conftest import ANALYST, APPROVER, COLLEAGUE, STATISTICS, TRIAGER, Office, seal_card
from tests.statistics.releases.flow import TOTAL, Flow, keep_cards, row_of
from tests.statistics.releases.measurements import NoNoise

ACCOUNT_KEY = b"k" * 32
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACTOR = Actor(id=APPROVER.id, roles=APPROVER.roles, team_id=None, today=NOW.date())


@pytest.fixture
def approved(office: Office, rows: Session) -> str:
    """The id of a release of 20 persons that waits for its draw."""
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    return Flow.approved(office, TOTAL).release


def test_every_person_is_counted_and_charged_once(database: Database, rows: Session, approved: str) -> None:
    start = _start(database, approved)
    drawn = _draw(start)

    with database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)

    assert _total(drawn) == 20
    assert rows.scalars(select(TokenSpend.rho_millionths)).all() == [5_000] * 20
    release = rows.get_one(Release, approved)
    assert (release.state, release.noisy_sha256 is not None) == (ReleaseState.DRAWN, True)


def test_a_person_whose_account_is_spent_is_counted_no_more(database: Database, rows: Session, approved: str) -> None:
    spent = accounting.token_hash(ACCOUNT_KEY, population(20, b"flow")[0].token)
    rows.add(TokenSpend(token_hash=spent, rho_millionths=LIFE_CAP - 4_999))
    rows.flush()
    start = _start(database, approved)
    drawn = _draw(start)

    with database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)

    rows.expire_all()
    assert _total(drawn) == 19
    assert rows.get_one(TokenSpend, spent).rho_millionths == LIFE_CAP - 4_999


def test_an_account_bears_what_is_left_to_the_last_millionth(database: Database, rows: Session, approved: str) -> None:
    near = accounting.token_hash(ACCOUNT_KEY, population(20, b"flow")[0].token)
    rows.add(TokenSpend(token_hash=near, rho_millionths=LIFE_CAP - 5_000))
    rows.flush()
    start = _start(database, approved)

    with database.write() as session:
        draws.settle(session, ACTOR, start, _draw(start), now=NOW)

    rows.expire_all()
    assert rows.get_one(TokenSpend, near).rho_millionths == LIFE_CAP


def test_what_opens_to_no_card_is_counted_for_nobody(database: Database, rows: Session, approved: str) -> None:
    for number, file in enumerate(
        (
            age.encrypt(bytes(CARD_SIZE), [STATISTICS.recipient]),
            age.encrypt(bytes(CARD_SIZE), [age.generate().recipient]),
        )
    ):
        rows.add(Card(id_sha256=f"{number:064}", quarter="2026-Q2", file=file))
    rows.flush()

    assert _total(_draw(_start(database, approved))) == 20


STRANGER = person(Role.CASEWORKER)
CARD = population(1, b"one more")[0]
ONE, TWO = cards_.sign(CARD, COLLEAGUE.signer), cards_.sign(CARD, APPROVER.signer)
SWAPPED = dataclasses.replace(CARD, severity=None, incident_type=None)


@attacks("card")
@pytest.mark.parametrize(
    "signed",
    [
        SignedCard(CARD, ONE, ONE),
        SignedCard(CARD, ONE, dataclasses.replace(TWO, by=COLLEAGUE.id)),
        SignedCard(CARD, ONE, cards_.sign(CARD, STRANGER.signer)),
        SignedCard(CARD, ONE, dataclasses.replace(cards_.sign(CARD, STRANGER.signer), by=APPROVER.id)),
        SignedCard(CARD, ONE, cards_.sign(CARD, ANALYST.signer)),
        SignedCard(SWAPPED, ONE, TWO),
        SignedCard(dataclasses.replace(CARD, revision=1), ONE, TWO),
    ],
    ids=[
        "one person twice",
        "two keys of one person",
        "somebody uncertified",
        "somebody else's key",
        "an analyst",
        "another line",
        "another revision",
    ],
)
def test_a_card_that_two_certified_people_have_not_signed_is_counted_for_nobody(
    database: Database, rows: Session, approved: str, signed: SignedCard
) -> None:
    rows.add(row_of(signed.card, age.encrypt(cards_.encode(signed), [STATISTICS.recipient])))
    rows.flush()

    assert _total(_draw(_start(database, approved))) == 20


@pytest.mark.parametrize(
    "came_as", [{"id": "card_" + "0" * 32}, {"revision": 1}], ids=["another card", "another revision"]
)
def test_a_card_counts_only_as_what_it_came_as(
    database: Database, rows: Session, approved: str, came_as: dict[str, Any]
) -> None:
    row = row_of(dataclasses.replace(CARD, **came_as), seal_card(CARD))
    rows.add(row)
    rows.flush()
    assert _total(_draw(_start(database, approved))) == 20

    row.id_sha256, row.revision_sha256 = sha256_hex(CARD.id.encode()), cards_.revision_sha256(CARD.id, CARD.revision)
    rows.flush()

    assert _total(_draw(_start(database, approved))) == 21


def test_a_signature_counts_under_a_certificate_of_the_quarter_or_of_the_month_before(
    office: Office, rows: Session
) -> None:
    trust = staff.trust_in_everybody(rows)
    key = TRIAGER.signer.public_key

    assert draws._was_certified(trust, "2026-Q2", TRIAGER.id, key)
    assert not draws._was_certified(trust, "2026-Q1", TRIAGER.id, key)
    assert draws._was_certified(trust, "2027-Q1", TRIAGER.id, key)  # it ended on the last day of the year
    assert not draws._was_certified(trust, "2027-Q2", TRIAGER.id, key)
    assert not draws._was_certified(trust, "2026-Q2", ANALYST.id, ANALYST.signer.public_key)


def test_what_is_left_of_a_withdrawn_card_is_counted_for_nobody(
    database: Database, rows: Session, approved: str
) -> None:
    rows.add(Card(id_sha256="0" * 64))
    rows.flush()

    assert _total(_draw(_start(database, approved))) == 20


def test_cards_of_another_quarter_are_not_counted(database: Database, rows: Session, approved: str) -> None:
    keep = rows.scalars(select(Card)).first()
    assert keep is not None
    rows.add(Card(id_sha256="0" * 64, quarter="2026-Q1", file=keep.file))
    rows.flush()

    start = _start(database, approved)

    assert len(start.cards) == len(population(20, b"flow"))


def test_whoever_comes_second_throws_the_noise_away(database: Database, rows: Session, approved: str) -> None:
    start = _start(database, approved)
    first, second = _draw(start), _draw(start)
    with database.write() as session:
        draws.settle(session, ACTOR, start, first, now=NOW)
    kept = rows.get_one(Release, approved).noisy_sha256

    with pytest.raises(NoSuchStep), database.write() as session:
        draws.settle(session, ACTOR, start, second, now=NOW)

    rows.expire_all()
    assert rows.get_one(Release, approved).noisy_sha256 == kept
    assert len(rows.scalars(select(BudgetEntry)).all()) == 1


def test_a_draw_is_not_kept_where_the_accounts_have_moved_since(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    start = _start(database, approved)
    drawn = _draw(start)
    other = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    other.move("approved", by=APPROVER)
    assert other.draw().status_code == 201

    with pytest.raises(StaleVersion), database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)

    assert rows.scalars(select(BudgetEntry.release)).all() == [other.release]
    assert rows.get_one(Release, approved).state is ReleaseState.APPROVED


def test_a_draw_that_was_cut_off_is_composed_later_from_its_noise(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    start = _start(database, approved)
    with database.write() as session:
        draws.settle(session, ACTOR, start, _draw(start), now=NOW)

    answer = Flow(office, approved).post("/composition", {}, by=APPROVER)

    assert (answer.status_code, answer.json()["state"]) == (201, "composed")
    assert answer.json()["noisy_sha256"] == rows.get_one(Release, approved).noisy_sha256


def _start(database: Database, release: str) -> Snapshot:
    with database.read() as session:
        return draws.snapshot(session, ACTOR, release)


def _draw(start: Snapshot) -> Draw:
    return draws.draw(start, [STATISTICS], account_key=ACCOUNT_KEY, measurement=NoNoise())


def _total(drawn: Draw) -> int:
    return drawn.counts.tables[0].counts[0]
