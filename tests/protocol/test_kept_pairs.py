"""Of which keys two custodians may have kept a pair who have both left."""

from datetime import date

import pytest

from app.protocol.kept_pairs import KeptPair, Served, kept_pairs


def day(number: int) -> date:
    return date(2026, 6, number)


def served(person: str, since: int, until: int) -> Served:
    return Served(person, day(since), day(until))


def test_each_two_who_were_custodians_together_may_have_kept_a_pair() -> None:
    found = kept_pairs([served("c", 1, 20), served("a", 1, 10), served("b", 12, 15)])

    assert found == [
        KeptPair("a", "c", together=day(1), parted=day(10), gone=day(20)),
        KeptPair("b", "c", together=day(12), parted=day(15), gone=day(20)),
    ]


def test_one_who_left_has_no_pair_alone() -> None:
    assert kept_pairs([served("a", 1, 10)]) == []


@pytest.mark.parametrize(
    ("made", "may_have"),
    [
        (1, True),  # before they were there: whoever holds the key makes pairs anew for who comes
        (5, True),
        (10, True),  # on the day on which the first went, perhaps before
        (11, False),
        (20, False),
        (21, False),
    ],
)
def test_they_may_have_the_pair_of_each_key_that_was_in_use_while_both_were_there(made: int, may_have: bool) -> None:
    [pair] = kept_pairs([served("a", 3, 10), served("b", 3, 20)])

    assert pair.has(day(made)) is may_have


@pytest.mark.parametrize("is_told", [True, False])
def test_of_a_key_that_was_made_on_the_day_on_which_both_went_somebody_else_tells(is_told: bool) -> None:
    [pair] = kept_pairs([served("a", 3, 10), served("b", 3, 10)])

    assert pair.has(day(10), is_told=is_told) is is_told
    assert pair.has(day(9))
    assert not pair.has(day(11), is_told=is_told)
    assert (pair.went_on(day(10)), pair.went_on(day(9))) == (True, False)
