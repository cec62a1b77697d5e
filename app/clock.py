"""The time. Services never ask for it: they are given the day or the hour."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class Clock:
    """The system's time, or in a demo what stands in the file `told_by`, read each time (RFC 3339, with an offset)."""

    told_by: Path | None = None

    def now(self) -> datetime:
        """The time in UTC. Raises `ValueError` where the file does not tell it."""
        if self.told_by is None:
            return datetime.now(UTC)
        moment = datetime.fromisoformat(self.told_by.read_text().strip())
        if moment.tzinfo is None:
            raise ValueError("the clock's file tells a time without an offset")
        return moment.astimezone(UTC)

    def today(self) -> date:
        """The UTC day."""
        return self.now().date()


def hour_of(moment: datetime) -> datetime:
    """The hour in which the moment lies, as the acts of staff are kept."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def quarter_of(moment: datetime) -> datetime:
    """The quarter of an hour in which the moment lies, to which clocks that run are kept."""
    utc = moment.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)


def midnight(day: date) -> datetime:
    """When the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def monday_of(day: date) -> date:
    """The first day of the week in which the day lies."""
    return day - timedelta(days=day.weekday())
