"""The bound on what one person can move is the promise of every release: invariants 1 to 3 of RELEASES § 8."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import vocabulary
from app.cli.demo_population import population
from app.protocol.card import StatCard
from app.protocol.release.mechanism import sigma_of
from app.statistics.releases import counting
from app.statistics.releases.packed import Cards, pack, size
from app.vocabulary import Dimension, Table, Workload, WorkloadError, coarsened
from tests.protocol.cards import CODING, a_card, cards
from tests.statistics.releases.counted import count_of

TOKENS = [bytes([number]) * 16 for number in range(4)]
WORKLOADS = [vocabulary.workload(each) for each in ("Q", "L")]
of_few_persons = st.lists(cards(st.sampled_from(TOKENS)), max_size=12)
quarter = vocabulary.workload("Q")


def count(recorded: Iterable[StatCard], workload: Workload, *, period: str = "2026") -> dict[str, tuple[int, ...]]:
    return count_of(recorded, workload, period=period)


def where(counts: dict[str, tuple[int, ...]], table: str, workload: str = "Q") -> dict[tuple[str, ...], int]:
    """The cells that anybody is in."""
    cells = next(each for each in vocabulary.workload(workload).tables if each.name == table).cells()
    return {cell: number for cell, number in zip(cells, counts[table], strict=True) if number}


def card_id(number: int) -> str:
    return f"card_{number:032x}"


@settings(max_examples=40)
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
def test_the_cards_of_a_person_come_together_each_once(recorded: list[StatCard]) -> None:
    packed = Cards()
    for each in [*recorded, *recorded]:
        packed.add("2026-Q2", pack(each))

    persons = [(token, set(own), len(own)) for token, own in packed.persons()]

    tokens = {each.token for each in recorded}
    theirs = {token: {each for each in recorded if each.token == token} for token in tokens}
    assert sorted(token for token, _, _ in persons) == sorted(tokens)
    assert all((own, number) == (theirs[token], len(theirs[token])) for token, own, number in persons)
    assert len(packed) == 2 * len(recorded)
    assert set(packed.tokens()) == {("2026-Q2", token) for token in tokens}


@given(of_few_persons)
def test_a_packed_card_is_the_card(recorded: list[StatCard]) -> None:
    assert list(Cards.of(recorded)) == recorded
    assert {len(pack(each)) for each in recorded} <= {size()}


def test_a_draw_keeps_a_card_in_a_hundred_bytes() -> None:
    assert size() < 100


@given(of_few_persons)
def test_every_cell_of_every_list_has_a_number(recorded: list[StatCard]) -> None:
    counts = count(recorded, quarter)

    assert [len(counts[table.name]) for table in quarter.tables] == [1, 251, 251, 9, 4]


def test_without_cards_all_cells_are_there_and_empty() -> None:
    assert count([], quarter) == {table.name: (0,) * len(table.cells()) for table in quarter.tables}


@given(of_few_persons)
def test_the_total_is_the_number_of_persons(recorded: list[StatCard]) -> None:
    assert count(recorded, vocabulary.workload("T")) == {"total": (len({card.token for card in recorded}),)}


def test_a_person_has_the_origin_of_most_of_their_cards() -> None:
    person = [a_card(card_id=card_id(number), origin_state=state) for number, state in enumerate(["RU", "CN", "CN"])]

    assert where(count(person, quarter), "origin") == {("CN",): 1}


def test_between_equally_frequent_values_the_first_card_id_decides() -> None:
    person = [a_card(card_id=card_id(2), host_country="DE"), a_card(card_id=card_id(1), host_country="NL")]

    assert where(count(person, quarter), "host") == {("NL",): 1}


def test_two_cards_of_a_person_count_the_same_in_either_order() -> None:
    two = [a_card(card_id=card_id(1), host_country="NL"), a_card(card_id=card_id(2), host_country="DE")]

    for person in (two, two[::-1]):
        assert where(counting.count([person], quarter, period="2026"), "host") == {("NL",): 1}


def test_the_gravest_severity_counts_and_unknown_comes_last() -> None:
    person = [
        a_card(card_id=card_id(number), severity=each) for number, each in enumerate([None, "limited", "serious"])
    ]
    silent = [a_card(token=b"\x02" * 16, severity=None)]

    assert where(count(person + silent, quarter), "severity") == {("serious",): 1, ("unknown",): 1}


def test_three_of_a_persons_groups_of_acts_count_each_once_and_none_is_favoured() -> None:
    acts = ["death_threat", "threat", "spyware", "interpol_notice", "passport_or_citizenship_denied"]
    kept: Counter[tuple[str, ...]] = Counter()
    for person in range(200):
        cards = [
            a_card(card_id=card_id(100 * person + number), token=person.to_bytes(16), incident_type=act)
            for number, act in enumerate(acts)
        ]
        own = where(count(cards, quarter), "type")
        assert set(own.values()) == {1}
        assert len(own) == 3
        kept.update(own)

    assert set(kept) == {("threat",), ("legal",), ("digital",), ("mobility",)}
    assert max(kept.values()) < 1.25 * min(kept.values())  # 150 each; the first of a list had nearly all


def test_what_a_card_does_not_say_is_unknown() -> None:
    counts = count([a_card(origin_state=None, host_country="ZZ", incident_type=None)], quarter)

    assert where(counts, "origin") == where(counts, "host") == {("ZZ",): 1}
    assert where(counts, "type") == {}


def of_one(table: str, *codings: Mapping[str, object], workload: str = "L") -> set[tuple[str, ...]]:
    """The cells of a year's table in which one person with these cards is."""
    cards = [
        StatCard.of_coding({**CODING, **coding}, card_id=card_id(number), token=TOKENS[0])
        for number, coding in enumerate(codings)
    ]
    return set(where(count(cards, vocabulary.workload(workload)), table, workload))


