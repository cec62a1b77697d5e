"""Many cards are drawn by a program of its own, and by the service's process as they would be."""

import dataclasses
import os
import resource
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import age
from app.cli.demo_population import population
from app.protocol import card as cards_
from app.protocol.card import Says, StatCard, TokenCard
from app.protocol.certificates import Trust
from app.protocol.encoding import sha256_hex
from app.statistics.releases import beside
from app.statistics.releases.accounts import Accounts, AccountsError, name_of
from app.statistics.releases.drawing import Draw, Task
from app.statistics.releases.opening import ALONE, Page, SealedCard
from tests.statistics.conftest import PIN, ROOT, STATISTICS, signed
from tests.statistics.releases.measurements import NoNoise

PERIOD = "2026-Q2"
CARDS = population(20, b"drawing")
RHO = 5_000  # of the workload, in millionths
_RECIPIENT = STATISTICS.recipient
TASK = Task(
    period=PERIOD,
    workload="T",
    trust=Trust.pinned(ROOT, PIN),
    measurement=NoNoise(),
    identities=(str(STATISTICS),),
    accounts=Accounts(),
    charged=(),
    recipients={PERIOD: {str(_RECIPIENT)}, "2026-Q1": {str(_RECIPIENT)}},
    slots=0,
    sealed_to=str(_RECIPIENT),
)


class Ended(Exception):
    """Nobody waits any more."""


@dataclass
class Broken(NoNoise):
    """Fails over what was counted."""

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:  # noqa: ARG002 - the interface has it
        raise ValueError(f"counted {counts}")


@dataclass
class Stopped(NoNoise):
    """Draws while the service is stopped, as a terminal or the system tells all of its processes."""

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:
        for each in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), each)
        return super().draw(counts, sigma=sigma)


@pytest.mark.parametrize("is_anew", [False, True])
def test_many_pages_are_drawn_as_few_are(*, is_anew: bool) -> None:
    other = (population(1, b"other")[0].token, CARDS[0].token)
    before = [*_sealed(population(4, b"before"), "2026-Q1"), *_sealed([_joined(other)], "2026-Q1")]

    def task() -> Task:
        accounts = None if is_anew else Accounts()
        return dataclasses.replace(TASK, accounts=accounts, charged=(("2026-Q1", 7), (PERIOD, 11)), slots=500)

    few = _draw(task(), [_sealed(CARDS)], [before])
    many = _draw(task(), _by_one(_sealed(CARDS)), _by_one(before))

    assert few.tables == many.tables
    assert few.tables[0].counts == (len({card.token for card in CARDS}),)
    assert _named(few) == _named(many)
    assert {_named(many)[0][name_of(card.token)] for card in CARDS[1:]} == {RHO + 11 if is_anew else RHO}


def test_who_cannot_be_counted_for_want_of_room_is_told_of_by_the_program_too() -> None:
    full = Accounts(spent={name_of(bytes([number]) * 16): 1 for number in range(200)})
    with pytest.raises(AccountsError):
        _draw(dataclasses.replace(TASK, accounts=full), _by_one(_sealed(CARDS)))


def test_whoever_waits_no_longer_ends_the_program() -> None:
    def ended() -> None:
        raise Ended

    def pages() -> Iterator[Page]:
        yield from _by_one(_sealed(CARDS))
        raise Ended

    with pytest.raises(Ended):
        _draw(TASK, pages())
    with pytest.raises(Ended):
        beside.draw(TASK, _by_one(_sealed(CARDS)), (), beat=ended)


def test_a_program_that_fails_tells_where_and_nothing_that_it_counted(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(beside.ProgramFailed):
        _draw(dataclasses.replace(TASK, measurement=Broken()), _by_one(_sealed(CARDS)))

    said = capfd.readouterr()
    assert "ValueError" in said.err
    assert "drawing.py" in said.err
    assert f"{len({card.token for card in CARDS})}," not in said.out + said.err
    assert "counted (" not in said.err


def test_whether_a_stop_ends_the_program_the_service_says() -> None:
    drawn = _draw(dataclasses.replace(TASK, measurement=Stopped()), _by_one(_sealed(CARDS)))

    assert drawn.tables[0].counts == (len({card.token for card in CARDS}),)
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_no_code_of_the_directory_where_the_service_was_started_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("app", "pickle"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)

    assert _draw(TASK, _by_one(_sealed(CARDS))).tables


def test_a_draw_does_not_fail_for_a_thousand_connections_that_stand_open() -> None:
    many = 1_100
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 2 * many), limits[1]))
        for _ in range(many):
            stack.callback(os.close, os.dup(0))

        assert _draw(TASK, _by_one(_sealed(CARDS))).tables


def _draw(task: Task, cards: Iterable[Page], earlier: Iterable[Page] = ()) -> Draw:
    return beside.draw(task, cards, earlier, beat=lambda: None)


def _by_one(page: Page) -> list[Page]:
    assert len(page) > ALONE
    return [[each] for each in page]


def _sealed(cards: Sequence[StatCard | TokenCard], quarter: str = PERIOD) -> list[SealedCard]:
    return [
        SealedCard(
            quarter,
            sha256_hex(card.id.encode()),
            cards_.revision_sha256(card.id, card.revision),
            age.encrypt(cards_.encode(signed(card)), [_RECIPIENT]),
        )
        for card in cards
    ]


def _joined(tokens: tuple[bytes, bytes]) -> TokenCard:
    return TokenCard(id="card_" + "0" * 32, says=Says.JOIN, tokens=tokens)


def _named(drawn: Draw) -> tuple[dict[bytes, int], dict[bytes, bytes]]:
    """The accounts of those who are there, without the random ones."""
    accounts = Accounts.read(age.decrypt(drawn.accounts, [STATISTICS]))
    own = {name_of(card.token) for card in [*CARDS, *population(4, b"before")]}
    return {name: rho for name, rho in accounts.spent.items() if name in own}, accounts.stands_for
