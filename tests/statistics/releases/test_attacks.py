"""The membership attack of RELEASES § 3: all but whether one person is in is known, and the best test is used."""

import math
import statistics
from collections.abc import Sequence

from app import vocabulary
from app.cli.demo_population import population
from app.protocol.card import StatCard
from app.statistics.releases import counting
from app.statistics.releases.noise import DiscreteGaussian, Measurement, draw
from app.vocabulary import Workload
from tests.protocol.cards import a_card
from tests.statistics.releases.measurements import NoNoise, Seeded

QUARTER = vocabulary.workload("Q")
OTHERS = population(200, b"others")
# The worst case of the bounds: many cards, as different as the lists allow.
TARGET = [
    a_card(
        card_id=f"card_{number:032x}",
        token=b"target".ljust(16),
        incident_type=act,
        origin_state="ER",
        host_country="NO",
    )
    for number, act in enumerate(vocabulary.codes("incident_type")[:40])
]
MU = math.sqrt(2 * QUARTER.rho / 1_000_000)  # how far apart the two worlds are, in standard deviations
Moved = dict[str, list[int]]


def test_the_attack_finds_everybody_where_there_is_no_noise() -> None:
    inside, outside = scores(NoNoise(), runs=3)

    assert auc(inside, outside) == 1


def test_the_person_of_the_attack_is_in_every_table() -> None:
    added = {name: sum(moves) for name, moves in moved(QUARTER).items()}

    assert added == {"total": 1, "origin": 1, "host": 1, "type": 3, "severity": 1}


def test_the_attack_on_many_releases_stays_within_the_bound() -> None:
    inside, outside = scores(Seeded(5), runs=1_500)

    assert caught(inside, outside, accusing=0.05) <= bound(0.05) + 4 * math.sqrt(bound(0.05) / 1_500)
    assert auc(inside, outside) <= 0.545 + 4 * 0.0105  # normal distribution at MU / sqrt(2), four standard errors


def test_the_attack_on_the_real_noise_stays_within_the_bound() -> None:
    inside, outside = scores(DiscreteGaussian(), runs=150)

    assert auc(inside, outside) <= 0.545 + 4 * 0.034


def test_forty_cards_move_the_release_no_further_than_its_rho_says() -> None:
    assert distance(moved(QUARTER), QUARTER) <= MU


def test_a_count_that_forgot_the_bound_would_be_caught() -> None:
    careless = {table.name: [0] * len(table.cells()) for table in QUARTER.tables}
    for card in TARGET:
        for name, counts in count([card], QUARTER).items():
            careless[name] = [a + b for a, b in zip(careless[name], counts, strict=True)]

    assert distance(careless, QUARTER) > 3.9


def count(cards: Sequence[StatCard], workload: Workload) -> dict[str, tuple[int, ...]]:
    return counting.count(cards, workload, period="2026-Q2")


def scores(measurement: Measurement, *, runs: int) -> tuple[list[float], list[float]]:
    """The adversary's score of each release with the person in it, and of each without."""
    known, by_one = count(OTHERS, QUARTER), moved(QUARTER)
    cells = {name: [place for place, move in enumerate(moves) if move] for name, moves in by_one.items()}
    true = count([*OTHERS, *TARGET], QUARTER)
    return (
        [_score(measurement, true, known, by_one, cells) for _ in range(runs)],
        [_score(measurement, known, known, by_one, cells) for _ in range(runs)],
    )


def moved(workload: Workload) -> Moved:
    """What the person adds to every cell."""
    without, with_them = count(OTHERS, workload), count([*OTHERS, *TARGET], workload)
    return {name: [a - b for a, b in zip(with_them[name], without[name], strict=True)] for name in without}


def distance(by_one: Moved, workload: Workload) -> float:
    zeros = {name: [0] * len(moves) for name, moves in by_one.items()}
    drawn = draw(workload, zeros, NoNoise())
    return math.sqrt(sum(sum(move**2 for move in by_one[table.name]) / (table.sigma / 1000) ** 2 for table in drawn))


def caught(inside: list[float], outside: list[float], *, accusing: float) -> float:
    """The share of those inside who score above what this share of those outside does."""
    threshold = sorted(outside)[round(len(outside) * (1 - accusing))]
    return sum(score > threshold for score in inside) / len(inside)


def auc(inside: list[float], outside: list[float]) -> float:
    better = sum((a > b) + (a == b) / 2 for a in inside for b in outside)
    return better / (len(inside) * len(outside))


def bound(accusing: float) -> float:
    normal = statistics.NormalDist()
    return normal.cdf(normal.inv_cdf(accusing) + MU)


def _score(
    measurement: Measurement,
    true: dict[str, tuple[int, ...]],
    known: dict[str, tuple[int, ...]],
    by_one: Moved,
    cells: dict[str, list[int]],
) -> float:
    """The likelihood ratio: only the cells that the person would move say anything, so only those are drawn."""
    total = 0.0
    for table in draw(QUARTER, _only(true, cells), measurement):
        rest = [known[table.name][place] for place in cells[table.name]]
        moves = [by_one[table.name][place] for place in cells[table.name]]
        seen = sum((a - b) * move for a, b, move in zip(table.counts, rest, moves, strict=True))
        total += seen / (table.sigma / 1000) ** 2
    return total


def _only(counts: dict[str, tuple[int, ...]], cells: dict[str, list[int]]) -> dict[str, Sequence[int]]:
    return {name: [column[place] for place in cells[name]] for name, column in counts.items()}
