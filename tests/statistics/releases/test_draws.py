"""What is counted, charged and thrown away when a release is drawn."""

import dataclasses
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import age
from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.cli.demo_population import population
from app.database import Database
from app.people.shared_keys.models import SharedKey
from app.people.staff import service as staff
from app.problems import StaleVersion
from app.protocol import card as cards_
from app.protocol.card import CARD_SIZE, Says, SignedCard, TokenCard
from app.protocol.encoding import sha256_hex
from app.protocol.release.budget import LIFE_CAP
from app.protocol.release.counts import write_counts
from app.protocol.release.ledger import check_chain
from app.statistics.cards.models import Card
from app.statistics.releases import accounts as accounts_
from app.statistics.releases import draws, kept_accounts, ledger
from app.statistics.releases.accounts import Accounts
from app.statistics.releases.drawing import Draw
from app.statistics.releases.draws import Snapshot
from app.statistics.releases.kept_accounts import AccountsLost
from app.statistics.releases.ledger import ReleaseBudgetExhausted
from app.statistics.releases.models import AccountsPart, BudgetEntry, Release, ReleaseState
from app.statistics.releases.opening import Opener, Page, SealedCard
from app.statistics.releases.requests import ReleaseExists
from app.statistics.releases.runs import Run
from app.transitions import NoSuchStep
from app.vocabulary import Role
from tests.flows.evil import attacks
from tests.protocol.organisation import Person, person
from tests.statistics.conftest import ANALYST, APPROVER, COLLEAGUE, STATISTICS, TRIAGER, Office, seal_card
from tests.statistics.releases import folders
from tests.statistics.releases.flow import TOTAL, Flow, keep_cards, problem, row_of
from tests.statistics.releases.measurements import NoNoise

TOKENS = sorted({card.token for card in population(20, b"flow")})
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACTOR = Actor(id=APPROVER.id, roles=APPROVER.roles, team_id=None, today=NOW.date())


@pytest.fixture
def approved(office: Office, rows: Session) -> str:
    """The id of a release of 20 persons that waits for its draw."""
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    return Flow.approved(office, TOTAL).release


def test_every_person_is_counted_and_charged_once(database: Database, rows: Session, approved: str) -> None:
    drawn = _settled(database, _start(database, approved))

    accounts = _opened(drawn)
    assert _total(drawn) == 20
    assert {accounts.spent[accounts_.name_of(token)] for token in TOKENS} == {5_000}
    assert len(TOKENS) == 20
    release = rows.get_one(Release, approved)
    assert (release.state, release.noisy_sha256 is not None) == (ReleaseState.DRAWN, True)


