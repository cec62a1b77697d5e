"""What a draw works out: cards are opened and counted in memory, and the noise is drawn once.

Of many cards this is a program of its own beside the service, so that nobody who reports or works meanwhile waits for
it: it has the lent keys in its memory, reads sealed cards from its input, and writes to its output only what is
published and what is sealed. It ends with its input.
"""

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from os import nice
from select import POLLIN, poll
from typing import IO, Final, cast

from app import age, vocabulary
from app.protocol.certificates import Trust
from app.protocol.periods import quarters
from app.protocol.release.counts import NoisyTable
from app.statistics.releases import counting, noise, opening
from app.statistics.releases.accounts import Accounts, AccountsError, growth, name_of, rebuilt
from app.statistics.releases.opening import Opener, Page
from app.statistics.releases.packed import Cards

# How often whoever waits for the program is asked whether they still do.
_LOOK_MILLISECONDS: Final = 1000
# Whoever reports, or works, goes first.
_NICE: Final = 5


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


class ProgramFailed(Exception):
    """The program that draws has ended without an answer, and has said where."""


def draw(task: Task, cards: Iterable[Page], earlier: Iterable[Page], *, beat: Callable[[], None]) -> Draw:
    """Open, count and draw. `cards` are those of the period; `earlier`, of other periods that were charged, are read
    where the accounts begin anew.

    `beat` is called now and then while another program is at work, and what it raises ends that. Who may still be
    counted is each person's own matter; how many are not, nobody is told. Raises `AccountsError` where more were
    counted than the noise leaves room for, and `ProgramFailed`.
    """
    sources = [iter(cards), iter(earlier)]
    first = [list(islice(pages, opening.ALONE + 1)) for pages in sources]
    if all(len(pages) <= opening.ALONE for pages in first):
        return _drawn(task, *first)
    return _drawn_beside(task, list(map(chain, first, sources)), beat)


def _drawn(task: Task, cards: Iterable[Page], earlier: Iterable[Page]) -> Draw:
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


def _drawn_beside(task: Task, sources: Sequence[Iterable[Page]], beat: Callable[[], None]) -> Draw:
    with _program() as program:
        goes, comes = cast("IO[bytes]", program.stdin), cast("IO[bytes]", program.stdout)
        try:
            pickle.dump(task, goes)
            for pages in sources:
                for page in pages:
                    pickle.dump(page, goes)
                pickle.dump(None, goes)
            goes.flush()
            beat()
            answered = poll()  # `select` takes no file above 1,024, which many connections leave it with
            answered.register(comes, POLLIN)
            while not answered.poll(_LOOK_MILLISECONDS):
                beat()
            answer: Draw | AccountsError = pickle.load(comes)  # noqa: S301 - what this process began has written it
        except (BrokenPipeError, EOFError):
            program.wait()
            raise ProgramFailed from None
    if isinstance(answer, AccountsError):
        raise answer
    return answer


@contextmanager
def _program() -> Iterator[subprocess.Popen[bytes]]:
    """It runs for as long as anybody waits for it."""
    process = opening.begin_program(__name__)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def serve() -> None:
    """Draw what comes on standard input, and say on standard output what came of it: the work of the program."""
    nice(_NICE)
    sys.excepthook = opening.tell_place_alone
    with open(0, "rb") as came, open(1, "wb") as goes:
        task: Task = pickle.load(came)  # noqa: S301 - by whoever began this
        try:
            answer: Draw | AccountsError = _drawn(task, _received(came), _received(came))
        except AccountsError as error:
            answer = error
        pickle.dump(answer, goes)


def _received(came: IO[bytes]) -> Iterator[Page]:
    while (page := pickle.load(came)) is not None:  # noqa: S301 - by whoever began this
        yield page
