"""The attacks of RELEASES § 3 on what a release publishes, and broken mechanisms, each of which one of them catches.

The noise is Gaussian: how well the best test against one person does is told by how far that person moves the numbers,
in deviations of their noise. That is worked out for the worst persons in every workload, and tried where it is cheap.
"""

import csv
import io
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from app import vocabulary
from app.cli.demo_population import population
from app.protocol.card import StatCard
from app.protocol.release.counts import NOISY, NoisyCounts
from app.protocol.release.family import estimates
from app.protocol.release.mechanism import sigma_of
from app.statistics.releases.accounts import joined
from app.statistics.releases.noise import DiscreteGaussian, Measurement, draw
from app.vocabulary import Workload
from tests.protocol.cards import a_card
from tests.statistics.releases import folders
from tests.statistics.releases.counted import count_of
from tests.statistics.releases.measurements import NoNoise, Seeded

WORKLOADS = tuple(vocabulary.all_workloads().values())
QUARTER, SMALL = vocabulary.workload("Q"), vocabulary.workload("S")
OTHERS = population(200, b"others")
ACTS = vocabulary.codes("incident_type")[:40]

Counts = Mapping[str, Sequence[int]]
Count = Callable[[Sequence[StatCard], Workload], Counts]


def count(cards: Sequence[StatCard], workload: Workload) -> Counts:
    return count_of(cards, workload, period=folders.PERIOD[workload.kind])


def of_target(number: int, *, token: bytes = b"target".ljust(16), **coding: object) -> StatCard:
    return a_card(card_id=f"card_{number:032x}", token=token, origin_state="ER", host_country="NO", **coding)


def _everything() -> dict[str, Any]:
    """All that a card can say at once."""
    fields = [field for field in vocabulary.vocabulary().card_fields if field.list_name and field.several]
    return {
        field.name: [code for code in vocabulary.codes(field.list_name or "") if code not in ("unknown", "refuted")]
        for field in fields
    }


# The worst cases of the bounds: forty cards as different as the lists allow, and forty alike.
DIFFERENT = [of_target(number, **_everything(), incident_type=act) for number, act in enumerate(ACTS)]
ALIKE = [of_target(number) for number in range(40)]
PLAIN = [of_target(number, incident_type=act) for number, act in enumerate(ACTS)]


def mu(*workloads: Workload) -> float:
    """How far apart the worlds with and without a person may be, who reads all of these releases."""
    return math.sqrt(sum(2 * workload.rho for workload in workloads) / 1_000_000)


def moves(target: Sequence[StatCard], workload: Workload, *, others: Sequence[StatCard], by: Count = count) -> Counts:
    """What the person adds to every cell."""
    without, with_them = by(others, workload), by([*others, *target], workload)
    return {name: [a - b for a, b in zip(with_them[name], without[name], strict=True)] for name in without}


def distance(moved: Counts, workload: Workload) -> float:
    """The same in deviations of the noise, over all tables."""
    sigmas = {table.name: sigma_of(workload, table) / 1000 for table in workload.tables}
    return math.sqrt(sum(move * move / sigmas[name] ** 2 for name, of_table in moved.items() for move in of_table))


def caught(inside: list[float], outside: list[float], *, accusing: float) -> float:
    """The share of those inside who score above what this share of those outside does."""
    threshold = sorted(outside)[round(len(outside) * (1 - accusing))]
    return sum(score > threshold for score in inside) / len(inside)


def auc(inside: list[float], outside: list[float]) -> float:
    better = sum((a > b) + (a == b) / 2 for a in inside for b in outside)
    return better / (len(inside) * len(outside))


def bound(accusing: float, apart: float) -> float:
    normal = statistics.NormalDist()
    return normal.cdf(normal.inv_cdf(accusing) + apart)


def scores(
    measurement: Measurement, workload: Workload, target: Sequence[StatCard], *, runs: int
) -> tuple[list[float], list[float]]:
    """The adversary's score of each release with the person in it, and of each without: the likelihood ratio.

    Only the cells that the person would move say anything, so only those are drawn.
    """
    by_one = moves(target, workload, others=OTHERS)
    cells = {name: [place for place, move in enumerate(of_table) if move] for name, of_table in by_one.items()}
    known, true = count(OTHERS, workload), count([*OTHERS, *target], workload)

    def score(counts: Counts) -> float:
        chosen = {name: [counts[name][place] for place in places] for name, places in cells.items()}
        return sum(
            (seen - known[table.name][place]) * by_one[table.name][place] / (table.sigma / 1000) ** 2
            for table in draw(workload, chosen, measurement)
            for seen, place in zip(table.counts, cells[table.name], strict=True)
        )

    return [score(true) for _ in range(runs)], [score(known) for _ in range(runs)]


# The canary: whoever is in many cards, in the build itself.


