"""The draw: cards are opened and counted in memory, the noise is drawn once, and the ledger is charged with it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import age, vocabulary
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.people.shared_keys import service as shared_keys
from app.people.staff import service as staff
from app.problems import Problem, StaleVersion
from app.protocol import card as cards_
from app.protocol.certificates import Trust
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.periods import first_day, last_day, quarters
from app.protocol.release.budget import is_drawn
from app.protocol.release.counts import NoisyCounts, write_counts
from app.protocol.release.ledger import LedgerLine, next_line
from app.protocol.statements import LATE
from app.protocol.types import TYPES
from app.statistics.cards import service as cards
from app.statistics.cards.service import RecordedCard
from app.statistics.releases import accounting, counting, ledger, noise, requests
from app.statistics.releases.models import BudgetEntry, Release, ReleaseState, TokenSpend
from app.statistics.releases.requests import ReleaseExists
from app.vocabulary import Workload

# Who may have written or approved a card.
SIGNERS = TYPES["card"].roles


class StatisticsKeyWrong(Problem):
    """A draw opens every card of its period, so it needs each statistics key of it and no other.

    Fetch the grants of those keys anew and lend all of them.
    """

    type, status, title = "statistics-key-wrong", 422, "These are not all statistics keys of the period, and no others"


@dataclass(frozen=True)
class Snapshot:
    """What a draw starts from, read in one transaction. `ledger` is its place: a later draw makes it stale.

    `accounts` is what each token has spent, in millionths of rho, by `accounting.token_hash`.
    """

    release: str
    period: str
    workload: Workload
    cards: Sequence[RecordedCard]
    trust: Trust
    accounts: dict[str, int]
    ledger: tuple[LedgerLine, ...]


@dataclass(frozen=True)
class Draw:
    """NoisyCounts counts, and the accounts that were admitted to them."""

    counts: NoisyCounts
    admitted: frozenset[str]


def snapshot(session: Session, actor: Actor, release_id: str) -> Snapshot:
    """What the approver's draw starts from. Raises `NoSuchStep` unless the release waits for it."""
    release = requests.get(session, actor, release_id)
    requests.check(actor, release, ReleaseState.DRAWN)
    return Snapshot(
        release=release.id,
        period=release.period,
        workload=vocabulary.workload(release.workload),
        cards=[each for quarter in quarters(release.period) for each in cards.recorded_in(session, quarter)],
        trust=staff.trust_in_everybody(session),
        accounts={spend.token_hash: spend.rho_millionths for spend in session.scalars(select(TokenSpend))},
        ledger=ledger.lines(session),
    )


def statistics_identities(
    session: Session, keys: Sequence[str], *, period: str, today: date
) -> list[age.HybridIdentity]:
    """The lent keys, which are those of the period.

    Without one of them the draw would spend the budget on a part of the cards, and never be drawn again. What is asked
    for follows from the public statements, so a refusal tells nothing of the cards. Raises `StatisticsKeyWrong`.
    """
    try:
        every = [age.parse_identity(text) for text in keys]
    except age.Error:
        raise StatisticsKeyWrong from None
    identities = [identity for identity in every if isinstance(identity, age.HybridIdentity)]
    if {str(identity.recipient) for identity in identities} != shared_keys.statistics_recipients(
        session, period, today
    ):
        raise StatisticsKeyWrong
    return identities


def draw(
    start: Snapshot,
    identities: Sequence[age.HybridIdentity],
    *,
    account_key: bytes,
    measurement: noise.Measurement,
) -> Draw:
    """Open, count and draw, in memory and outside any transaction.

    Who may still be counted is each token's own matter; how many are not, nobody is told. `account_key` is the
    service's, 32 bytes.
    """
    cards = _open(start.cards, identities, start.trust)
    accounts = {card.token: accounting.token_hash(account_key, card.token) for card in cards}
    admitted = accounting.admit(start.accounts, accounts.values(), rho=start.workload.rho)
    own = (card for card in cards if accounts[card.token] in admitted)
    counts = counting.count(own, start.workload, period=start.period)
    tables = noise.draw(start.workload, counts, measurement)
    return Draw(NoisyCounts(period=start.period, workload=start.workload, tables=tables), admitted)


def settle(session: Session, actor: Actor, start: Snapshot, result: Draw, *, now: datetime) -> Release:
    """Charge the draw and keep its noisy counts, at once or not at all.

    Raises `ReleaseExists` or `NoSuchStep` where somebody was first: their draw counts, and this noise is thrown away
    unseen, as it is where the accounts have moved since the snapshot (`StaleVersion`), or where the budget no longer
    bears it (`ReleaseBudgetExhausted`).
    """
    release = requests.locked(session, actor, start.release)
    requests.check(actor, release, ReleaseState.DRAWN)
    lines = ledger.lines(session)
    if is_drawn(lines, kind=start.workload.kind, period=start.period):
        raise ReleaseExists
    if lines != start.ledger:
        raise StaleVersion
    ledger.refuse_overspending(lines, start.workload, start.period)
    _charge(session, start, result)
    release.noisy = write_counts(result.counts)
    release.noisy_sha256 = sha256_hex(release.noisy)
    release.state = ReleaseState.DRAWN
    audit.record(session, actor.id, Action.RELEASE_DRAWN, release.id, now=now)
    session.flush()
    return release


def _open(
    recorded: Sequence[RecordedCard], identities: Sequence[age.HybridIdentity], trust: Trust
) -> list[cards_.StatCard]:
    """The cards that count. No other stops the draw, and nothing is told of it but that (RELEASES § 0)."""
    was_certified = cache(partial(_was_certified, trust))
    cards = []
    for each in recorded:
        try:
            signed = cards_.parse(age.decrypt(each.file, identities))
            _check_row(each, signed.card)
            signed.check_signed(partial(was_certified, each.quarter))
        except (age.Error, ProtocolError):
            continue
        cards.append(signed.card)
    return cards


def _check_row(recorded: RecordedCard, card: cards_.StatCard) -> None:
    """It is the card, and its revision, that it came as. Raises `CardError`."""
    came_as = (recorded.id_sha256, recorded.revision_sha256)
    if came_as != (sha256_hex(card.id.encode()), cards_.revision_sha256(card.id, card.revision)):
        raise cards_.CardError("it came as another card or revision")


def _was_certified(trust: Trust, quarter: str, person: str, key: bytes) -> bool:
    """Whether the key was the person's in the quarter, or in the days before in which a card may have waited."""
    first, last = first_day(quarter) - LATE, last_day(quarter)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return trust.was_certified(person, key, days, roles=SIGNERS)


def _charge(session: Session, start: Snapshot, result: Draw) -> None:
    """A line of the ledger, and its rho on every account that was admitted."""
    line = next_line(
        start.ledger[-1] if start.ledger else None,
        release=start.release,
        period=start.period,
        workload=start.workload,
        opendp=noise.opendp_version(),
    )
    if not insert_or_ignore(session, BudgetEntry, [asdict(line)]):
        raise StaleVersion  # a draw of another release took this line of the ledger meanwhile
    accounts = {account.token_hash: account for account in session.scalars(select(TokenSpend))}
    for token in sorted(result.admitted):
        if token in accounts:
            accounts[token].rho_millionths += line.rho_millionths
        else:
            session.add(TokenSpend(token_hash=token, rho_millionths=line.rho_millionths))
