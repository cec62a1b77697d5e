"""What a draw works out: cards are opened and counted in memory, and the noise is drawn once (RELEASES § 1)."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from typing import cast

from app import age, vocabulary
from app.protocol.certificates import Trust
from app.protocol.periods import quarters
from app.protocol.release.counts import NoisyTable
from app.statistics.releases import counting, noise, opening
from app.statistics.releases.accounts import Accounts, growth, name_of, rebuilt
from app.statistics.releases.opening import Opener, Page
from app.statistics.releases.packed import Cards


@dataclass(frozen=True)
class Task:
    """What is drawn, and from what.

    `accounts` are None where they begin anew, from what was `charged` (the ledger's periods, with their rho);
    `recipients` are those of the statistics keys by period. They are filled to `slots`, beside what this draw adds, and
    sealed to `sealed_to`.
    """

    period: str
    workload: str
    trust: Trust
    measurement: noise.Measurement
    identities: tuple[str, ...] = field(repr=False)
    accounts: Accounts | None = field(repr=False)
    charged: tuple[tuple[str, int], ...]
    recipients: Mapping[str, AbstractSet[str]]
    slots: int
    sealed_to: str


@dataclass(frozen=True)
class Draw:
    """The noisy tables, and the accounts, sealed, as they are when they are charged."""

    tables: tuple[NoisyTable, ...]
    accounts: bytes


def draw(task: Task, cards: Iterable[Page], earlier: Iterable[Page]) -> Draw:
    """Open, count and draw. `cards` are those of the period; `earlier`, of other periods that were charged, are read
    where the accounts begin anew.

    Who may still be counted is each person's own matter; how many are not, nobody is told. Raises `AccountsError` where
    more were counted than the noise leaves room for.
    """
    identities = [cast("age.HybridIdentity", age.parse_identity(text)) for text in task.identities]
    opener, workload, accounts = Opener(identities, task.trust), vocabulary.workload(task.workload), task.accounts
    opened = opening.opened(cards, opener)
    before = opening.opened(earlier, opener)
    if accounts is None:
        accounts = _rebuilt(task, {str(each.recipient) for each in identities}, [opened.cards, before.cards])
        accounts.follow(before.said)
    accounts.follow(opened.said)

    def person_of(token: bytes) -> bytes:
        return accounts.person(name_of(token))

    everybody = {person_of(token) for _, token in opened.cards.tokens()}
    admitted = {person for person in everybody if accounts.can_bear(person, workload.rho)}
    own = (theirs for person, theirs in opened.cards.persons(person_of) if person in admitted)
    counts = counting.count(own, workload, period=task.period)
    tables = noise.draw(workload, counts, task.measurement)
    accounts.charge(admitted, workload.rho)
    accounts.fill(task.slots + growth(tables[0]), workload.rho)
    sealed = age.encrypt(accounts.write(), [age.HybridRecipient.read(task.sealed_to)])
    return Draw(tables, sealed)


def _rebuilt(task: Task, lent: AbstractSet[str], opened: Iterable[Cards]) -> Accounts:
    """The worst that they can be, where nobody opens those that were kept."""
    tokens: dict[str, set[bytes]] = {}
    for quarter, token in chain.from_iterable(each.tokens() for each in opened):
        tokens.setdefault(quarter, set()).add(token)
    everybody = set[bytes]().union(*tokens.values())

    def tokens_of(period: str) -> AbstractSet[bytes]:
        is_open = task.recipients[period] <= lent
        return set[bytes]().union(*(tokens.get(each, ()) for each in quarters(period))) if is_open else everybody

    return rebuilt(task.charged, tokens_of)
