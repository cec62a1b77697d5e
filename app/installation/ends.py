"""What comes to an end by itself and stops the work, if nobody looks for a year; each told with its day before."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import recorded_day
from app.intake.epochs import service as epochs
from app.people.shared_keys.models import SharedKey
from app.people.staff.models import Certificate, Person
from app.protocol.statements import KeyKind

# Days before an end on which it is told, each the longer the rarer it is.
_EPOCH: Final = timedelta(days=2)
_KEYS: Final = {KeyKind.CARD_WRITING: timedelta(days=7), KeyKind.STATISTICS: timedelta(days=30)}
_CERTIFICATE: Final = timedelta(days=30)
_GONE: Final = timedelta(days=30)  # after which nobody asks any more why somebody's certificate ended


@dataclass(frozen=True)
class End:
    """What ends, after which day, and the command that goes on with it."""

    what: str
    day: date
    todo: str

    def __str__(self) -> str:
        return f"{self.what}: until {self.day}; {self.todo}"


def coming(session: Session, data_dir: Path, today: date, *, floor: int) -> list[End]:
    """All that ends soon or has ended, the next first. `floor` is what reporters' files leave free of the disk."""
    found = [
        *_epoch(session, today),
        *_certificates(session, today),
        *_shared_keys(session, today),
        *_disk(data_dir, today, floor),
    ]
    return sorted(found, key=lambda end: (end.day, end.what))


def lines(session: Session, data_dir: Path, today: date, *, floor: int) -> list[str]:
    """The same for a person who looks, and before it whether destruction waits for one."""
    waits = list[str]()
    try:
        recorded_day.check(session, today)
    except recorded_day.DayNotBelievable as error:
        waits = [f"destruction waits: {error}"]
    return [*waits, *map(str, coming(session, data_dir, today, floor=floor))]


def _epoch(session: Session, today: date) -> Iterator[End]:
    newest = next(iter(epochs.taking_reports(session, today)), None)
    if newest is not None and newest.accepts_until <= today + _EPOCH:
        yield End("intake", newest.accepts_until, "a supervisor opens the next epoch: tern intake rotate")


def _certificates(session: Session, today: date) -> Iterator[End]:
    last = func.max(Certificate.valid_until).label("last")
    ending = (
        select(Person.handle, last)
        .join(Certificate, Certificate.person_id == Person.id)
        .group_by(Person.id, Person.handle)
        .having(func.count() == func.count(Certificate.valid_until))  # that of the root has no end
        .having(last <= today + _CERTIFICATE)
        .having(last >= today - _GONE)
    )
    for handle, day in session.execute(ending):
        if day is not None:
            yield End(f"certificate of {handle}", day, "a supervisor certifies them again: tern certify")


def _shared_keys(session: Session, today: date) -> Iterator[End]:
    ends = select(SharedKey.kind, func.max(SharedKey.valid_until)).group_by(SharedKey.kind)
    for kind, day in session.execute(ends):
        if day <= today + _KEYS[kind]:
            todo = f"a supervisor makes the next: tern intake keys --make {kind}"
            yield End(f"key for {kind.replace('_', ' ')}", day, todo)


def _disk(data_dir: Path, today: date, floor: int) -> Iterator[End]:
    free = shutil.disk_usage(data_dir).free
    if free < 2 * floor:
        yield End(
            "disk", today, f"{free // 2**20} MiB are left, and under {floor // 2**20} files are refused: make room"
        )
