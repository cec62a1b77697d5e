"""Recording audit events. Every other package does it through here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Select, event, select, update
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent, AuditHead, ReporterActs
from app.clock import hour_of
from app.database import insert_or_ignore
from app.protocol import audit_chain
from app.protocol.chain import Mark

_HEAD = "acts"
_SERVICE = "service"
_WAITING = "audit.waiting"
_TO_THE_HOUR = len("2026-06-15T09")
_MOST_EVENTS = 2**31  # of which the database has numbers


@dataclass(frozen=True)
class _Pending:
    hour: datetime
    actor_id: str
    action: Action
    object_id: str
    object_hash: str | None


def record(
    session: Session, actor_id: str, action: Action, object_id: str, *, now: datetime, object_hash: str | None = None
) -> None:
    """Add an audit event to the chain when the transaction commits; one that rolls back leaves none.

    `object_hash` is the SHA-256 of what was written, in hexadecimal. The chain has one end, and whoever extends it
    makes the others wait: taken last of all locks, it is held for a moment and cannot be part of a deadlock.
    """
    waiting: list[_Pending] | None = session.info.get(_WAITING)
    if waiting is None:
        waiting = session.info[_WAITING] = []
        event.listen(session, "before_commit", _append)
        event.listen(session, "after_rollback", _drop)
    waiting.append(_Pending(hour_of(now), actor_id, action, object_id, object_hash))


def record_rule(session: Session, action: Action, object_id: str, *, today: date) -> None:
    """The same for what the service does by a rule of the calendar, at no hour of anybody's."""
    record(session, _SERVICE, action, object_id, now=datetime.combine(today, datetime.min.time(), UTC))


def count(session: Session, action: str, day: date) -> None:
    """Count an act of a reporter: that it happened on this day, and nothing else."""
    insert_or_ignore(session, ReporterActs, [{"day": day, "action": action, "number": 0}])
    session.execute(
        update(ReporterActs)
        .where(ReporterActs.day == day, ReporterActs.action == action)
        .values(number=ReporterActs.number + 1)
    )


def events(*, after: int = 0) -> Select[AuditEvent]:
    """The chain after a number: those who may read it may read all of it."""
    return select(AuditEvent).where(AuditEvent.seq > after)


def lines(session: Session, *, after: int, most: int) -> Iterator[bytes]:
    """The lines of which the hashes are, of at most so many events after a number, each with its LF."""
    fields = select(
        AuditEvent.seq,
        AuditEvent.hour,
        AuditEvent.actor_id,
        AuditEvent.action,
        AuditEvent.object_id,
        AuditEvent.object_hash,
        AuditEvent.previous,
    )
    rows = session.execute(fields.where(AuditEvent.seq > after).order_by(AuditEvent.seq).limit(most))
    for seq, hour, actor, action, object_, object_hash, previous in rows:
        yield (
            audit_chain.line(
                seq=seq,
                hour=_hour(hour),
                actor=actor,
                action=action,
                object_=object_,
                object_hash=object_hash,
                previous=previous,
            )
            + b"\n"
        )


def last_event(session: Session) -> Mark | None:
    """The number and hash of the last event; None before there is one."""
    head = session.get(AuditHead, _HEAD)
    return Mark(head.seq, head.hash) if head is not None and head.seq else None


def is_event(session: Session, mark: Mark) -> bool:
    """Whether the chain has this event, by number and hash."""
    row = session.get(AuditEvent, mark.version) if mark.version < _MOST_EVENTS else None
    return row is not None and row.hash == mark.sha256


def as_event(row: AuditEvent) -> audit_chain.Event:
    """The event as its hash is made of it."""
    return audit_chain.Event(
        seq=row.seq,
        hour=_hour(row.hour),
        actor=row.actor_id,
        action=row.action,
        object=row.object_id,
        object_hash=row.object_hash,
        previous=row.previous,
        hash=row.hash,
    )


def verify(rows: Iterable[AuditEvent]) -> str:
    """The hash of the last event. Raises `NotAuthentic` where the chain, from its first event on, is broken."""
    return audit_chain.verify(as_event(row) for row in rows)


def _append(session: Session) -> None:
    waiting: list[_Pending] = session.info[_WAITING]
    if not waiting:
        return
    session.flush()
    insert_or_ignore(session, AuditHead, [{"name": _HEAD, "seq": 0, "hash": audit_chain.GENESIS}])
    # PostgreSQL waits here for whoever extends the chain; on SQLite the transaction itself has waited.
    head = session.scalars(
        select(AuditHead).where(AuditHead.name == _HEAD).with_for_update().execution_options(populate_existing=True)
    ).one()
    for each in waiting:
        previous, seq = head.hash, head.seq + 1
        head.seq, head.hash = (
            seq,
            audit_chain.event_hash(
                seq=seq,
                hour=_hour(each.hour),
                actor=each.actor_id,
                action=each.action,
                object_=each.object_id,
                object_hash=each.object_hash,
                previous=previous,
            ),
        )
        session.add(
            AuditEvent(
                seq=seq,
                hour=each.hour,
                actor_id=each.actor_id,
                action=each.action.value,
                object_id=each.object_id,
                object_hash=each.object_hash,
                previous=previous,
                hash=head.hash,
            )
        )
    waiting.clear()


def _drop(session: Session) -> None:
    session.info[_WAITING].clear()


def _hour(hour: datetime) -> str:
    return f"{hour.isoformat(timespec='hours')[:_TO_THE_HOUR]}:00Z"  # `strftime` takes three times as long
