"""The periods of releases: a quarter `2026-Q2` or a year `2026`, always of the day a card was recorded."""

import re
from calendar import monthrange
from datetime import date, timedelta

_PERIOD = re.compile(r"(20[0-9]{2})(?:-Q([1-4]))?")


class PeriodError(ValueError):
    """Neither a quarter nor a year."""


def year_of(period: str) -> str:
    """The year of a quarter, or the year itself. Raises `PeriodError`, as all that read a period."""
    return _split(period)[0]


def is_year(period: str) -> bool:
    """Whether it is a year, and not a quarter."""
    return _split(period)[1] is None


def first_day(period: str) -> date:
    """The day from which a card is of this period."""
    year, quarter = _split(period)
    return date(int(year), int(quarter) * 3 - 2 if quarter else 1, 1)


def last_day(period: str) -> date:
    """The last day on which a card is of this period."""
    year, quarter = _split(period)
    month = int(quarter) * 3 if quarter else 12
    return date(int(year), month, monthrange(int(year), month)[1])


def day_after(period: str) -> date:
    """The first day on which the period is closed."""
    return last_day(period) + timedelta(days=1)


def quarter_of(day: date) -> str:
    """`2026-Q2` for a day of April, May or June 2026."""
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def number_of(quarter: str) -> int:
    """How many quarters a quarter is after the first of the year 0."""
    year, _, number = quarter.partition("-Q")
    return int(year) * 4 + int(number) - 1


def numbered(number: int) -> str:
    """The quarter of this number."""
    year, before = divmod(number, 4)
    return f"{year}-Q{before + 1}"


def quarters(period: str) -> tuple[str, ...]:
    """The recording quarters whose cards the period counts."""
    year, quarter = _split(period)
    return (period,) if quarter else tuple(f"{year}-Q{number}" for number in range(1, 5))


def _split(period: str) -> tuple[str, str | None]:
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise PeriodError("a period is written 2026-Q2 or 2026")
    return match[1], match[2]
