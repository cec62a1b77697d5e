"""Reading the chain, page by page, from its first event."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Query

from app.audit import reading, service
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.audit.schemas import AuditEventOut
from app.http import Actor, Db, Now, Page, Paging, Router, requires
from app.vocabulary import Role

router = Router("/audit", tag="audit")

Reader = Annotated[Actor, requires(Role.AUDITOR, Role.SUPERVISOR)]


@router.get("")
def list_audit_events(
    database: Db, actor: Reader, paging: Paging, now: Now, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> Page[AuditEventOut]:
    """The audit events `after` a number, the oldest first; `tern audit verify` follows their hashes."""
    reading.record(database, actor.id, Action.AUDIT_READ, "audit", now=now)
    with database.read() as session:
        return paging.page(session, service.events(after=after), by=[AuditEvent.seq], show=_answer)


def _answer(event: AuditEvent) -> AuditEventOut:
    return AuditEventOut(**asdict(service.as_event(event)))