@pytest.mark.parametrize("target", [DIFFERENT, ALIKE, PLAIN], ids=["different", "alike", "plain"])
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each.id)
def test_forty_cards_of_one_person_move_no_release_further_than_its_rho_says(
    workload: Workload, target: list[StatCard]
) -> None:
    assert distance(moves(target, workload, others=OTHERS), workload) <= mu(workload)


def test_the_worst_person_is_in_as_many_cells_of_each_table_as_its_bound_allows() -> None:
    added = {name: sum(of_table) for name, of_table in moves(DIFFERENT, SMALL, others=OTHERS).items()}

    assert added == {table.name: table.m for table in SMALL.tables} | {"hoax": added["hoax"]}


# Membership: all but whether one person is in is known.


def test_the_attack_finds_everybody_where_there_is_no_noise() -> None:
    assert auc(*scores(NoNoise(), QUARTER, PLAIN, runs=3)) == 1


def test_membership_in_many_releases_is_told_no_better_than_the_bound() -> None:
    inside, outside = scores(Seeded(5), QUARTER, PLAIN, runs=1_500)

    most = bound(0.05, mu(QUARTER))
    assert caught(inside, outside, accusing=0.05) <= most + 4 * math.sqrt(most / 1_500)
    assert auc(inside, outside) <= 0.545 + 4 * 0.0105  # normal distribution at mu / sqrt(2), four standard errors


def test_membership_is_told_no_better_under_the_real_noise() -> None:
    inside, outside = scores(DiscreteGaussian(), QUARTER, PLAIN, runs=150)

    assert auc(inside, outside) <= 0.545 + 4 * 0.034


def test_what_is_made_of_the_noisy_counts_tells_the_adversary_no_more() -> None:
    """The consistent family of a whole release, read from its published columns with the same test."""
    by_one, known, true = moves(PLAIN, SMALL, others=OTHERS), count(OTHERS, SMALL), count([*OTHERS, *PLAIN], SMALL)
    measurement = Seeded(9)

    def score(counts: Counts) -> float:
        drawn = NoisyCounts("2026", SMALL, draw(SMALL, dict(counts), measurement))
        return sum(
            (own.value - before) * move / own.sd**2
            for table, of_table in zip(SMALL.tables, estimates(drawn), strict=True)
            for own, before, move in zip(of_table, known[table.name], by_one[table.name], strict=True)
            if move
        )

    inside, outside = [score(true) for _ in range(100)], [score(known) for _ in range(100)]

    most = statistics.NormalDist().cdf(mu(SMALL) / math.sqrt(2))
    assert auc(inside, outside) <= most + 4 * 0.041


# Differencing: a quarter and its year, both of which are charged.


def test_two_releases_together_tell_no_more_than_the_sum_of_what_they_charge() -> None:
    apart = math.hypot(*(distance(moves(PLAIN, each, others=OTHERS), each) for each in (QUARTER, SMALL)))
    read = [scores(Seeded(seed), each, PLAIN, runs=400) for seed, each in ((1, QUARTER), (2, SMALL))]
    inside, outside = ([one + two for one, two in zip(*sides, strict=True)] for sides in zip(*read, strict=True))

    most = bound(0.05, mu(QUARTER, SMALL))
    assert apart <= mu(QUARTER, SMALL)
    assert caught(inside, outside, accusing=0.05) <= most + 4 * math.sqrt(most / 400)


# Planted reports: the adversary's own cards beside that of the target.

PLANTED = [
    of_target(1_000 + number, token=number.to_bytes(16), incident_type=act) for number, act in enumerate(ACTS * 5)
]


@pytest.mark.parametrize("workload", [QUARTER, SMALL], ids=lambda each: each.id)
def test_planted_cards_do_not_move_what_somebody_else_adds(workload: Workload) -> None:
    alone, among = (moves(PLAIN, workload, others=others) for others in ([], [*OTHERS, *PLANTED]))

    assert alone == among


# Shape: which files, rows and columns there are.


def test_which_rows_and_columns_are_published_follows_from_nobody() -> None:
    some, none = (folders.unsigned(folders.noisy(persons=persons, measurement=Seeded(3))) for persons in (300, 0))

    def places(files: Mapping[str, bytes], path: str) -> list[list[str]]:
        told = ("value", "lower", "upper", "grade", "status", "value_adjusted", "value_raw")
        return [
            [column for name, column in row.items() if name not in told]
            for row in csv.DictReader(io.StringIO(files[path].decode()))
        ]

    for path in (NOISY, "data/persons.csv", "data/origin.csv"):
        assert places(some, path) == places(none, path)


# Averaging: the same release is asked for fifty times. On the service it is tried in `test_routes`.


def gained(answers: Sequence[int]) -> float:
    """How many times nearer to the truth the mean of all answers is than one of them, as they differ."""
    sigma = sigma_of(QUARTER, QUARTER.tables[0]) / 1000
    return math.sqrt(len(answers)) * statistics.pstdev(answers) / sigma if len({*answers}) > 1 else 1


