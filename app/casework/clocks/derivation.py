"""When a clock has run out: nothing but what follows from its events and the policy under which it began."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.casework.clocks.policy import UNJUDGED, ClockKind, Policy
from app.casework.clocks.working_time import after, spent
from app.vocabulary import Priority


class What(StrEnum):
    """What happened to a report that somebody has claimed."""

    STARTED = "started"  # by the first claim; one that is given back and claimed again begins no other
    JUDGED = "judged"  # as of a priority, which counts from the start
    ANSWERED = "answered"
    PAUSED = "paused"  # it waits for its reporter
    RESUMED = "resumed"


@dataclass(frozen=True)
class Event:
    """One of them, at a quarter of an hour; none is earlier than the one before. `priority` is of what is `JUDGED`."""

    what: What
    at: datetime
    priority: Priority | None = None


def is_paused(events: Sequence[Event]) -> bool:
    """Whether the clocks stand still now."""
    return _last(events, What.PAUSED, What.RESUMED) is What.PAUSED


def judged(events: Sequence[Event]) -> Priority | None:
    """The priority that counts; None where nobody has judged."""
    return next((each.priority for each in reversed(events) if each.what is What.JUDGED), None)


def due(events: Sequence[Event], kind: ClockKind, policy: Policy) -> datetime | None:
    """When the clock runs out; None where it did not begin, stands still, or was met."""
    if not events or is_paused(events):
        return None
    if kind is ClockKind.FIRST_RESPONSE and any(each.what is What.ANSWERED for each in events):
        return None
    priority = judged(events) or UNJUDGED
    of, left = policy.time(priority), policy.allowance(kind, priority)
    for begins, ends in _running(events):
        if ends is None:
            return after(of, begins, left)
        used = spent(of, begins, ends)
        if used >= left:
            return after(of, begins, left)  # it had run out before it stood still
        left -= used
    raise AssertionError("a clock that does not stand still runs")


def _running(events: Sequence[Event]) -> Iterator[tuple[datetime, datetime | None]]:
    """From when until when they ran; the last without an end."""
    begins = events[0].at
    for each in events:
        if each.what is What.PAUSED:
            yield begins, each.at
        elif each.what is What.RESUMED:
            begins = each.at
    yield begins, None


def _last(events: Sequence[Event], *of: What) -> What | None:
    return next((each.what for each in reversed(events) if each.what in of), None)