def test_a_region_is_that_of_the_country_that_is_pinned() -> None:
    person = [{"host_country": each} for each in ("NL", "DE", "TH", "TH")]

    assert {cell[0] for cell in of_one("host_region_type", *person)} == {"south_eastern_asia"}


def test_the_furthest_step_of_the_return_road_counts_with_whether_a_station_was_named() -> None:
    pressed = {"incident_type": "pressure_to_return", "suspected_actor_role": ["overseas_service_station"], "harm": []}
    lured = {"incident_type": "lure_or_entrapment"}
    back = {"harm": ["went_or_was_taken_back"]}

    assert of_one("road", pressed) == {("pressed", "named")}
    assert of_one("road", lured, pressed) == {("lured_seized_or_handed_over", "named")}
    assert of_one("road", lured, back) == {("went_or_was_taken_back", "not_named")}
    assert of_one("road", {"incident_type": "spyware"}) == set()


def test_the_signs_are_told_from_several_fields() -> None:
    person = {"incident_type": "relative_detained", "host_response": ["target_treated_as_suspect"], "harm": []}

    assert of_one("signs", person, {"incident_type": "pressure_to_return"}) == {
        ("family_reached",),
        ("treated_as_suspect",),
        ("pressed_to_return",),
    }


def test_a_hoax_in_ones_own_name_counts_by_part_of_the_world_and_by_what_the_police_made_of_it() -> None:
    assert of_one("hoax", {"incident_type": "hoax_bomb_threat"}, workload="S") == {("hoax",)}
    assert of_one("hoax_part", {"incident_type": "hoax_bomb_threat"}) == {("europe", "treated", "hoax")}
    assert of_one("hoax_part", {"incident_type": "impersonation"}) == set()


def test_that_something_was_reported_is_never_lost_to_what_came_of_it() -> None:
    every = ["registered", "protection_given", "station_closed_or_expelled", "helped_origin_state"]
    for number in range(20):
        cards = [a_card(card_id=card_id(number), host_response=every)]
        own = where(count(cards, vocabulary.workload("S")), "response", "S")
        assert len(own) == 3
        assert ("reported",) in own

    assert of_one("response", {"host_response": ["not_reported"]}, workload="S") == set()


