"""Time that counts: all of it, or that in which an office is open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Always:
    """Around the clock."""

    day_length = _DAY

    def stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """One without an end."""
        yield start, datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Office:
    """From the hour at which it `opens` until the one at which it `closes`, in a zone of the IANA database.

    `weekdays` are as `date.isoweekday` has them, and at least one; on the days `free` it is closed.
    """

    zone: str
    opens: int
    closes: int
    weekdays: frozenset[int]
    free: frozenset[date]

    @property
    def day_length(self) -> timedelta:
        """How long one of its days is."""
        return timedelta(hours=self.closes - self.opens)

    def stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From `start` on, when it is open, in UTC: without an end."""
        zone = ZoneInfo(self.zone)
        day = start.astimezone(zone).date()
        while True:
            if day.isoweekday() in self.weekdays and day not in self.free:
                midnight = datetime.combine(day, time(), zone)  # to which hours of the wall clock are added
                opens, closes = ((midnight + timedelta(hours=each)) for each in (self.opens, self.closes))
                if closes > start:
                    yield max(opens.astimezone(UTC), start), closes.astimezone(UTC)
            day += _DAY


Time = Always | Office


def spent(of: Time, start: datetime, end: datetime) -> timedelta:
    """How much of it there is from `start` until `end`."""
    total = timedelta()
    for begins, ends in of.stretches(start):
        if begins >= end:
            break
        total += min(ends, end) - begins
        if ends >= end:
            break
    return total


def after(of: Time, start: datetime, amount: timedelta) -> datetime:
    """When so much of it has been spent since `start`."""
    for begins, ends in of.stretches(start):
        if amount <= ends - begins:
            return begins + amount
        amount -= ends - begins
    raise AssertionError("stretches have no end")
