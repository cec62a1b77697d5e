"""A draw that goes on beside the service: told in four words, ended by who cancels or begins anew, on every core."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import age
from app.database import Database
from app.people.staff import service as staff
from app.protocol import card as cards_
from app.protocol.card import StatCard, TokenCard
from app.statistics.cards import service as cards
from app.statistics.cards.models import Card
from app.statistics.releases import opening, runs
from app.statistics.releases.draws import AccountsFull
from app.statistics.releases.models import BudgetEntry, Release, ReleaseDraw, ReleaseState
from app.statistics.releases.opening import Opener, SealedCard
from app.statistics.releases.runs import DrawState, Ended, Run, Runs, state_of
from tests.protocol.organisation import Person
from tests.statistics.conftest import ANALYST, COLLEAGUE, STATISTICS, Office
from tests.statistics.releases.flow import TOTAL, Flow, keep_cards

RELEASE = "rel_" + "1" * 32


@pytest.fixture
def approved(office: Office, rows: Session) -> Flow:
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    return Flow.approved(office, TOTAL)


@pytest.fixture
def running(database: Database, approved: Flow) -> Iterator[tuple[Runs, Run]]:
    """A draw that has begun and goes on when it is let go."""
    begun, may_go_on, made = threading.Event(), threading.Event(), list[Run]()

    def work(run: Run) -> None:
        made.append(run)
        begun.set()
        may_go_on.wait(20)

    every = Runs()
    every.begin(database, approved.release, work)
    assert begun.wait(20)
    yield every, made[0]
    may_go_on.set()
    every.close()


def test_whoever_asks_is_told_that_it_waits_runs_or_is_done_and_nothing_else(
    office: Office, approved: Flow, running: tuple[Runs, Run]
) -> None:
    assert approved.get().json()["draw"] == "running"
    _, run = running
    run.end()

    assert approved.get().json()["draw"] == "waiting"
    assert approved.draw().json()["draw"] == "done"
    assert Flow.requested(office, TOTAL | {"period": "2026-Q1"}).get().json()["draw"] is None


@pytest.mark.parametrize("by", [ANALYST, COLLEAGUE], ids=["who asked", "a supervisor"])
def test_a_draw_is_cancelled_before_it_is_charged(
    rows: Session, approved: Flow, running: tuple[Runs, Run], by: Person
) -> None:
    _, run = running

    assert approved.move("cancelled", by=by).json()["draw"] is None

    with pytest.raises(Ended), run.database.write() as session:
        run.hold(session)
    assert rows.scalars(select(BudgetEntry)).all() == []


def test_a_draw_that_was_cut_off_is_begun_anew_and_the_one_before_leaves_no_trace(
    rows: Session, approved: Flow, running: tuple[Runs, Run]
) -> None:
    _, first = running

    assert approved.draw().json()["state"] == "composed"

    with pytest.raises(Ended), first.database.write() as session:
        first.hold(session)
    assert rows.scalar(select(func.count()).select_from(BudgetEntry)) == 1
    assert rows.scalars(select(ReleaseDraw)).all() == []


def test_who_takes_an_approval_over_ends_the_draw_of_the_one_before(approved: Flow, running: tuple[Runs, Run]) -> None:
    _, run = running

    assert approved.move("approved", by=COLLEAGUE).json()["draw"] == "waiting"

    with pytest.raises(Ended), run.database.write() as session:
        run.hold(session)


@pytest.mark.parametrize(
    ("raised", "told"), [(AccountsFull(), "release-accounts-full"), (ZeroDivisionError("2026 cards"), "internal-error")]
)
def test_a_draw_that_failed_says_at_what_until_it_is_begun_anew(
    database: Database, approved: Flow, raised: Exception, told: str
) -> None:
    def work(_: Run) -> None:
        raise raised

    every = Runs()
    every.begin(database, approved.release, work)
    every.close()

    seen = approved.get().json()
    assert (seen["draw"], seen["failure"], seen["state"]) == ("failed", told, "approved")
    again = approved.draw().json()
    assert (again["draw"], again["failure"], again["state"]) == ("done", None, "composed")


def test_one_that_is_silent_for_a_minute_waits_again(
    database: Database, approved: Flow, running: tuple[Runs, Run]
) -> None:
    moments = iter([0.0, runs.SILENT_SECONDS - 1, runs.SILENT_SECONDS, runs.SILENT_SECONDS, runs.SILENT_SECONDS + 1])
    looking, (_, run) = Runs(seconds=lambda: next(moments)), running

    def told() -> bool:
        with database.read() as session:
            return approved.release in looking.running(session)

    assert [told(), told(), told()] == [True, True, False]
    with database.write() as session:
        run.hold(session)
    assert [told(), told()] == [True, True]


def test_a_process_makes_one_draw_at_a_time_and_who_was_replaced_before_their_turn_makes_none(
    office: Office, database: Database, approved: Flow
) -> None:
    other = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    other.move("approved", by=COLLEAGUE)
    every, may_go_on, worked = Runs(), threading.Event(), list[str]()

    def first(_: Run) -> None:
        may_go_on.wait(20)
        worked.append("first")

    every.begin(database, approved.release, first)
    every.begin(database, other.release, lambda _: worked.append("replaced"))
    every.begin(database, other.release, lambda _: worked.append("second"))
    with database.read() as session:
        assert every.running(session) == {approved.release, other.release}
    assert worked == []
    may_go_on.set()
    for thread in every._threads:
        thread.join()

    assert worked == ["first", "second"]


def test_a_service_that_stops_ends_its_draws_uncharged(database: Database, rows: Session, approved: Flow) -> None:
    every, ended = Runs(), threading.Event()

    def work(run: Run) -> None:
        try:
            while True:
                run.beat()
        finally:
            ended.set()

    every.begin(database, approved.release, work)
    every.close()

    assert ended.is_set()
    assert rows.scalars(select(ReleaseDraw)).all() == []


def test_a_card_is_destroyed_between_two_pages_of_a_draw_and_is_in_none(
    database: Database, rows: Session, approved: Flow
) -> None:
    every = sorted(rows.scalars(select(Card.id_sha256)))
    pages = _run(database, approved).read(["2026-Q2"], most=10)
    seen = [each.id_sha256 for each in next(pages)]

    with database.write() as session:  # nobody waits for the draw
        session.execute(delete(Card).where(Card.id_sha256 == every[-1]))

    assert [*seen, *(each.id_sha256 for page in pages for each in page)] == every[:-1]


def test_a_draw_reads_every_card_of_its_quarters_once_whatever_the_size_of_a_page(
    database: Database, rows: Session, approved: Flow
) -> None:
    every = sorted(rows.scalars(select(Card.id_sha256)))
    for most in (7, len(every), len(every) + 1):
        pages = _run(database, approved).read(["2026-Q1", "2026-Q2"], most=most)
        assert [each.id_sha256 for page in pages for each in page] == every


def test_others_open_what_one_would(database: Database, rows: Session, approved: Flow) -> None:
    opener = Opener([STATISTICS], staff.trust_in_everybody(rows))
    pages = [[SealedCard("2026-Q2", *row)] for row in cards.recorded_in(rows, "2026-Q2", after="", most=12)]
    unread = [[SealedCard("2026-Q2", "0" * 64, None, b"no card")]]

    alone = opening.opened(pages[: opening.ALONE], opener)
    together = opening.opened([*pages, *unread], opener, cores=2)

    assert len(alone.cards) == opening.ALONE
    assert len(together.cards) == 12
    assert set(alone.cards) < set(together.cards) == {_card(row) for page in pages for row in page}


def test_what_is_raised_while_others_open_ends_them(database: Database, rows: Session, approved: Flow) -> None:
    opener = Opener([STATISTICS], staff.trust_in_everybody(rows))
    page = [SealedCard("2026-Q2", *row) for row in cards.recorded_in(rows, "2026-Q2", after="", most=1)]

    def pages() -> Iterator[list[SealedCard]]:
        yield from [page] * 5
        raise Ended

    with pytest.raises(Ended):
        opening.opened(pages(), opener, cores=2)


@pytest.mark.parametrize("state", ReleaseState)
def test_every_state_of_a_release_tells_one_of_the_words_or_none(state: ReleaseState) -> None:
    release = Release(id=RELEASE, state=state)
    told = state_of(release, frozenset(), frozenset())
    after_failure = state_of(release, frozenset(), {RELEASE})

    public = {ReleaseState.EMBARGOED, ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED}
    drawn = {ReleaseState.COMPOSED, ReleaseState.SIGNED, *public}
    waiting = {ReleaseState.APPROVED, ReleaseState.DRAWN}
    assert told == (DrawState.DONE if state in drawn else DrawState.WAITING if state in waiting else None)
    assert after_failure == (DrawState.FAILED if state in waiting else told)


def _run(database: Database, flow: Flow) -> Run:
    return Run(database, flow.release, "", threading.Event())


def _card(row: SealedCard) -> StatCard | TokenCard:
    return cards_.parse(age.decrypt(row.file, [STATISTICS])).card
