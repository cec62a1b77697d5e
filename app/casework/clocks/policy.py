"""A policy: how long each clock may run, in which hours, by the priority of what it runs for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from app.casework.clocks.working_time import Always, Office, Time
from app.protocol.case import REVIEWED_WITHIN
from app.vocabulary import Priority

# What is not judged yet counts as this: `unknown` is days and serious.
UNJUDGED: Final = Priority.P2
ALLOWANCE: Final = r"^[1-9]\d{0,2}[hd]$"


class ClockKind(StrEnum):
    """What is to be done before the clock of a report has run out."""

    FIRST_RESPONSE = "first_response"
    DECISION = "decision"


@dataclass(frozen=True)
class Policy:
    """`office` counts, but `around_the_clock` for these priorities.

    An allowance is hours or days, `4h` or `3d`; a day of the office is as long as it is open. `review_days` are for how
    long a judgement of the danger may hold, `waiting_days` for how long a report may wait for its reporter.
    """

    office: Office
    around_the_clock: frozenset[Priority]
    first_response: Mapping[Priority, str]
    decision: Mapping[Priority, str]
    review_days: Mapping[Priority, int]
    waiting_days: int

    def time(self, priority: Priority) -> Time:
        """In which hours clocks of this priority run."""
        return Always() if priority in self.around_the_clock else self.office

    def allowance(self, kind: ClockKind, priority: Priority) -> timedelta:
        """How much of that time there is."""
        text = (self.first_response if kind is ClockKind.FIRST_RESPONSE else self.decision)[priority]
        number = int(text[:-1])
        return timedelta(hours=number) if text.endswith("h") else number * self.time(priority).day_length

    @cached_property
    def numbers(self) -> list[float]:
        """How long everything may take, always in the same order: allowances in seconds, the rest in days."""
        allowances = [self.allowance(kind, each).total_seconds() for kind in ClockKind for each in Priority]
        return [*allowances, *(self.review_days[each] for each in Priority), self.waiting_days]

    def harms(self, before: "Policy") -> bool:
        """Whether anything may take longer by it than by the one before, or may, for its hours are others."""
        if (self.office, self.around_the_clock) != (before.office, before.around_the_clock):
            return True
        return any(now > then for now, then in zip(self.numbers, before.numbers, strict=True))


def _each(*allowances: str) -> dict[Priority, str]:
    return dict(zip(Priority, allowances, strict=True))


# Where an organisation has set none.
DEFAULT: Final = Policy(
    office=Office("UTC", 9, 17, weekdays=frozenset(range(1, 6)), free=frozenset()),
    around_the_clock=frozenset({Priority.P1, Priority.P2}),
    first_response=_each("1h", "4h", "1d", "3d"),
    decision=_each("4h", "1d", "3d", "7d"),
    review_days=REVIEWED_WITHIN,
    waiting_days=14,
)