def test_noise_that_is_drawn_anew_for_each_answer_is_caught_by_averaging_and_stored_noise_gives_nothing() -> None:
    true, measurement = count(OTHERS, QUARTER), Seeded(6)
    first = {table.name: true[table.name] for table in QUARTER.tables}
    stored = draw(QUARTER, first, measurement)[0].counts[0]
    anew = [draw(QUARTER, first, measurement)[0].counts[0] for _ in range(50)]

    assert gained([stored] * 50) == 1
    assert gained(anew) > 5
    assert abs(statistics.fmean(anew) - true["total"][0]) < 24.5 * 4 / math.sqrt(50)


# What is broken, and which attack finds it.


def careless(cards: Sequence[StatCard], workload: Workload) -> Counts:
    """Each card by itself: it forgets that a person is bound."""
    total = {table.name: [0] * len(table.cells()) for table in workload.tables}
    for card in cards:
        for name, own in count([card], workload).items():
            total[name] = [a + b for a, b in zip(total[name], own, strict=True)]
    return total


def of_another_m(cards: Sequence[StatCard], workload: Workload) -> Counts:
    """One cell more of a person than the noise is made for."""
    counts = dict(count(cards, workload))
    persons = {card.token for card in cards}
    for table in workload.tables:
        if table.of_acts():
            more = [0] * len(table.cells())
            for token in persons:
                own = [card for card in cards if card.token == token]
                met, kept_ = careless(own, workload)[table.name], count(own, workload)[table.name]
                left = [place for place, (all_, one) in enumerate(zip(met, kept_, strict=True)) if all_ and not one]
                for place in left[:1]:
                    more[place] += 1
            counts[table.name] = [a + b for a, b in zip(counts[table.name], more, strict=True)]
    return counts


def capped_by_approver(cards: Sequence[StatCard], workload: Workload) -> Counts:
    """Of all that one person approved only the first two hundred cards count: one person's push out those of others."""
    return count(sorted(cards, key=lambda card: card.id)[:200], workload)


def test_a_count_that_forgets_the_bound_is_caught_by_the_canary() -> None:
    assert distance(moves(PLAIN, QUARTER, others=OTHERS[:20], by=careless), QUARTER) > 5 * mu(QUARTER)


def test_a_count_of_another_m_than_the_noise_is_for_is_caught_by_the_canary() -> None:
    assert distance(moves(PLAIN, QUARTER, others=OTHERS[:5], by=of_another_m), QUARTER) > mu(QUARTER)


def test_a_cap_per_approver_is_caught_by_planted_cards() -> None:
    alone, among = (moves(PLAIN, QUARTER, others=others, by=capped_by_approver) for others in ([], PLANTED))

    assert alone != among
    assert distance(among, QUARTER) > mu(QUARTER)


def kept(by: Callable[[Sequence[StatCard]], set[str]]) -> dict[str, float]:
    """How often each group of acts is kept of persons who met all of them."""
    groups = vocabulary.groups("incident_type")
    one_of = {group: next(act for act in ACTS if vocabulary.group_of(act) == group) for group in groups}
    found, persons = defaultdict[str, int](int), 300
    for person in range(persons):
        cards = [
            of_target(person * 100 + number, token=person.to_bytes(16), incident_type=act)
            for number, act in enumerate(one_of.values())
        ]
        for group in by(cards):
            found[group] += 1
    return {group: found[group] / persons for group in groups}


def test_first_codes_first_is_caught_by_how_often_each_is_kept() -> None:
    (table,) = (table for table in QUARTER.tables if table.name == "type")
    order = [cell for (cell,) in table.cells()]

    def real(cards: Sequence[StatCard]) -> set[str]:
        return {cell for cell, own in zip(order, count(cards, QUARTER)["type"], strict=True) if own}

    fair, first = kept(real), kept(lambda _: set(order[: table.m]))

    share = table.m / len(order)
    most = 4 * math.sqrt(share * (1 - share) / 300)
    assert all(abs(each - share) <= most for each in fair.values())
    assert any(abs(each - share) > most for each in first.values())


@pytest.mark.parametrize(("one", "two"), [(12_500, 12_500), (110_000, 12_500)])
def test_accounts_that_add_a_and_b_are_caught_by_who_has_two_tokens(one: int, two: int) -> None:
    """Who is counted twice moves each release by the sum of both: that is what the adversary gains by."""
    lost = 1_000_000 * (math.sqrt(one / 1_000_000) + math.sqrt(two / 1_000_000)) ** 2

    assert joined(one, two) >= lost
    assert one + two < lost


def test_a_person_under_two_tokens_moves_a_release_as_the_joined_account_says() -> None:
    twice = [
        *PLAIN,
        *(of_target(500 + number, token=b"again".ljust(16), incident_type=act) for number, act in enumerate(ACTS)),
    ]

    apart = distance(moves(twice, QUARTER, others=OTHERS), QUARTER)

    assert mu(QUARTER) * math.sqrt(2) < apart <= math.sqrt(2 * joined(QUARTER.rho, QUARTER.rho) / 1_000_000)
