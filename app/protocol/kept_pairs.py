"""Two custodians who have both left may have kept the pair of a key that was theirs: what is written under it opens.

Who was a custodian on which days, certificates say. So nobody needs a list of who had which pair: one was made, or made
anew, for each two who were custodians together while the key was in use.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations


@dataclass(frozen=True)
class Served:
    """From which day on somebody was a custodian, and since when they are none, or have other keys."""

    person: str
    since: date
    until: date


@dataclass(frozen=True)
class KeptPair:
    """Two who were custodians together from the day `together` until `parted`, on which the first of them went, and of
    whom `last` went on the day `gone`."""

    first: str
    last: str
    together: date
    parted: date
    gone: date

    def has(self, made_on: date, *, is_told: bool = False) -> bool:
        """Whether they may have the pair of a key that was made on that day.

        One that was made on the day on which both went they have if somebody who knows the hour says so: else nobody
        could make another on that day.
        """
        begun = max(made_on, self.together)
        return begun < self.parted or (begun == self.parted and (is_told or made_on < self.gone))

    def went_on(self, day: date) -> bool:
        """Whether both went on this day, so that days do not tell whether a key of it was theirs."""
        return self.parted == self.gone == day


@dataclass(frozen=True)
class Gone:
    """Somebody who is to hold keys of some kind no more since the day `lost`, or None; and each pair that they may have
    `kept` with another who left."""

    lost: date | None
    kept: tuple[KeptPair, ...]

    def may_have(self, made_on: date, *, is_told: bool, in_pairs: bool = True) -> bool:
        """Whether they may have a key that was made on that day; on the day of their going, if somebody who knows the
        hour says so."""
        if self.lost is not None and (made_on < self.lost or (made_on == self.lost and is_told)):
            return True
        return in_pairs and any(each.has(made_on, is_told=is_told) for each in self.kept)


def kept_pairs(served: Iterable[Served]) -> list[KeptPair]:
    """Each two of those who are custodians no more that were it together."""
    found = list[KeptPair]()
    for first, last in combinations(sorted(served, key=lambda each: (each.until, each.person)), 2):
        together = max(first.since, last.since)
        if together <= first.until:
            found.append(KeptPair(first.person, last.person, together, first.until, last.until))
    return found
