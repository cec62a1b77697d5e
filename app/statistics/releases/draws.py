"""The draw: from what it starts, and how the ledger is charged with what `drawing` has worked out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TypeAlias, cast

from sqlalchemy.orm import Session

from app import age, vocabulary
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.people.shared_keys import service as shared_keys
from app.people.staff import service as staff
from app.problems import Problem, StaleVersion
from app.protocol.certificates import Trust
from app.protocol.encoding import sha256_hex
from app.protocol.periods import quarters
from app.protocol.release.budget import is_drawn
from app.protocol.release.counts import NoisyCounts, write_counts
from app.protocol.release.ledger import LedgerLine, next_line
from app.statistics.releases import beside, drawing, kept_accounts, ledger, noise, opening, requests
from app.statistics.releases.accounts import Accounts, AccountsError
from app.statistics.releases.drawing import Draw
from app.statistics.releases.kept_accounts import KeptAccounts
from app.statistics.releases.models import BudgetEntry, Release, ReleaseState
from app.statistics.releases.requests import ReleaseExists
from app.vocabulary import Workload

# The sealed cards of some quarters, page by page, each read in a transaction of its own.
Read: TypeAlias = Callable[[Iterable[str]], Iterable[opening.Page]]


class StatisticsKeyWrong(Problem):
    """A draw opens every card of its period and the accounts, so it needs each key of those and no other.

    Fetch the grants of those keys anew and lend all of them.
    """

    type, status, title = "statistics-key-wrong", 422, "These are not all statistics keys of the draw, and no others"


class AccountsFull(Problem):
    """More persons were counted than the noise leaves room for, which hardly ever happens. Nothing is charged.

    Draw again.
    """

    type, status, title = "release-accounts-full", 409, "There is no room for all who were counted"


@dataclass(frozen=True)
class Snapshot:
    """What a draw starts from, read in one transaction. `ledger` is its place: a later draw makes it stale.

    `recipients` are those of the statistics keys by period: of this one and, where the accounts begin `anew`, of all
    that were drawn; `earlier` are then their other quarters.
    """

    release: str
    period: str
    workload: Workload
    earlier: tuple[str, ...]
    trust: Trust
    accounts: KeptAccounts
    recipients: Mapping[str, AbstractSet[str]]
    ledger: tuple[LedgerLine, ...]


def snapshot(session: Session, actor: Actor, release_id: str, *, today: date) -> Snapshot:
    """What the approver's draw starts from.

    Raises `NoSuchStep` unless the release waits for it, `ReleaseBudgetExhausted`, `AccountsLost` or `StaleVersion`, and
    `StatisticsKeyWrong` where no key was ever stated.
    """
    release = requests.get(session, actor, release_id)
    requests.check(actor, release, ReleaseState.DRAWN)
    workload, lines = vocabulary.workload(release.workload), ledger.lines(session)
    ledger.refuse_overspending(lines, workload, release.period)
    accounts = kept_accounts.kept(session, release, lines)
    if accounts is None:
        raise StatisticsKeyWrong
    drawn = {line.period for line in lines} if accounts.sealed is None else set()
    earlier = {quarter for period in drawn for quarter in quarters(period)}.difference(quarters(release.period))
    return Snapshot(
        release=release.id,
        period=release.period,
        workload=workload,
        earlier=tuple(sorted(earlier)),
        trust=staff.trust_in_everybody(session),
        accounts=accounts,
        recipients={each: shared_keys.statistics_recipients(session, each, today) for each in {release.period, *drawn}},
        ledger=lines,
    )


def statistics_identities(start: Snapshot, keys: Sequence[str]) -> list[age.HybridIdentity]:
    """The lent keys, which are those of the period and of the accounts.

    Without one of them the draw would spend the budget on a part of the cards, and never be drawn again. What is asked
    for follows from the public statements, so a refusal tells nothing of the cards. Where the accounts begin anew,
    those of earlier periods are taken too. Raises `StatisticsKeyWrong`.
    """
    try:
        every = [age.parse_identity(text) for text in keys]
    except age.Error:
        raise StatisticsKeyWrong from None
    lent = {str(identity.recipient) for identity in every}
    needed = {*start.accounts.opened_by, *start.recipients[start.period]}
    if not lent or not needed <= lent <= needed.union(*start.recipients.values()):
        raise StatisticsKeyWrong
    return cast("list[age.HybridIdentity]", every)  # as all recipients of statistics keys are


def draw(
    start: Snapshot,
    identities: Sequence[age.HybridIdentity],
    read: Read,
    *,
    accounts: Accounts | None,
    measurement: noise.Measurement,
    beat: Callable[[], None],
) -> Draw:
    """Open, count and draw, in memory and outside any transaction but those of `read`.

    `accounts` are those that were kept, as they were opened; `beat` is called now and then. Raises `AccountsFull`, and
    what `read` and `beat` raise.
    """
    task = drawing.Task(
        period=start.period,
        workload=start.workload.id,
        trust=start.trust,
        measurement=measurement,
        identities=tuple(map(str, identities)),
        accounts=accounts,
        charged=tuple((line.period, line.rho_millionths) for line in start.ledger),
        recipients=start.recipients,
        slots=start.accounts.slots,
        sealed_to=str(start.accounts.recipient),
    )
    earlier = read(start.earlier) if accounts is None else ()
    try:
        return beside.draw(task, read(quarters(start.period)), earlier, beat=beat)
    except AccountsError:
        raise AccountsFull from None


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
    release.noisy = write_counts(NoisyCounts(start.period, start.workload, result.tables))
    release.noisy_sha256 = sha256_hex(release.noisy)
    release.state = ReleaseState.DRAWN
    audit.record(session, actor.id, Action.RELEASE_DRAWN, release.id, now=now)
    return release


def _charge(session: Session, start: Snapshot, result: Draw) -> None:
    """A line of the ledger, and the accounts of which it has the hash."""
    line = next_line(
        start.ledger[-1] if start.ledger else None,
        release=start.release,
        period=start.period,
        workload=start.workload,
        opendp=noise.opendp_version(),
        accounts_key=start.accounts.key,
        accounts_sha256=sha256_hex(result.accounts),
    )
    if not insert_or_ignore(session, BudgetEntry, [asdict(line)]):
        raise StaleVersion  # a draw of another release took this line of the ledger meanwhile
    kept_accounts.keep(session, result.accounts)
