"""Help with a word that is in no list: the words that it may have been meant to be."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

# A fifth wrong letter is another word.
_FURTHEST: Final = 2


def nearest(word: str, known: Sequence[str], most: int = 3) -> list[int]:
    """At most `most` places in `known` of words that are one or two slips away from this one, the nearest first."""
    near = []
    for place, other in enumerate(known):
        # Of a very short word everything is two letters away, and of a single one, as in Chinese, everything is one.
        furthest = 0 if len(other) == 1 else min(_FURTHEST, -(-len(other) // 3))
        if abs(len(word) - len(other)) <= furthest and (distance := _distance(word, other)) <= furthest:
            near.append((distance, place))
    return [place for _, place in sorted(near)[:most]]


def _distance(one: str, other: str) -> int:
    """How many letters were added, left out, mistyped, or swapped with their neighbour (optimal string alignment)."""
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for row, (before, letter) in enumerate(pairwise(["", *one]), start=1):
        present = [row]
        for column, (wanted_before, wanted) in enumerate(pairwise(["", *other])):
            ways = [last[column + 1] + 1, present[column] + 1, last[column] + (letter != wanted)]
            if (before, letter) == (wanted, wanted_before):
                ways.append(before_last[column - 1] + 1)
            present.append(min(ways))
        before_last, last = last, present
    return last[-1]
