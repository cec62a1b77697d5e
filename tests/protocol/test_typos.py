"""The words that a wrong one may have been meant to be."""

import pytest

from app.protocol.typos import nearest


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("abandon", "abandon"),
        ("abadon", "abandon"),  # left out
        ("abanndon", "abandon"),  # added
        ("abamdon", "abandon"),  # mistyped
        ("abanodn", "abandon"),  # swapped
        ("baandno", "abandon"),  # two of them
        ("abado", "abandon"),
        ("aabbandon", "abandon"),
        # Of three letters one may be wrong, so that each slip counts for one and no more.
        ("ab", "abc"),
        ("bc", "abc"),
        ("xabc", "abc"),
        ("abxc", "abc"),
        ("abcx", "abc"),
        ("axc", "abc"),
        ("bac", "abc"),
        ("acb", "abc"),
        ("ba", "ab"),
        ("一", "一"),
    ],
)
def test_a_word_with_a_slip_or_two_is_near(written: str, meant: str) -> None:
    assert nearest(written, [meant]) == [0]


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("", "abc"),
        ("abxxxon", "abandon"),  # three wrong
        ("cab", "abc"),  # no neighbours swapped, but two letters moved
        ("axy", "abc"),
        ("a", "abc"),
        ("xy", "ab"),
        ("x", "a"),  # of a single letter everything would be near
        ("ab", "a"),
        ("二", "一"),
    ],
)
def test_another_word_is_not_near(written: str, other: str) -> None:
    assert nearest(written, [other]) == []


def test_the_nearest_stand_first_and_three_at_most() -> None:
    assert nearest("able", ["cables", "fable", "cable", "able", "table"]) == [3, 1, 2]
