"""What may be said of an estimate: its interval, its grade and the words for both (RELEASES §§ 2 and 4)."""

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from statistics import NormalDist
from typing import Final

from app.protocol.release.family import Estimate

# In one release of twenty at most, any cell is told of that nobody is in.
_FALSE_PLACES: Final = 0.05
_FALSE_CHANGES: Final = 0.05
_TWO_SIDED, _ONE_SIDED = 1.96, 1.645
# How many deviations a number has that may be quoted as it stands, and as rough.
SURE, ROUGH = 10, 5


class Grade(StrEnum):
    """How far a number carries: to be quoted, to be quoted as rough, as an interval alone, and not clear."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as it is published, all on the grid of its noise; `value` for grades A and B alone.

    `below` is what a cell that is not clear is said to be under.
    """

    grade: Grade
    value: int | None
    lower: int
    upper: int
    below: int

    @property
    def status(self) -> str:
        """SDMX's: E for an estimate, U where only the interval may be used."""
        return "E" if self.grade in (Grade.A, Grade.B) else "U"

    def words(self) -> str:
        """As it may be quoted."""
        match self.grade:
            case Grade.A:
                return f"about {self.value:,}, between {self.lower:,} and {self.upper:,}"
            case Grade.B:
                return f"about {self.value:,}, between {self.lower:,} and {self.upper:,}, rough"
            case Grade.C:
                return f"between {self.lower:,} and {self.upper:,}"
            case Grade.D:
                return f"not clear; fewer than {self.below:,}"


@cache
def threshold(tables: int, cells: int) -> float:
    """How many deviations a cell must show in a release of so many tables and a table of so many cells.

    Rounded up to four decimals, so that it is the same number on every machine.
    """
    return math.ceil(NormalDist().inv_cdf(1 - _FALSE_PLACES / (tables * cells)) * 10_000) / 10_000


def shown(estimate: Estimate, *, tables: int, cells: int) -> Shown:
    """What is published of a cell."""
    step = grid(estimate.sd)
    grade = _grade(estimate, threshold(tables, cells))
    half = half_width(estimate.sd)
    least = math.ceil(_ONE_SIDED * estimate.sd / step) * step
    lower = max(0, math.floor((estimate.value - half) / step) * step)
    upper = math.ceil((estimate.value + half) / step) * step
    if grade is Grade.D:
        below = (math.floor((estimate.value + _ONE_SIDED * estimate.sd) / step) + 1) * step
        return Shown(grade, None, 0, max(upper, least), max(below, least))
    value = math.floor(estimate.value / step + 0.5) * step if grade in (Grade.A, Grade.B) else None
    return Shown(grade, value, lower, upper, upper)


def half_width(sd: float) -> float:
    """Half of the 95 % interval: 1.96 sd, where a twelfth is added to the variance for rounding to whole persons."""
    return _TWO_SIDED * math.sqrt(sd * sd + 1 / 12)


def grid(sd: float) -> int:
    """The step of displayed numbers: nothing finer than the noise is worth a digit."""
    if sd < 2:
        return 1
    return 5 if sd < 20 else 10


def is_clear_change(before: Estimate, after: Estimate, *, cells: int) -> bool:
    """Whether a table of so many cells may tell of a change here, between releases of the same m and levels."""
    return abs(after.value - before.value) > least_change(before, after, cells=cells)


def least_change(before: Estimate, after: Estimate, *, cells: int) -> float:
    """The change that would just not show."""
    return _deviations_of_change(cells) * math.sqrt(before.sd * before.sd + after.sd * after.sd)


def least_shown_change(sd: float, *, cells: int) -> int:
    """From how many persons on a change is clear between two numbers as they are shown, both with this deviation.

    Each was rounded to the grid, so that the change may be a step less.
    """
    step, least = grid(sd), _deviations_of_change(cells) * math.sqrt(2 * sd * sd)
    return (math.floor(least / step) + 2) * step


@dataclass(frozen=True, slots=True)
class Share:
    """In whole per cent, outward."""

    lower: int
    upper: int


def share(part: Estimate, whole: Estimate, *, covariance: float) -> Share:
    """The interval of a share of persons, both of whose numbers are of grade A or B and of one release."""
    ratio = part.value / whole.value
    variance = part.sd * part.sd + ratio * ratio * whole.sd * whole.sd - 2 * ratio * covariance
    half = _TWO_SIDED * math.sqrt(max(0.0, variance)) / whole.value
    return Share(max(0, math.floor((ratio - half) * 100)), min(100, math.ceil((ratio + half) * 100)))


@cache
def _deviations_of_change(cells: int) -> float:
    return math.ceil(NormalDist().inv_cdf(1 - _FALSE_CHANGES / 2 / cells) * 10_000) / 10_000


def _grade(estimate: Estimate, least: float) -> Grade:
    deviations = estimate.value / estimate.sd
    if deviations < least:
        return Grade.D
    if deviations >= SURE:
        return Grade.A
    return Grade.B if deviations >= ROUGH else Grade.C
