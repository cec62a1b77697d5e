"""Reading the chain: as a list, page by page, and as the lines of which its hashes are."""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import Query, Response

from app.audit import reading, service
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.audit.schemas import AuditEventOut
from app.http import Actor, Db, Now, Page, Paging, Router, answered, requires
from app.vocabulary import Role

router = Router("/audit", tag="audit")

LINES: Final = 5_000  # in one answer: less than two megabytes

After = Annotated[int, Query(ge=0, le=2**31 - 1)]
Reader = Annotated[Actor, requires(Role.AUDITOR, Role.SUPERVISOR)]


@router.get("")
def list_audit_events(database: Db, actor: Reader, paging: Paging, now: Now, after: After = 0) -> Page[AuditEventOut]:
    """The audit events `after` a number, the oldest first."""
    reading.record(database, actor.id, Action.AUDIT_READ, "audit", now=now)
    with database.read() as session:
        return paging.page(session, service.events(after=after), by=[AuditEvent.seq], show=_answer)


@router.get(
    "/lines",
    response_class=Response,
    responses=answered("Of each event the line that is hashed, the oldest first", "application/x-ndjson"),
)
def list_audit_lines(database: Db, actor: Reader, now: Now, after: After = 0) -> Response:
    """At most 5,000 audit events `after` a number, to be followed: the SHA-256 of each line is what the next names.

    After the last there is none.
    """
    reading.record(database, actor.id, Action.AUDIT_READ, "audit", now=now)
    with database.read() as session:
        return Response(b"".join(service.lines(session, after=after, most=LINES)), media_type="application/x-ndjson")


def _answer(event: AuditEvent) -> AuditEventOut:
    return AuditEventOut(**asdict(service.as_event(event)))
