"""The last day that the service has seen. Destruction by date asks it whether a machine's clock can be believed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Final

from sqlalchemy import String, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.database import Base, Database, insert_or_ignore

# A weekend of a machine that is off. After a longer one a person says that the clock is right.
AHEAD: Final = timedelta(days=3)
_LAST: Final = "last"
_SECONDS: Final = 5.0  # between two looks at the clock


class RecordedDay(Base):
    """In the one row, the last day."""

    __tablename__ = "recorded_day"

    name: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date]


class DayNotBelievable(ValueError):
    """Today is a day before the last that the service recorded, or more than three days after it."""

    def __init__(self, today: date, last: date) -> None:
        way = "before" if today < last else "after"
        days = abs((today - last).days)
        super().__init__(
            f"today is {today}, {days} day{'s' if days > 1 else ''} {way} the last day that the service recorded"
            f" ({last}): nothing is destroyed by date until the clock is set right, or until somebody who has looked"
            " runs: tern worker --once --the-clock-is-right"
        )


def last(session: Session) -> date | None:
    """The last day, or None where none was recorded yet."""
    row = session.get(RecordedDay, _LAST)
    return None if row is None else row.day


def is_believable(session: Session, today: date) -> bool:
    """Whether today is the last day, or at most three after. Where no day was recorded, every day can be believed."""
    before = last(session)
    return before is None or before <= today <= before + AHEAD


def check(session: Session, today: date) -> None:
    """Raises `DayNotBelievable`."""
    before = last(session)
    if before is not None and not is_believable(session, today):
        raise DayNotBelievable(today, before)


def record(session: Session, today: date, *, is_right: bool = False) -> None:
    """Write down that it is today. Raises `DayNotBelievable`, but not where somebody says that the clock `is_right`."""
    if not is_right:
        check(session, today)
    insert_or_ignore(session, RecordedDay, [{"name": _LAST, "day": today}])  # another process may be as new
    session.execute(update(RecordedDay).where(RecordedDay.name == _LAST).values(day=today))


@contextmanager
def recording(
    database: Database, today: Callable[[], date], tell: Callable[[str], None], *, is_right: bool = False
) -> Iterator[None]:
    """Write down each day as it comes, in a thread of its own, until the block ends.

    A day that cannot be believed is not written down: the operator is told once, and the service goes on.
    """
    ended = threading.Event()

    def run(seen: date | None, *, is_right: bool) -> None:
        while not ended.wait(_SECONDS if seen else 0):
            try:
                if (day := today()) != seen:
                    with database.write() as session:
                        record(session, day, is_right=is_right)
                    seen, is_right = day, False
            except DayNotBelievable as error:
                tell(str(error))
                seen = day
            except (SQLAlchemyError, OSError):  # there is another look in a moment
                ended.wait(_SECONDS)

    thread = threading.Thread(target=run, args=(None,), kwargs={"is_right": is_right}, name="recorded-day", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
