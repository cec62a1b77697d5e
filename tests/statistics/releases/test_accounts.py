"""What each person has spent, whatever is joined, parted and counted."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.card import Says, TokenCard, new_card_id
from app.protocol.release.budget import LIFE_CAP
from app.protocol.release.counts import NoisyTable
from app.statistics.releases.accounts import SLOT, Accounts, AccountsError, growth, joined, name_of, rebuilt

TOKENS = [bytes([number]) * 16 for number in range(5)]
pairs = st.lists(st.sampled_from(TOKENS), min_size=2, max_size=2, unique=True).map(lambda two: (two[0], two[1]))
said = st.builds(TokenCard, st.just(new_card_id()), st.sampled_from(Says), pairs)
draws = st.tuples(
    st.sets(st.sampled_from(TOKENS)), st.sampled_from([5_000, 12_500, 110_000]), st.lists(said, max_size=4)
)


@given(st.lists(draws, max_size=20))
def test_no_sequence_of_draws_joinings_and_partings_takes_anybody_over_a_life_or_gives_anything_back(
    every: list[tuple[set[bytes], int, list[TokenCard]]],
) -> None:
    accounts = Accounts()
    for counted, rho, cards in every:  # who has withdrawn is in none that follow, and keeps what was spent
        before = {token: _spent(accounts, token) for token in TOKENS}
        accounts.follow(cards)
        persons = {accounts.person(name_of(token)) for token in counted}
        accounts.charge([person for person in persons if accounts.can_bear(person, rho)], rho)
        assert all(_spent(accounts, token) >= spent for token, spent in before.items())
        assert max(accounts.spent.values(), default=0) <= LIFE_CAP
        assert Accounts.read(accounts.write()) == accounts


def test_who_is_counted_under_one_token_after_another_was_joined_pays_from_one_account() -> None:
    accounts = Accounts({name_of(TOKENS[0]): 100_000, name_of(TOKENS[1]): 100_000})

    accounts.follow([TokenCard(new_card_id(), Says.JOIN, (TOKENS[0], TOKENS[1]))] * 2)

    assert {_spent(accounts, token) for token in TOKENS[:2]} == {400_000}
    accounts.follow([TokenCard(new_card_id(), Says.PART, (TOKENS[0], TOKENS[1]))])
    assert accounts.stands_for == {}
    assert set(accounts.spent.values()) == {400_000}


def test_one_of_three_who_is_parted_leaves_the_others_joined() -> None:
    accounts = Accounts()
    accounts.follow(TokenCard(new_card_id(), Says.JOIN, (TOKENS[0], token)) for token in TOKENS[1:3])

    assert len(accounts) == 3
    for leaves in TOKENS[:3]:
        stays = next(token for token in TOKENS if token != leaves)
        parted = Accounts.read(accounts.write())
        parted.follow([TokenCard(new_card_id(), Says.PART, (stays, leaves))])
        persons = {token: parted.person(name_of(token)) for token in TOKENS[:3]}
        assert {person for token, person in persons.items() if token != leaves} == {
            min(name_of(token) for token in TOKENS[:3] if token != leaves)
        }
        assert len(set(persons.values())) == 2


def test_what_is_said_of_tokens_that_have_spent_nothing_costs_nothing() -> None:
    accounts, (one, two, three) = Accounts(), map(name_of, TOKENS[:3])

    accounts.follow([TokenCard(new_card_id(), Says.JOIN, (TOKENS[0], TOKENS[1]))])
    accounts.charge([two, three, three], 5_000)

    assert accounts.stands_for == {max(one, two): min(one, two)}
    assert (accounts.spent[min(one, two)], accounts.spent[three]) == (5_000 * (two < one), 10_000)


def test_who_is_parted_and_joined_in_one_quarter_is_joined_at_its_end() -> None:
    accounts, both = Accounts(), (TOKENS[0], TOKENS[1])

    accounts.follow(TokenCard(new_card_id(), says, both) for says in (Says.JOIN, Says.PART))

    assert len(set(accounts.stands_for.values())) == 1


@pytest.mark.parametrize("said", [(TOKENS[0], TOKENS[2]), (TOKENS[2], TOKENS[0]), (TOKENS[3], TOKENS[4])])
def test_nobody_is_parted_from_whom_they_were_not_joined_to(said: tuple[bytes, bytes]) -> None:
    accounts = Accounts({name_of(TOKENS[2]): 7, name_of(TOKENS[3]): 8, name_of(TOKENS[4]): 9})
    accounts.follow([TokenCard(new_card_id(), Says.JOIN, (TOKENS[0], TOKENS[1]))])
    before = accounts.write()

    accounts.follow([TokenCard(new_card_id(), Says.PART, said)])

    assert accounts.write() == before


def test_who_was_never_counted_bears_a_life_and_no_more() -> None:
    assert Accounts().can_bear(name_of(TOKENS[0]), LIFE_CAP)
    assert not Accounts().can_bear(name_of(TOKENS[0]), LIFE_CAP + 1)


@given(st.integers(0, LIFE_CAP), st.integers(0, LIFE_CAP))
def test_a_joined_account_is_minkowskis_bound_rounded_up(one: int, two: int) -> None:
    bound = one + two + Fraction(math.sqrt(4 * one * two))

    assert joined(one, two) == joined(two, one)
    assert abs(joined(one, two) - min(Fraction(LIFE_CAP), bound)) <= 1
    assert joined(one, two) >= min(LIFE_CAP, one + two)


@pytest.mark.parametrize(
    ("persons", "sigma", "slots"),
    [
        (20, 10_000, 160),
        (-3, 10_000, 114),
        (-60, 10_000, 0),
        (-61, 10_000, 0),
        (7, 500, 20),
        (0, 10_000_000, 120_000),
    ],
)
def test_the_file_grows_by_what_was_published(persons: int, sigma: int, slots: int) -> None:
    assert growth(NoisyTable("total", sigma, 0.1, (persons,))) == slots


def test_free_slots_look_like_people_who_were_counted_once() -> None:
    accounts = Accounts({name_of(TOKENS[0]): 5_000})

    for _ in range(2):
        accounts.fill(10, 5_000)

    assert (len(accounts.write()), set(accounts.spent.values())) == (10 * SLOT, {5_000})
    with pytest.raises(AccountsError):
        accounts.fill(9, 5_000)


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        bytes(SLOT) * 2,
        b"2" * SLOT + b"1" * SLOT,
        bytes(16) + (1 << 31).to_bytes(4),
        bytes(16) + ((1 << 31) + 7).to_bytes(4),
        bytes(16) + ((1 << 31) + 1).to_bytes(4),
    ],
    ids=[
        "half a slot",
        "a name twice",
        "another order",
        "a slot of itself",
        "a slot of none",
        "the slot after the last",
    ],
)
def test_what_nobody_writes_is_no_account(content: bytes) -> None:
    with pytest.raises(AccountsError):
        Accounts.read(content)


def test_accounts_that_begin_anew_charge_whoever_may_have_been_counted() -> None:
    one, two, three = TOKENS[:3]
    tokens = {"2026-Q1": [one], "2026": [one, two], "2020": [one, two, three]}

    accounts = rebuilt([("2026-Q1", 12_500), ("2026", 110_000), ("2020", 400_000)], tokens.__getitem__)

    assert [accounts.spent[name_of(token)] for token in (one, two, three)] == [LIFE_CAP, LIFE_CAP, 400_000]


def _spent(accounts: Accounts, token: bytes) -> int:
    return accounts.spent.get(accounts.person(name_of(token)), 0)