def test_how_long_the_accounts_are_follows_from_published_numbers_and_nobody_has_a_row(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    first = _settled(database, _start(database, approved))
    length = 2 * (20 + 6 * 10)  # the noisy total, six deviations, and room for another token of each
    again = Flow.requested(office, TOTAL | {"period": "2026-Q1"})  # without a card
    again.move("approved", by=APPROVER)
    second = _settled(database, _start(database, again.release))

    assert (len(_opened(first)), len(_opened(second))) == (length, length + 2 * 6 * 10)
    assert rows.scalars(select(AccountsPart.content)).all() == [second.accounts]
    line = rows.scalars(select(BudgetEntry).order_by(BudgetEntry.seq.desc())).first()
    assert line is not None
    assert line.accounts_sha256 == sha256_hex(second.accounts)


@pytest.mark.parametrize(("left", "is_counted"), [(4_999, False), (5_000, True)])
def test_an_account_bears_what_is_left_to_the_last_millionth_and_no_more(
    database: Database, approved: str, left: int, is_counted: bool
) -> None:
    name = accounts_.name_of(TOKENS[0])
    start = _with_accounts(_start(database, approved), Accounts({name: LIFE_CAP - left}))

    drawn = _draw(database, start)

    assert _total(drawn) == 19 + is_counted
    assert _opened(drawn).spent[name] == LIFE_CAP - left + 5_000 * is_counted


def test_whose_tokens_were_joined_is_one_person_with_one_account(
    database: Database, rows: Session, approved: str
) -> None:
    one, two, *_ = TOKENS
    rows.add(_said(Says.JOIN, (one, two)))
    rows.flush()
    names = accounts_.name_of(one), accounts_.name_of(two)
    start = _with_accounts(_start(database, approved), Accounts(dict(zip(names, (12_500, 5_000), strict=True))))

    drawn = _draw(database, start)

    after = _opened(drawn)
    assert _total(drawn) == 19
    assert after.stands_for == {max(names): min(names)}
    assert after.spent[min(names)] == accounts_.joined(12_500, 5_000) + 5_000


def test_a_joining_holds_in_later_draws_that_do_not_read_its_card_until_a_card_parts_them(
    office: Office, database: Database, approved: str
) -> None:
    joining, parting = (_sealed(_said(says, (TOKENS[0], TOKENS[1]))) for says in (Says.JOIN, Says.PART))
    first = _settled(database, _start(database, approved), joining)
    later = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    later.move("approved", by=APPROVER)
    again = _start(database, later.release)
    assert (again.earlier, set(again.recipients)) == ((), {"2026-Q1"})
    assert again.accounts.opened_by == {str(STATISTICS.recipient)}
    without, parted = (_draw(database, again, *more, of="2026-Q2") for more in ((), (parting,)))

    assert [_total(drawn) for drawn in (first, without, parted)] == [19, 19, 20]


@pytest.mark.parametrize("damage", ["another file", "an older file", "no file"])
def test_accounts_that_are_not_those_of_the_last_draw_are_not_drawn_on(
    office: Office, database: Database, rows: Session, approved: str, damage: str
) -> None:
    _settled(database, _start(database, approved))
    piece = rows.scalars(select(AccountsPart)).one()
    if damage == "no file":
        rows.delete(piece)
    else:
        piece.content = age.encrypt(Accounts().write(), [STATISTICS.recipient]) if damage == "another file" else b"age"
    rows.flush()
    later = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    later.move("approved", by=APPROVER)

    refused = later.draw()

    assert problem(refused) == (409, "release-accounts-lost")


def test_two_supervisors_let_the_accounts_begin_anew_at_the_worst_that_they_can_be(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    _settled(database, _start(database, approved))
    rows.execute(delete(AccountsPart))
    rows.flush()
    later = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    later.move("approved", by=APPROVER)

    def say(who: Person) -> int:
        return later.post("/lost-accounts", {}, by=who).status_code

    assert (say(ANALYST), say(APPROVER), say(APPROVER)) == (403, 201, 201)
    assert problem(later.draw()) == (409, "release-accounts-lost")
    assert say(COLLEAGUE) == 201
    drawn = _draw(database, _start(database, later.release))

    spent = _opened(drawn).spent
    assert {spent[accounts_.name_of(token)] for token in TOKENS} == {5_000}  # of the draw before; this one has no card
    assert len(spent) == 2 * (20 + 6 * 10) + 2 * 6 * 10


def test_who_cannot_be_counted_for_want_of_room_keeps_the_draw_from_being_charged(
    database: Database, rows: Session, approved: str
) -> None:
    """It takes noise six deviations below the middle, or joinings of very many who have no card."""
    rows.add_all(
        _said(Says.JOIN, (bytes([1, number, *bytes(14)]), bytes([2, number, *bytes(14)]))) for number in range(80)
    )
    rows.flush()
    start = _start(database, approved)

    with pytest.raises(draws.AccountsFull) as refused:
        _draw(database, start)
    assert refused.value.status == 409

    assert rows.scalars(select(BudgetEntry)).all() == []


def test_what_opens_to_no_card_is_counted_for_nobody(database: Database, rows: Session, approved: str) -> None:
    for number, file in enumerate(
        (
            age.encrypt(bytes(CARD_SIZE), [STATISTICS.recipient]),
            age.encrypt(bytes(CARD_SIZE), [age.generate().recipient]),
        )
    ):
        rows.add(Card(id_sha256=f"{number:064}", quarter="2026-Q2", file=file))
    rows.flush()

    assert _total(_draw(database, _start(database, approved))) == 20


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

    assert _total(_draw(database, _start(database, approved))) == 20


@pytest.mark.parametrize(
    "came_as", [{"id": "card_" + "0" * 32}, {"revision": 1}], ids=["another card", "another revision"]
)
def test_a_card_counts_only_as_what_it_came_as(
    database: Database, rows: Session, approved: str, came_as: dict[str, Any]
) -> None:
    row = row_of(dataclasses.replace(CARD, **came_as), seal_card(CARD))
    rows.add(row)
    rows.flush()
    assert _total(_draw(database, _start(database, approved))) == 20

    row.id_sha256, row.revision_sha256 = sha256_hex(CARD.id.encode()), cards_.revision_sha256(CARD.id, CARD.revision)
    rows.flush()

    assert _total(_draw(database, _start(database, approved))) == 21


def test_a_signature_counts_under_a_certificate_of_the_quarter_or_of_the_month_before(
    office: Office, rows: Session
) -> None:
    was_certified = Opener([], staff.trust_in_everybody(rows)).was_certified
    key = TRIAGER.signer.public_key

    assert was_certified("2026-Q2", TRIAGER.id, key)
    assert not was_certified("2026-Q1", TRIAGER.id, key)
    assert was_certified("2027-Q1", TRIAGER.id, key)  # it ended on the last day of the year
    assert not was_certified("2027-Q2", TRIAGER.id, key)
    assert not was_certified("2026-Q2", ANALYST.id, ANALYST.signer.public_key)


def test_what_is_left_of_a_withdrawn_card_is_counted_for_nobody(
    database: Database, rows: Session, approved: str
) -> None:
    rows.add(Card(id_sha256="0" * 64))
    rows.flush()

    assert _total(_draw(database, _start(database, approved))) == 20


def test_cards_of_another_quarter_are_not_counted(database: Database, rows: Session, approved: str) -> None:
    keep = rows.scalars(select(Card)).first()
    assert keep is not None
    rows.add(Card(id_sha256="0" * 64, quarter="2026-Q1", file=keep.file))
    rows.flush()

    assert _total(_draw(database, _start(database, approved))) == 20


def test_whoever_comes_second_throws_the_noise_away(database: Database, rows: Session, approved: str) -> None:
    start = _start(database, approved)
    first, second = _draw(database, start), _draw(database, start)
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
    drawn = _draw(database, start)
    other = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    other.move("approved", by=APPROVER)
    assert other.draw().json()["state"] == "composed"

    with pytest.raises(StaleVersion), database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)

    assert rows.scalars(select(BudgetEntry.release)).all() == [other.release]
    assert rows.get_one(Release, approved).state is ReleaseState.APPROVED


def test_a_draw_that_was_cut_off_is_composed_later_from_its_noise(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    start = _start(database, approved)
    with database.write() as session:
        draws.settle(session, ACTOR, start, _draw(database, start), now=NOW)

    answer = Flow(office, approved).post("/composition", {}, by=APPROVER)

    assert (answer.status_code, answer.json()["state"]) == (201, "composed")
    assert answer.json()["noisy_sha256"] == rows.get_one(Release, approved).noisy_sha256


def test_only_what_waits_for_its_draw_and_the_budget_bears_is_begun(
    database: Database, rows: Session, approved: str
) -> None:
    release = rows.get_one(Release, approved)
    release.state = ReleaseState.REQUESTED
    rows.flush()
    with pytest.raises(NoSuchStep):
        _start(database, approved)

    release.state = ReleaseState.APPROVED
    other = _charged(rows, rho=15_001)
    rows.flush()
    with pytest.raises(ReleaseBudgetExhausted):
        _start(database, approved)

    rows.get_one(BudgetEntry, other).rho_millionths = 15_000
    rows.flush()
    assert _start(database, approved).period == "2026-Q2"


def test_without_a_statistics_key_nothing_is_begun(database: Database, rows: Session, approved: str) -> None:
    rows.execute(delete(SharedKey))

    with pytest.raises(draws.StatisticsKeyWrong) as refused:
        _start(database, approved)

    assert (refused.value.status, refused.value.type) == (422, "statistics-key-wrong")


def _charged(rows: Session, *, rho: int) -> int:
    """The line of a release of another quarter, drawn before there were accounts, which cost this much."""
    made = Release(id="rel_" + "1" * 32, kind="reserve", period="2026-Q1", workload="T", requested_by=ANALYST.id)
    made.state, made.noisy = ReleaseState.PUBLISHED, write_counts(folders.noisy("T"))
    rows.add(made)
    rows.flush()
    line = BudgetEntry(seq=1, release=made.id, kind="reserve", period="2026-Q1", workload="T", rho_millionths=rho)
    line.workload_sha256, line.previous, line.opendp = "0" * 64, "0" * 64, "0.16.0"
    rows.add(line)
    rows.flush()
    return line.seq


TURNED, LOST, OTHER = (age.generate() for _ in range(3))


@pytest.mark.parametrize(
    ("lent", "are_all"),
    [
        ([STATISTICS, TURNED], True),
        ([TURNED, STATISTICS], True),
        ([STATISTICS, TURNED, LOST], True),  # of an earlier period, where accounts begin anew
        ([STATISTICS], False),
        ([TURNED], False),
        ([STATISTICS, TURNED, OTHER], False),
        ([], False),
    ],
)
def test_each_key_of_the_period_and_the_accounts_is_lent_and_none_that_opens_nothing(
    database: Database, approved: str, lent: list[age.HybridIdentity], *, are_all: bool
) -> None:
    start = _start(database, approved)
    kept = dataclasses.replace(start.accounts, opened_by={str(TURNED.recipient)})
    recipients = {**start.recipients, "2026-Q1": {str(LOST.recipient)}}
    start = dataclasses.replace(start, accounts=kept, recipients=recipients)

    if are_all:
        assert set(map(str, draws.statistics_identities(start, list(map(str, lent))))) == set(map(str, lent))
    else:
        with pytest.raises(draws.StatisticsKeyWrong):
            draws.statistics_identities(start, list(map(str, lent)))


def test_what_is_no_key_of_statistics_draws_nothing(database: Database, approved: str) -> None:
    start = _start(database, approved)
    nothing_to_open = dataclasses.replace(start, recipients={"2026-Q2": set()})
    classic = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"

    for keys in (["AGE-SECRET-KEY-PQ-1" + "Q" * 58], [], [str(STATISTICS), "AGE"]):
        with pytest.raises(draws.StatisticsKeyWrong):
            draws.statistics_identities(start, keys)
    with pytest.raises(draws.StatisticsKeyWrong):
        draws.statistics_identities(nothing_to_open, [classic])
    with pytest.raises(draws.StatisticsKeyWrong):
        draws.statistics_identities(nothing_to_open, [])


def test_accounts_that_begin_anew_charge_who_may_have_been_counted_under_a_key_that_is_lost(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    """Whoever has an open card is charged what was drawn of its quarter; what was drawn of no open card, everybody."""
    _settled(database, _start(database, approved))
    rows.add(_said(Says.JOIN, (TOKENS[0], TOKENS[1])))
    rows.flush()
    later = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    later.move("approved", by=APPROVER)
    for who in (APPROVER, COLLEAGUE):
        later.post("/lost-accounts", {}, by=who)
    start = _start(database, later.release)
    lost = dataclasses.replace(start, recipients={**start.recipients, "2026-Q2": {str(LOST.recipient)}})
    of_another = dataclasses.replace(lost, ledger=(dataclasses.replace(start.ledger[0], period="2025-Q1"),))
    elsewhere = dataclasses.replace(of_another, recipients={**start.recipients, "2025-Q1": {str(STATISTICS.recipient)}})
    unopened = dataclasses.replace(of_another, recipients={**start.recipients, "2025-Q1": {str(LOST.recipient)}})

    spent = [_opened(_draw(database, each)).spent for each in (start, lost, elsewhere, unopened)]

    assert start.earlier == ("2026-Q2",)
    names = sorted(map(accounts_.name_of, TOKENS))
    joined, *_ = sorted(map(accounts_.name_of, TOKENS[:2]))
    alone = next(name for name in names if name not in map(accounts_.name_of, TOKENS[:2]))
    assert [(each.get(joined), each.get(alone)) for each in spent] == [
        (20_000, 5_000),
        (20_000, 5_000),
        (0, None),
        (20_000, 5_000),
    ]


def test_a_kind_of_release_of_a_period_is_drawn_once_whoever_asked_for_it(
    database: Database, rows: Session, approved: str
) -> None:
    start = _start(database, approved)
    drawn = _settled(database, start)
    again = rows.get_one(Release, approved, populate_existing=True)
    again.state = ReleaseState.APPROVED
    rows.flush()

    with pytest.raises(ReleaseExists), database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)


def test_what_the_budget_bore_when_it_was_begun_and_bears_no_more_is_not_charged(
    database: Database, rows: Session, approved: str
) -> None:
    _charged(rows, rho=15_000)
    start = _start(database, approved)
    drawn = _draw(database, start)
    dearer = dataclasses.replace(start, ledger=(dataclasses.replace(start.ledger[0], rho_millionths=15_001),))
    rows.get_one(BudgetEntry, 1).rho_millionths = 15_001
    rows.flush()

    with pytest.raises(ReleaseBudgetExhausted), database.write() as session:
        draws.settle(session, ACTOR, dearer, drawn, now=NOW)


def test_a_draw_is_on_record_and_every_line_of_the_ledger_names_the_one_before(
    office: Office, database: Database, rows: Session, approved: str
) -> None:
    _settled(database, _start(database, approved))
    later = Flow.requested(office, TOTAL | {"period": "2026-Q1"})
    later.move("approved", by=APPROVER)
    _settled(database, _start(database, later.release))

    with database.read() as session:
        lines = ledger.lines(session)
    check_chain(lines)
    assert [line.period for line in lines] == ["2026-Q2", "2026-Q1"]
    recorded = select(AuditEvent.object_id).where(AuditEvent.action == Action.RELEASE_DRAWN).order_by(AuditEvent.seq)
    assert rows.scalars(recorded).all() == [approved, later.release]


def test_accounts_of_another_length_than_was_published_or_that_nobody_opens_are_lost(
    database: Database, approved: str
) -> None:
    start = _with_accounts(_start(database, approved), Accounts({b"n" * 16: 5_000}))
    longer = dataclasses.replace(start.accounts, slots=2)
    no_accounts = dataclasses.replace(start.accounts, sealed=age.encrypt(b"n", [STATISTICS.recipient]))

    assert start.accounts.open_([STATISTICS]) == Accounts({b"n" * 16: 5_000})
    for kept, key in ((longer, STATISTICS), (no_accounts, STATISTICS), (start.accounts, OTHER)):
        with pytest.raises(AccountsLost) as refused:
            kept.open_([key])
        assert (refused.value.status, refused.value.type) == (409, "release-accounts-lost")


def test_accounts_begin_with_the_first_draw_that_kept_some(database: Database, rows: Session, approved: str) -> None:
    """A draw of before there were accounts left none, and its persons are charged at the worst."""
    _charged(rows, rho=5_000)

    start = _start(database, approved)

    assert (start.accounts.sealed, start.earlier) == (None, ("2026-Q1",))
    assert start.accounts.slots == accounts_.growth(folders.noisy("T").tables[0])


def test_accounts_that_moved_while_they_were_read_are_stale_and_not_lost(
    database: Database, rows: Session, approved: str
) -> None:
    _settled(database, _start(database, approved))

    with database.read() as session:
        release, lines = session.get_one(Release, approved), ledger.lines(session)
        moved = (*lines[:-1], dataclasses.replace(lines[-1], accounts_sha256="0" * 64))
        with pytest.raises(StaleVersion):
            kept_accounts.kept(session, release, moved)


def test_accounts_lie_in_pieces_in_the_place_of_those_before(database: Database, rows: Session, office: Office) -> None:
    for pieces in ([1024 * 1024, 1024 * 1024, 5], [1024 * 1024], [7]):
        sealed = bytes(index % 251 for index in range(sum(pieces)))
        with database.write() as session:
            kept_accounts.keep(session, sealed)

        kept = rows.execute(select(AccountsPart.number, AccountsPart.content).order_by(AccountsPart.number)).all()
        assert [(number, len(content)) for number, content in kept] == list(enumerate(pieces, start=1))
        assert b"".join(content for _, content in kept) == sealed


def test_that_accounts_are_lost_is_said_by_two_of_a_release_that_waits_for_its_draw_and_is_on_record(
    database: Database, rows: Session, approved: str
) -> None:
    def say(who: Person) -> tuple[str | None, str | None]:
        actor = Actor(who.id, who.roles, None, NOW.date())
        with database.write() as session:
            said = kept_accounts.lose(session, actor, approved, now=NOW)
        return said.accounts_lost_by, said.accounts_lost_too

    assert say(APPROVER) == say(APPROVER) == (APPROVER.id, None)
    assert say(COLLEAGUE) == say(COLLEAGUE) == say(APPROVER) == say(ANALYST) == (APPROVER.id, COLLEAGUE.id)
    recorded = select(AuditEvent.actor_id).where(AuditEvent.action == Action.ACCOUNTS_LOST).order_by(AuditEvent.seq)
    assert rows.scalars(recorded).all() == [APPROVER.id, COLLEAGUE.id]
    rows.get_one(Release, approved, populate_existing=True).state = ReleaseState.REQUESTED
    rows.flush()
    with pytest.raises(NoSuchStep):
        say(APPROVER)


def _start(database: Database, release: str) -> Snapshot:
    with database.read() as session:
        return draws.snapshot(session, ACTOR, release, today=NOW.date())


def _draw(database: Database, start: Snapshot, *more: SealedCard, of: str | None = None) -> Draw:
    """From the cards of the period, or those of another, and some more."""
    run = Run(database, start.release, "", threading.Event())

    def read(wanted: Iterable[str]) -> Iterator[Page]:
        yield from run.read([of] if of else wanted)
        yield more

    accounts = start.accounts.open_([STATISTICS])
    return draws.draw(start, [STATISTICS], read, accounts=accounts, measurement=NoNoise(), beat=run.beat)


def _settled(database: Database, start: Snapshot, *more: SealedCard) -> Draw:
    drawn = _draw(database, start, *more)
    with database.write() as session:
        draws.settle(session, ACTOR, start, drawn, now=NOW)
    return drawn


def _with_accounts(start: Snapshot, accounts: Accounts) -> Snapshot:
    """As if an earlier draw had left these."""
    kept = dataclasses.replace(start.accounts, sealed=start.accounts.seal(accounts), slots=len(accounts))
    return dataclasses.replace(start, accounts=kept)


def _opened(drawn: Draw) -> Accounts:
    return Accounts.read(age.decrypt(drawn.accounts, [STATISTICS]))


def _said(says: Says, tokens: tuple[bytes, bytes]) -> Card:
    card = TokenCard(cards_.new_card_id(), says, tokens)
    return row_of(card, seal_card(card))


def _sealed(row: Card) -> SealedCard:
    assert row.quarter is not None
    assert row.file is not None
    return SealedCard(row.quarter, row.id_sha256, row.revision_sha256, row.file)


def _total(drawn: Draw) -> int:
    return drawn.tables[0].counts[0]
