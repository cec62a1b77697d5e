"""What is counted, charged and thrown away when a release is drawn."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import age
from app.actor import Actor
from app.cli.demo_population import population
from app.database import Database
from app.problems import StaleVersion
from app.protocol.card import CARD_SIZE
from app.statistics.cards.models import Card
from app.statistics.releases import accounting, draws
from app.statistics.releases.draws import Draw, Snapshot
from app.statistics.releases.models import BudgetEntry, Release, ReleaseState, TokenSpend
from app.transitions import NoSuchStep
from tests.statistics.conftest import APPROVER, STATISTICS, Office
from tests.statistics.releases.flow import TOTAL, Flow, keep_cards
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
    rows.add(TokenSpend(token_hash=spent, rho_millionths=accounting.LIFE_CAP - 4_999))
    rows.flush()
    start = _start(database, approved)
    drawn = _draw(start)

    with database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)

    rows.expire_all()
    assert _total(drawn) == 19
    assert rows.get_one(TokenSpend, spent).rho_millionths == accounting.LIFE_CAP - 4_999


def test_an_account_bears_what_is_left_to_the_last_millionth(database: Database, rows: Session, approved: str) -> None:
    near = accounting.token_hash(ACCOUNT_KEY, population(20, b"flow")[0].token)
    rows.add(TokenSpend(token_hash=near, rho_millionths=accounting.LIFE_CAP - 5_000))
    rows.flush()
    start = _start(database, approved)

    with database.write() as session:
        draws.settle(session, ACTOR, start, _draw(start), now=NOW)

    rows.expire_all()
    assert rows.get_one(TokenSpend, near).rho_millionths == accounting.LIFE_CAP


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

    assert len(start.sealed_cards) == len(population(20, b"flow"))


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
