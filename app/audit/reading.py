"""Recording who read what: of lists that everybody's client asks for all day, once an hour."""

from datetime import datetime

from sqlalchemy import select

from app.audit import service
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.clock import hour_of
from app.database import Database


def record(database: Database, actor_id: str, action: Action, object_id: str, *, now: datetime) -> None:
    """Record a reading before its answer is given, unless that person's of this hour is recorded.

    The chain keeps the hour and no more, so a second event would say only how often. Of two that come at the same
    moment both are recorded.
    """
    same = select(AuditEvent.seq).where(
        AuditEvent.hour == hour_of(now),
        AuditEvent.actor_id == actor_id,
        AuditEvent.action == action.value,
        AuditEvent.object_id == object_id,
    )
    with database.read() as session:
        if session.scalar(same.limit(1)) is not None:
            return
    with database.write() as session:
        service.record(session, actor_id, action, object_id, now=now)
