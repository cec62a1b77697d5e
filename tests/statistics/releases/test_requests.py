"""Who may ask for which release, and what becomes of it before and after its draw: by public facts and people alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import vocabulary
from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.database import Database
from app.people.staff.models import Person
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.release.counts import write_counts
from app.protocol.release.ledger import LedgerLine
from app.statistics.releases import ledger, requests
from app.statistics.releases.ledger import ReleaseBudgetExhausted
from app.statistics.releases.models import BudgetEntry, Release, ReleaseDraw, ReleaseState
from app.statistics.releases.requests import Move
from app.transitions import NoSuchStep
from app.vocabulary import ReleaseKind, Role
from tests import factories
from tests.statistics.releases import folders

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
TODAY = NOW.date()
S = ReleaseState


@dataclass
class Desk:
    """An analyst who asks and two supervisors who decide, at one service."""

    database: Database
    rows: Session
    people: dict[str, Person]
    charged: int = 0

    def actor(self, who: str, *roles: Role) -> Actor:
        role = Role.ANALYST if who == "analyst" else Role.SUPERVISOR
        return Actor(self.people[who].id, frozenset(roles or {role}), None, TODAY)

    def ask(self, workload: str, period: str, *, now: datetime = NOW, kind: ReleaseKind | None = None) -> Release:
        kind = kind or vocabulary.workload(workload).kind
        with self.database.write() as session:
            return requests.request(session, self.actor("analyst"), kind, period=period, workload=workload, now=now)

    def move(self, who: str, release: Release, to: ReleaseState, public_on: date | None = None) -> Release:
        with self.database.write() as session:
            seen = {session.get_one(Release, release.id).version}
            moved = requests.move(session, self.actor(who), release.id, Move(to, public_on), seen=seen, now=NOW)
        self.rows.expire_all()
        return moved

    def warn(self, who: str, release: Release, words: str) -> Release:
        with self.database.write() as session:
            return requests.warn(session, self.actor(who), release.id, words, now=NOW)

    def correct(self, release: Release) -> Release:
        with self.database.write() as session:
            return requests.correct(session, self.actor("analyst"), release.id, "It was wrong.", now=NOW)

    def there(self, workload: str, period: str, state: ReleaseState, *, total: int | None = None) -> Release:
        """A release in this state, with noisy counts where it has a total."""
        kind = vocabulary.workload(workload).kind.value
        asked_by, approved_by = self.people["analyst"].id, self.people["supervisor"].id
        made = Release(id=factories.id_("rel"), kind=kind, period=period, workload=workload, state=state)
        made.requested_by, made.approved_by = asked_by, approved_by
        if total is not None:
            counts = folders.noisy(workload)
            first, *rest = counts.tables
            made.noisy = write_counts(replace(counts, tables=(replace(first, counts=(total,)), *rest)))
            made.noisy_sha256 = "0" * 64
        self.rows.add(made)
        self.rows.commit()
        return made

    def charge(self, release: Release, rho: int) -> None:
        """A line of the ledger for it."""
        self.charged += 1
        self.rows.add(
            BudgetEntry(
                seq=self.charged,
                release=release.id,
                kind=release.kind,
                period=release.period,
                workload=release.workload,
                workload_sha256="0" * 64,
                rho_millionths=rho,
                opendp="0.16.0",
                previous="0" * 64,
            )
        )
        self.rows.commit()

    def recorded(self, release: Release) -> list[str]:
        of_release = select(AuditEvent.action).where(AuditEvent.object_id == release.id).order_by(AuditEvent.seq)
        self.rows.expire_all()
        return list(self.rows.scalars(of_release))


@pytest.fixture
def desk(database: Database, rows: Session) -> Desk:
    factories.organisation(rows)
    roles = {"analyst": Role.ANALYST, "supervisor": Role.SUPERVISOR, "colleague": Role.SUPERVISOR}
    people = {name: factories.certified(rows, role) for name, role in roles.items()}
    rows.commit()
    return Desk(database, rows, people)


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    """The status and the type of the refusal."""
    with pytest.raises(Problem) as refused:
        act()
    return refused.value.status, refused.value.type


def test_what_is_asked_for_waits_for_another_person_and_is_on_record(desk: Desk) -> None:
    asked = desk.ask("T", "2026-Q2")

    assert (asked.kind, asked.period, asked.workload, asked.state) == ("reserve", "2026-Q2", "T", S.REQUESTED)
    assert (asked.requested_by, asked.approved_by) == (desk.people["analyst"].id, None)
    assert desk.recorded(asked) == [Action.RELEASE_REQUESTED]


@pytest.mark.parametrize(
    ("kind", "workload", "period"),
    [
        (ReleaseKind.QUARTER, "T", "2026-Q2"),
        (ReleaseKind.RESERVE, "Q", "2026-Q2"),
        (ReleaseKind.QUARTER, "Q", "2025"),
        (ReleaseKind.YEAR, "S", "2026-Q2"),
    ],
)
def test_a_kind_of_release_has_workloads_and_periods_of_its_own(
    desk: Desk, kind: ReleaseKind, workload: str, period: str
) -> None:
    assert refusal(lambda: desk.ask(workload, period, kind=kind)) == (422, "release-workload")


@pytest.mark.parametrize("period", ["2025", "2026-Q2"])
def test_the_reserve_is_for_quarters_and_for_years(desk: Desk, period: str) -> None:
    assert desk.ask("T", period).period == period


def test_a_period_is_asked_for_from_the_day_after_its_end(desk: Desk) -> None:
    last_day = datetime(2026, 6, 30, 23, tzinfo=UTC)

    assert refusal(lambda: desk.ask("T", "2026-Q2", now=last_day)) == (409, "release-period-open")
    assert desk.ask("T", "2026-Q2", now=last_day + timedelta(hours=1)).state is S.REQUESTED


@pytest.mark.parametrize("state", [state for state in S if state not in (S.REJECTED, S.CANCELLED)])
def test_a_kind_of_release_of_a_period_is_asked_for_once_and_again_where_it_came_to_nothing(
    desk: Desk, state: ReleaseState
) -> None:
    desk.there("T", "2026-Q2", S.REJECTED)
    desk.there("T", "2026-Q2", S.CANCELLED)
    desk.there("Q", "2026-Q2", state)
    desk.there("T", "2026-Q1", state)

    first = desk.ask("T", "2026-Q2")
    desk.rows.get_one(Release, first.id).state = state
    desk.rows.commit()

    with pytest.raises(requests.ReleaseExists) as refused:
        desk.ask("T", "2026-Q2")
    assert (refused.value.status, refused.value.members["release"]) == (409, first.id)


def test_what_others_have_spent_is_not_spent_again(desk: Desk) -> None:
    desk.charge(desk.there("T", "2026-Q1", S.PUBLISHED, total=500), 15_001)

    with pytest.raises(ReleaseBudgetExhausted) as refused:
        desk.ask("T", "2026-Q2")

    assert (refused.value.status, refused.value.type) == (409, "release-budget-exhausted")
    assert refused.value.members == {"rho_millionths": 5_000, "left_millionths": 4_999}


def test_the_ledger_bears_a_release_to_the_last_millionth(desk: Desk) -> None:
    desk.charge(desk.there("T", "2026-Q1", S.PUBLISHED, total=500), 15_000)

    assert desk.ask("T", "2026-Q2").state is S.REQUESTED


def test_the_ledger_is_read_in_its_order_and_says_what_its_noise_cost(desk: Desk) -> None:
    for period in ("2026-Q2", "2025", "2026-Q1"):
        desk.charge(desk.there("T", period, S.PUBLISHED), 5_000)

    with desk.database.read() as session:
        lines = ledger.lines(session)

    assert [(line.seq, line.period) for line in lines] == [(1, "2026-Q2"), (2, "2025"), (3, "2026-Q1")]
    counts = folders.noisy("T")
    entry = ledger.entry(lines[0], counts)
    assert (entry.line, entry.maps) == (lines[0], {"total": counts.tables[0].rho})
    assert entry.epsilon["1e-6"] == 0.43
    assert isinstance(lines[0], LedgerLine)


# A workload, the last total that was published, and whether it was drawn before, for each gate.
@pytest.mark.parametrize("workload", ["Q", "XS", "S", "M", "L"])
@pytest.mark.parametrize("was_drawn", [False, True], ids=["first", "again"])
def test_a_workload_waits_for_as_many_persons_as_it_is_made_for_and_a_fifth_less_once_it_was_drawn(
    desk: Desk, workload: str, was_drawn: bool
) -> None:
    gate = {"Q": 300, "XS": 30, "S": 150, "M": 1_500, "L": 8_000}[workload]
    gate = gate * 8 // 10 if was_drawn else gate
    period, of_total, long_ago = ("2026-Q2", "2026-Q1", "2023-Q1") if workload == "Q" else ("2025", "2024", "2022")
    if was_drawn:
        desk.charge(desk.there(workload, long_ago, S.PUBLISHED), vocabulary.workload(workload).rho)
    last = desk.there("T", of_total, S.PUBLISHED, total=gate - 1)

    refused = refusal(lambda: desk.ask(workload, period))
    last.noisy = desk.there("T", "2020", S.REJECTED, total=gate).noisy
    desk.rows.commit()

    assert refused == (409, "release-too-few")
    assert desk.ask(workload, period).workload == workload


def test_where_nothing_was_published_a_total_alone_is_asked_for(desk: Desk) -> None:
    desk.there("T", "2026-Q1", S.SIGNED, total=500)

    assert refusal(lambda: desk.ask("Q", "2026-Q2")) == (409, "release-too-few")
    assert desk.ask("T", "2026-Q2").state is S.REQUESTED


def test_the_last_total_is_that_of_the_newest_period_of_its_length_by_the_least_noise(desk: Desk) -> None:
    """A year counts at least the persons of each of its quarters, so that without a year a quarter will do."""
    desk.there("T", "2025-Q4", S.PUBLISHED, total=299)
    desk.there("Q", "2025-Q4", S.PUBLISHED, total=290)
    desk.there("Q", "2025-Q3", S.PUBLISHED, total=900)
    assert refusal(lambda: desk.ask("M", "2025")) == (409, "release-too-few")
    assert refusal(lambda: desk.ask("Q", "2026-Q1")) == (409, "release-too-few")
    by_sigma = sorted((folders.noisy(each).tables[0].sigma, each) for each in ("T", "Q"))

    desk.there("T", "2024", S.PUBLISHED, total=20)
    assert refusal(lambda: desk.ask("XS", "2025")) == (409, "release-too-few")
    newest = desk.there(by_sigma[0][1], "2026-Q1", S.PUBLISHED, total=300)
    desk.there(by_sigma[1][1], "2026-Q1", S.PUBLISHED, total=5)

    assert newest.workload == "T"
    assert desk.ask("Q", "2026-Q2").state is S.REQUESTED


def test_an_absent_release_and_one_that_is_none_of_ones_matters_are_not_found(desk: Desk) -> None:
    release = desk.there("T", "2026-Q2", S.APPROVED)

    with desk.database.write() as session:
        for look in (requests.get, requests.locked):
            assert look(session, desk.actor("analyst"), release.id).id == release.id
            for who, id_ in ((desk.actor("analyst", Role.TRIAGER), release.id), (desk.actor("analyst"), "rel_none")):
                with pytest.raises(NotFound):
                    look(session, who, id_)


def test_whoever_asked_approves_nothing_and_another_supervisor_draws_what_they_approved(desk: Desk) -> None:
    asked = desk.there("T", "2026-Q2", S.REQUESTED)
    asked.requested_by = desk.people["supervisor"].id
    desk.rows.commit()

    refused = refusal(lambda: desk.move("supervisor", asked, S.APPROVED))
    by_analyst = refusal(lambda: desk.move("analyst", asked, S.APPROVED))
    approved = desk.move("colleague", asked, S.APPROVED)

    assert (refused, by_analyst) == ((409, "release-self-approval"), (409, "no-such-step"))
    assert (approved.state, approved.approved_by) == (S.APPROVED, desk.people["colleague"].id)
    assert desk.recorded(asked) == [Action.RELEASE_MOVED]


def test_whoever_asked_takes_back_what_they_asked_for(desk: Desk) -> None:
    assert desk.move("analyst", desk.ask("T", "2026-Q2"), S.CANCELLED).state is S.CANCELLED


def test_what_is_answered_has_the_version_that_the_next_step_names(desk: Desk) -> None:
    first = desk.there("T", "2026-Q2", S.PUBLISHED, total=7)
    with desk.database.write() as session:
        warned = requests.warn(session, desk.actor("supervisor"), first.id, "It is wrong.", now=NOW)
        answered = [warned.version]
        session.flush()
        assert [warned.version] == answered

        asked = requests.correct(session, desk.actor("analyst"), first.id, "It was wrong.", now=NOW)
        seen = {asked.version}
        moved = requests.move(session, desk.actor("colleague"), asked.id, Move(S.APPROVED), seen=seen, now=NOW)
        answered = [moved.version]
        session.flush()
        assert [moved.version] == answered


def test_only_an_approval_names_an_approver(desk: Desk) -> None:
    signed = desk.there("T", "2026-Q2", S.SIGNED, total=7)

    published = desk.move("colleague", signed, S.PUBLISHED)

    assert (published.state, published.approved_by) == (S.PUBLISHED, desk.people["supervisor"].id)


def test_whoever_has_not_seen_the_newest_version_moves_nothing(desk: Desk) -> None:
    release = desk.there("T", "2026-Q2", S.REQUESTED)

    with pytest.raises(StaleVersion), desk.database.write() as session:
        requests.move(session, desk.actor("supervisor"), release.id, Move(S.APPROVED), seen={7}, now=NOW)

    assert desk.recorded(release) == []


def test_who_draws_a_release_ends_where_it_moves_on_and_nobody_else_does(desk: Desk) -> None:
    moved, other = (desk.there("T", period, S.APPROVED) for period in ("2026-Q2", "2026-Q1"))
    desk.rows.add_all(ReleaseDraw(release_id=each.id, runner="0" * 32) for each in (moved, other))
    desk.rows.commit()

    desk.move("colleague", moved, S.APPROVED)

    assert desk.rows.scalars(select(ReleaseDraw.release_id)).all() == [other.id]


@pytest.mark.parametrize(("days", "is_taken"), [(0, False), (1, True), (31, True), (32, False)])
def test_partners_read_alone_from_tomorrow_on_and_for_a_month_at_most(desk: Desk, days: int, is_taken: bool) -> None:
    release, day = desk.there("T", "2026-Q2", S.SIGNED, total=7), TODAY + timedelta(days)

    if is_taken:
        assert desk.move("supervisor", release, S.EMBARGOED, day).public_on == day
    else:
        refused = refusal(lambda: desk.move("supervisor", release, S.EMBARGOED, day))
        assert refused == (422, "release-embargo")


def test_an_embargo_ends_on_its_day_but_where_two_warn_of_the_release(desk: Desk) -> None:
    ended, warned, later, signed = (
        desk.there("T", period, state, total=7)
        for period, state in (
            ("2026-Q2", S.EMBARGOED),
            ("2026-Q1", S.EMBARGOED),
            ("2025", S.EMBARGOED),
            ("2024", S.SIGNED),
        )
    )
    before = desk.there("T", "2023", S.PUBLISHED, total=7)
    ended.supersedes, warned.warning = before.id, "It is wrong."
    for each in (ended, warned, later, signed):
        each.public_on = TODAY + timedelta(each is later)
    desk.rows.commit()

    with desk.database.write() as session:
        requests.end_embargoes(session, TODAY)

    assert desk.recorded(ended) == [Action.RELEASE_EMBARGO_ENDED]
    assert [(each.state, each.public_on) for each in (ended, before)] == [(S.PUBLISHED, None), (S.SUPERSEDED, None)]
    assert [each.state for each in (warned, later, signed)] == [S.EMBARGOED, S.EMBARGOED, S.SIGNED]
    with desk.database.read() as session:
        assert requests.published(session) == [(before.id, "2023"), (ended.id, "2026-Q2")]


@pytest.mark.parametrize("state", list(S))
def test_what_somebody_was_shown_and_stands_is_corrected_and_warned_of(desk: Desk, state: ReleaseState) -> None:
    release, other = desk.there("T", "2026-Q2", state, total=7), desk.there("T", "2026-Q1", S.PUBLISHED, total=7)
    later = desk.there("T", "2026-Q2", S.REJECTED)
    later.state, later.supersedes = S.PUBLISHED if state is S.SUPERSEDED else S.CANCELLED, release.id
    desk.rows.commit()

    acts = (partial(desk.warn, "supervisor", release, "It is wrong."), partial(desk.correct, release))

    if state in (S.PUBLISHED, S.EMBARGOED):
        assert [act().note for act in acts] == ["It is wrong.", None]
    else:
        told = (409, "release-superseded" if state is S.SUPERSEDED else NoSuchStep.type)
        assert [refusal(act) for act in acts] == [told] * 2
    assert desk.recorded(other) == []


def test_a_correction_is_of_the_noise_that_was_drawn_and_takes_the_place_of_what_it_corrects(desk: Desk) -> None:
    first = desk.there("T", "2026-Q2", S.PUBLISHED, total=7)

    asked = desk.correct(first)
    with pytest.raises(requests.ReleaseExists) as refused:
        desk.correct(first)
    approved = desk.move("colleague", asked, S.APPROVED)
    assert desk.rows.get_one(Release, first.id).state is S.PUBLISHED  # it stands until the other is public
    kept = desk.rows.get_one(Release, asked.id)
    noisy = kept.noisy
    kept.state = S.SIGNED
    desk.rows.commit()
    desk.move("colleague", asked, S.PUBLISHED)

    assert refused.value.members["release"] == asked.id
    assert (asked.supersedes, asked.drawn_as, asked.correction) == (first.id, first.id, "It was wrong.")
    assert (approved.state, approved.approved_by) == (S.DRAWN, desk.people["colleague"].id)
    assert noisy == first.noisy
    assert kept.noisy_sha256 == first.noisy_sha256
    assert first.state is S.SUPERSEDED
    assert desk.recorded(asked) == [Action.RELEASE_REQUESTED, Action.RELEASE_MOVED, Action.RELEASE_MOVED]
    again = desk.correct(kept)
    assert (again.supersedes, again.drawn_as) == (asked.id, first.id)


@pytest.mark.parametrize("ended", [S.REJECTED, S.CANCELLED])
def test_a_correction_that_came_to_nothing_bars_no_other(desk: Desk, ended: ReleaseState) -> None:
    first = desk.there("T", "2026-Q2", S.PUBLISHED, total=7)
    desk.rows.get_one(Release, desk.correct(first).id).state = ended
    desk.rows.commit()

    assert desk.correct(first).supersedes == first.id


def test_a_warning_is_told_when_two_have_said_the_same_and_other_words_wait_anew(desk: Desk) -> None:
    release = desk.there("T", "2026-Q2", S.PUBLISHED, total=7)
    one, two = (desk.people[name].id for name in ("supervisor", "colleague"))

    def said(who: str, words: str) -> tuple[str | None, str | None, str | None, str | None]:
        told = desk.warn(who, release, words)
        return told.note, told.note_by, told.note_too, told.warning

    assert said("supervisor", "Wrong.") == ("Wrong.", one, None, None)
    assert said("supervisor", "Wrong.") == ("Wrong.", one, None, None)
    assert said("colleague", "Wrong.") == ("Wrong.", one, two, "Wrong.")
    assert said("analyst", "Wrong.") == ("Wrong.", one, two, "Wrong.")  # a third says nothing new
    assert said("colleague", "All of it.") == ("All of it.", two, None, "Wrong.")
    assert said("supervisor", "All of it.") == ("All of it.", two, one, "All of it.")
    assert desk.recorded(release) == [Action.RELEASE_MOVED] * 4


def test_the_steps_of_a_release_are_those_of_whoever_asks(desk: Desk) -> None:
    release = desk.there("T", "2026-Q2", S.APPROVED)

    with desk.database.read() as session:
        told = {who: {step.to for step in requests.steps(session, desk.actor(who), release.id)} for who in desk.people}

    assert told == {
        "analyst": {S.CANCELLED},
        "supervisor": {S.CANCELLED, S.DRAWN},
        "colleague": {S.CANCELLED, S.APPROVED},
    }
