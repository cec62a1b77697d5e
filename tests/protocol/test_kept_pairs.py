"""Of which keys two custodians may have kept a pair who have both left."""

from datetime import date

import pytest

from app.protocol.kept_pairs import Gone, KeptPair, Served, kept_pairs


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


def test_who_came_on_the_day_on_which_another_went_may_have_met_them() -> None:
    assert kept_pairs([served("a", 1, 10), served("b", 10, 20)]) == [
        KeptPair("a", "b", together=day(10), parted=day(10), gone=day(20))
    ]


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


@pytest.mark.parametrize(
    ("made", "is_told", "may_have"),
    [(9, False, True), (10, False, False), (10, True, True), (11, True, False)],
)
def test_who_left_may_have_what_was_made_before_and_on_that_day_as_they_are_told(
    made: int, is_told: bool, may_have: bool
) -> None:
    assert Gone(day(10), ()).may_have(day(made), is_told=is_told) is may_have


def test_who_lost_nothing_may_have_what_they_kept_with_another_where_it_is_in_pairs() -> None:
    one, other = kept_pairs([served("a", 3, 10), served("b", 3, 20), served("c", 15, 20)])
    kept = Gone(None, (one, other))

    assert kept.may_have(day(9), is_told=True)
    assert not kept.may_have(day(9), is_told=True, in_pairs=False)
    assert not kept.may_have(day(21), is_told=True)
    assert not Gone(None, ()).may_have(day(9), is_told=True)
    assert Gone(day(10), (other,)).may_have(day(12), is_told=False)
