"""The bound on what one person can move is the promise of every release: invariants 1 to 3 of RELEASES § 8."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import vocabulary
from app.protocol.card import StatCard
from app.statistics.releases.counting import count
from app.statistics.releases.noise import sigma_of
from app.vocabulary import Workload
from tests.protocol.cards import a_card, cards

TOKENS = [bytes([number]) * 16 for number in range(4)]
WORKLOADS = [vocabulary.workload("T"), vocabulary.workload("Q")]
of_few_persons = st.lists(cards(st.sampled_from(TOKENS)), max_size=12)
quarter = vocabulary.workload("Q")


def where(counts: dict[str, tuple[int, ...]], table: str) -> dict[tuple[str, ...], int]:
    """The cells that anybody is in."""
    cells = next(each for each in quarter.tables if each.name == table).cells()
    return {cell: number for cell, number in zip(cells, counts[table], strict=True) if number}


def card_id(number: int) -> str:
    return f"card_{number:032x}"


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.id)
@given(of_few_persons, st.sampled_from(TOKENS))
def test_one_person_moves_a_table_by_at_most_m_cells_and_a_release_by_its_rho(
    workload: Workload, recorded: list[StatCard], token: bytes
) -> None:
    with_them = count(recorded, workload)
    without = count([card for card in recorded if card.token != token], workload)

    cost = Fraction(0)
    for table in workload.tables:
        moved = [a - b for a, b in zip(with_them[table.name], without[table.name], strict=True)]
        assert sum(abs(each) for each in moved) <= table.m
        assert sum(each**2 for each in moved) <= table.m
        cost += Fraction(sum(each**2 for each in moved)) / (2 * Fraction(sigma_of(workload, table), 1000) ** 2)
    assert cost <= Fraction(workload.rho, 1_000_000)


@given(of_few_persons, st.randoms(use_true_random=False))
def test_counts_depend_on_the_set_of_cards_alone(recorded: list[StatCard], order: random.Random) -> None:
    again = [*recorded, *recorded[:3]]
    order.shuffle(again)

    assert count(again, quarter) == count(recorded, quarter)


def test_two_cards_of_one_id_count_the_same_in_any_order() -> None:
    twins = [a_card(incident_type=each) for each in ("threat", "family", "physical", "legal")]

    assert count(twins, quarter) == count(reversed(twins), quarter)


@given(of_few_persons)
def test_every_cell_of_every_list_has_a_number(recorded: list[StatCard]) -> None:
    counts = count(recorded, quarter)

    assert [len(counts[table.name]) for table in quarter.tables] == [251, 251, 9, 4]


def test_without_cards_all_cells_are_there_and_empty() -> None:
    assert count([], quarter) == {"origin": (0,) * 251, "host": (0,) * 251, "type": (0,) * 9, "severity": (0,) * 4}


@given(of_few_persons)
def test_the_total_is_the_number_of_persons(recorded: list[StatCard]) -> None:
    assert count(recorded, vocabulary.workload("T")) == {"total": (len({card.token for card in recorded}),)}


def test_a_person_has_the_origin_of_most_of_their_cards() -> None:
    person = [a_card(card_id=card_id(number), origin_state=state) for number, state in enumerate(["RU", "CN", "CN"])]

    assert where(count(person, quarter), "origin") == {("CN",): 1}


def test_between_equally_frequent_values_the_first_card_id_decides() -> None:
    person = [a_card(card_id=card_id(2), host_country="DE"), a_card(card_id=card_id(1), host_country="NL")]

    assert where(count(person, quarter), "host") == {("NL",): 1}


def test_the_gravest_severity_counts_and_unknown_comes_last() -> None:
    person = [
        a_card(card_id=card_id(number), severity=each) for number, each in enumerate([None, "limited", "serious"])
    ]
    silent = [a_card(token=b"\x02" * 16, severity=None)]

    assert where(count(person + silent, quarter), "severity") == {("serious",): 1, ("unknown",): 1}


def test_the_first_three_groups_of_acts_count_each_once() -> None:
    acts = ["death_threat", "threat", "spyware", "interpol_notice", "passport_or_citizenship_denied"]
    person = [a_card(card_id=card_id(number), incident_type=act) for number, act in enumerate(acts)]

    assert where(count(person, quarter), "type") == {("threat",): 1, ("legal",): 1, ("digital",): 1}


def test_what_a_card_does_not_say_is_unknown() -> None:
    counts = count([a_card(origin_state=None, host_country="ZZ", incident_type=None)], quarter)

    assert where(counts, "origin") == where(counts, "host") == {("ZZ",): 1}
    assert where(counts, "type") == {}
