"""A disk that fills up is told with the day on which it would be full, from what was free on the days before."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.installation import ends, free_space
from app.installation.free_space import FreeSpace
from app.protocol.ends import Ending
from app.recorded_day import RecordedDay

TODAY = date(2026, 6, 15)
GIB = 2**30


@pytest.mark.parametrize(
    ("before", "free", "day"),
    [
        ({}, 5 * GIB, None),
        ({1: 9 * GIB}, 5 * GIB, None),  # of a day alone: it may have been one large copy
        ({2: 9 * GIB, 1: 7 * GIB}, 5 * GIB, TODAY + timedelta(days=2)),
        ({10: 15 * GIB, 9: 6 * GIB}, 5 * GIB, TODAY + timedelta(days=4)),
        ({10: 5 * GIB}, 5 * GIB, None),
        ({10: 4 * GIB, 2: 9 * GIB}, 5 * GIB, None),  # somebody made room
        ({2: 5 * GIB + 1}, 5 * GIB, None),  # in some million years
        ({}, GIB, TODAY),
    ],
)
def test_the_day_is_that_on_which_reporters_files_find_no_room_at_the_pace_of_the_last_days(
    before: dict[int, int], free: int, day: date | None
) -> None:
    figures = {TODAY - timedelta(days=days): bytes_ for days, bytes_ in before.items()}

    assert free_space.day_of(figures, TODAY, free=free, floor=GIB) == day


def test_a_disk_that_fills_up_is_told_a_month_before_and_one_that_does_not_is_not(
    rows: Session, tmp_path: Path
) -> None:
    free = shutil.disk_usage(tmp_path).free

    def disk() -> list[date]:
        return [end.day for end in ends.coming(rows, tmp_path, TODAY, floor=0) if end.what is Ending.DISK]

    rows.add(FreeSpace(day=TODAY - timedelta(days=10), bytes=free + 1))
    assert disk() == []
    rows.merge(FreeSpace(day=TODAY - timedelta(days=10), bytes=2 * free))
    rows.flush()
    (day,) = disk()
    assert TODAY + timedelta(days=8) <= day <= TODAY + timedelta(days=12)  # others write to this disk too


def test_each_day_keeps_its_last_figure_for_two_weeks_and_a_day_that_is_not_believed_none(
    rows: Session, tmp_path: Path
) -> None:
    rows.add(RecordedDay(name="last", day=TODAY))
    rows.add_all(FreeSpace(day=TODAY - timedelta(days=days), bytes=1) for days in (15, 14, 0))
    rows.flush()

    free_space.record(rows, tmp_path, TODAY)
    free_space.record(rows, tmp_path, TODAY + timedelta(days=40))

    rows.expire_all()
    kept = {row.day: row.bytes for row in rows.scalars(select(FreeSpace))}
    assert kept.keys() == {TODAY - timedelta(days=14), TODAY}
    assert kept[TODAY] > 1
