"""What comes to an end by itself and stops the work, if nobody looks for a year; each told with its day before."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import recorded_day
from app.actor import Actor
from app.installation import free_space, last_backup
from app.intake.epochs import service as epochs
from app.intake.epochs.models import Epoch
from app.intake.lifecycle import service as lifecycle
from app.people.shared_keys.models import SharedKey
from app.people.staff import service as staff
from app.people.staff.models import Certificate, Person, RootSupervisor
from app.protocol.ends import End, Ending
from app.protocol.statements import KeyKind
from app.vocabulary import Role

# Days before an end on which it is told, each the longer the rarer it is.
_EPOCH: Final = timedelta(days=2)
_KEYS: Final = {
    KeyKind.CARD_WRITING: timedelta(days=7),
    KeyKind.STATISTICS: timedelta(days=30),
    KeyKind.DESK: timedelta(days=30),
}
_CERTIFICATE: Final = timedelta(days=30)
_DISK: Final = timedelta(days=30)
_GONE: Final = timedelta(days=30)  # after which nobody asks any more why somebody's certificate ended


def coming(session: Session, data_dir: Path, today: date, *, floor: int) -> list[End]:
    """All that ends soon or has ended, the next first. `floor` is what reporters' files leave free of the disk."""
    return _sorted([*_shared(session, data_dir, today, floor), *_certificates(session, today)])


def told_to(actor: Actor, session: Session, data_dir: Path, *, floor: int) -> list[End]:
    """What this person is told: what all work with, their own certificate; a supervisor those of others too."""
    certificates = list(_certificates(session, actor.today, own=actor.id))
    if Role.SUPERVISOR not in actor.roles:
        certificates = [end for end in certificates if end.of is None]
    waits = _destruction(session, actor.today)
    return [*waits, *_sorted([*_shared(session, data_dir, actor.today, floor), *certificates])]


def lines(session: Session, data_dir: Path, today: date, *, floor: int) -> list[str]:
    """All of it for whoever runs the machine; before it whether destruction waits for them, then that of a backup."""
    waits = list[str]()
    try:
        recorded_day.check(session, today)
    except recorded_day.DayNotBelievable as error:
        waits = [f"destruction waits: {error}"]
    backup = last_backup.what_is_due(data_dir, today) if staff.has_root(session) else ""
    told = [f"backup: {backup}"] if backup else []
    return [*waits, *map(str, coming(session, data_dir, today, floor=floor)), *told]


def _sorted(ends: list[End]) -> list[End]:
    return sorted(ends, key=lambda end: (end.day, end.what, end.of or ""))


def _shared(session: Session, data_dir: Path, today: date, floor: int) -> Iterator[End]:
    yield from _epoch(session, today)
    yield from _undecided(session, today)
    yield from _shared_keys(session, today)
    yield from _disk(session, data_dir, today, floor)


def _destruction(session: Session, today: date) -> Iterator[End]:
    last = recorded_day.last(session)
    if last is not None and not recorded_day.is_believable(session, today):
        yield End(Ending.DESTRUCTION, last)


def _epoch(session: Session, today: date) -> Iterator[End]:
    last = epochs.covered_until(session, today)
    if last is None:
        ended = session.scalar(select(func.max(Epoch.accepts_until)).where(Epoch.accepts_until < today))
        if ended is not None or session.scalar(select(Epoch.id).limit(1)) is not None:
            yield End(Ending.INTAKE, ended or today)
    elif last <= today + _EPOCH:
        yield End(Ending.INTAKE, last)


def _undecided(session: Session, today: date) -> Iterator[End]:
    day = lifecycle.first_lapses_after(session, today)
    if day is not None:
        yield End(Ending.REPORTS, day)


def _certificates(session: Session, today: date, *, own: str = "") -> Iterator[End]:
    last = func.max(Certificate.valid_until).label("last")
    ending = (
        select(Person.id, Person.handle, last)
        .join(Certificate, Certificate.person_id == Person.id)
        .group_by(Person.id, Person.handle)
        .where(Person.id.not_in(select(RootSupervisor.person_id)))  # the root has no end
        .having(last <= today + _CERTIFICATE)
        .having(last >= today - _GONE)
    )
    for person, handle, day in session.execute(ending):
        if day is not None:
            yield End(Ending.CERTIFICATE, day, None if person == own else handle)


def _shared_keys(session: Session, today: date) -> Iterator[End]:
    ends = select(SharedKey.kind, func.max(SharedKey.valid_until)).group_by(SharedKey.kind)
    ends = ends.where(SharedKey.kind.in_(_KEYS))  # that of drills opens nothing, and may end
    for kind, day in session.execute(ends):
        if day <= today + _KEYS[kind]:
            yield End(Ending(kind), day)


def _disk(session: Session, data_dir: Path, today: date, floor: int) -> Iterator[End]:
    day = free_space.ends_on(session, data_dir, today, floor=floor)
    if day is not None and day <= today + _DISK:
        yield End(Ending.DISK, day)
    elif shutil.disk_usage(data_dir).free < 2 * floor:
        yield End(Ending.DISK, today)
