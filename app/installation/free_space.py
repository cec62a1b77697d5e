"""How much of the disk was free on each day, and so on which day it ends if it goes on as in the last two weeks."""

import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import BigInteger, Date, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import recorded_day
from app.database import Base, insert_or_ignore

LOOKS_BACK: Final = timedelta(days=14)
LEAST: Final = timedelta(days=2)  # of which there are figures: one copy of something large says nothing of a pace


class FreeSpace(Base):
    """What was left where files are kept, when it was looked at last on that day."""

    __tablename__ = "free_space"
    __table_args__ = {"sqlite_with_rowid": False}

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)


def record(session: Session, data_dir: Path, today: date) -> None:
    """Write down how much is free, unless the day cannot be believed; what is too old to tell anything goes."""
    if not recorded_day.is_believable(session, today):
        return
    free = shutil.disk_usage(data_dir).free
    session.execute(delete(FreeSpace).where(FreeSpace.day < today - LOOKS_BACK))
    insert_or_ignore(session, FreeSpace, [{"day": today, "bytes": free}])
    session.execute(update(FreeSpace).where(FreeSpace.day == today).values(bytes=free))


def ends_on(session: Session, data_dir: Path, today: date, *, floor: int) -> date | None:
    """The day on which no more than `floor` bytes are free at this pace; None where that is never, or not known."""
    rows = session.execute(select(FreeSpace.day, FreeSpace.bytes).where(FreeSpace.day >= today - LOOKS_BACK))
    figures = {row.day: row.bytes for row in rows}
    return day_of(figures, today, free=shutil.disk_usage(data_dir).free, floor=floor)


def day_of(figures: Mapping[date, int], today: date, *, free: int, floor: int) -> date | None:
    """As `ends_on`, of what was free on earlier days and is `free` today."""
    if free <= floor:
        return today
    first = min((day for day in figures if day <= today - LEAST), default=None)
    if first is None or figures[first] <= free:
        return None
    days_left = (free - floor) * (today - first).days // (figures[first] - free)
    return today + timedelta(days=days_left) if days_left <= (date.max - today).days else None