def test_verification_is_the_first_of_checked_disputed_and_not_yet() -> None:
    cards = [{"verification_status": each} for each in ("unverified", "verified", "contested")]

    assert of_one("verification", *cards) == {("checked",)}
    assert of_one("verification", *cards[:1], *cards[2:]) == {("disputed",)}
    assert of_one("verification", {"verification_status": None}) == {("unknown",)}


def test_how_many_groups_of_acts_a_person_met_has_no_bound() -> None:
    acts = ["death_threat", "threat", "spyware", "interpol_notice", "mobility", "physical", "family", "other"]

    assert of_one("kinds", *({"incident_type": act} for act in acts)) == {("five_or_more",)}
    assert of_one("kinds", *({"incident_type": act} for act in acts[:2])) == {("one",)}
    assert of_one("kinds", {"incident_type": None}) == set()


@pytest.mark.parametrize(
    ("quarter_of_act", "cell"),
    [("2026-Q3", "q3"), ("2025-Q1", "year_before"), ("2019-Q4", "earlier"), ("2027-Q1", "unknown"), (None, "unknown")],
)
def test_when_an_act_was_is_told_from_the_year_of_the_release(quarter_of_act: str | None, cell: str) -> None:
    assert of_one("incident_period", {"quarter": quarter_of_act}) == {(cell,)}


def test_the_category_of_physical_acts_needs_the_act_and_the_way_it_came() -> None:
    beaten = {"incident_type": "assault_or_property_attack", "modality": ["direct_physical"]}

    assert of_one("category", beaten) == {("direct_attack",)}
    assert of_one("category", beaten | {"modality": ["remote_contact"]}) == set()


@settings(max_examples=15)
@given(of_few_persons)
def test_tables_agree_on_every_margin_that_is_listed(recorded: list[StatCard]) -> None:
    for workload in (vocabulary.workload("S"), vocabulary.workload("L")):
        counts = count(recorded, workload)
        for margin in workload.margins:
            first, second = (summed(counts, table, margin.to) for table in margin.tables)
            assert first == second


@pytest.mark.parametrize("name", ["XS", "Q", "S", "M", "L"])
def test_no_margin_that_holds_is_left_out(name: str) -> None:
    """Those that hold of many random persons, and of others, are those that follow from the listed ones."""
    workload = vocabulary.workload(name)
    silent = a_card(token=b"silent".ljust(16), incident_type=None)
    lost = [a_card(token=name.ljust(16), outcome="unknown") for name in (b"lost", b"found")]
    counted = [count([*population(200, seed), silent, *lost], workload) for seed in (b"margins", b"others")]

    for first, second in itertools.combinations(workload.tables, 2):
        for to in common(first, second):
            if all(summed(counts, first, to) == summed(counts, second, to) for counts in counted):
                assert follows(workload, first, second, to), (first.name, second.name, [dim.name for dim in to])


def summed(counts: dict[str, tuple[int, ...]], table: Table, to: Sequence[Dimension]) -> Counter[tuple[str, ...]]:
    sums: Counter[tuple[str, ...]] = Counter()
    for cell, number in zip(coarsened(table, to), counts[table.name], strict=True):
        sums[cell] += number
    return +sums


def common(first: Table, second: Table) -> list[tuple[Dimension, ...]]:
    """What both can be summed up to."""
    dims = sorted({*first.dims, *second.dims}, key=lambda dim: dim.name)
    subsets = itertools.chain.from_iterable(itertools.combinations(dims, size) for size in range(3))
    return [to for to in subsets if all(can_sum(table, to) for table in (first, second))]


def can_sum(table: Table, to: Sequence[Dimension]) -> bool:
    try:
        coarsened(table, to)
    except WorkloadError:
        return False
    return True


def follows(workload: Workload, first: Table, second: Table, to: Sequence[Dimension]) -> bool:
    """Whether listed margins that say as much or more lead from one table to the other."""
    reached = {first.name}
    for _ in workload.tables:
        for margin in workload.margins:
            names = {table.name for table in margin.tables}
            says_enough = all(can_sum(Table("", tuple(margin.to), 1, Fraction(1)), [dim]) for dim in to)
            if reached & names and says_enough:
                reached |= names
    return second.name in reached
