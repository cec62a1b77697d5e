"""The heads of the audit chain, which everybody who works here remembers; supervisors countersign them."""

from typing import Annotated

from fastapi import Query, status

from app.http import Actor, Db, Once, Page, Paging, Router, problems, requires
from app.people.audit_heads import service
from app.people.audit_heads.models import AuditHeadDocument
from app.people.audit_heads.schemas import AuditHeadOut, CountersignatureIn, CountersignatureOut
from app.vocabulary import Role

router = Router("/audit", tag="audit")

Colleague = Annotated[Actor, requires(*Role)]
Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]


@router.get("/heads")
def list_audit_heads(
    database: Db, _: Colleague, paging: Paging, first: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)] = 1
) -> Page[AuditHeadOut]:
    """The signed heads of the audit chain from a version on, the oldest first."""
    with database.read() as session:
        by = [AuditHeadDocument.version]
        rows = paging.page(session, service.every(first=first), by=by, show=lambda head: head)
        signed = service.countersignatures(session, [head.version for head in rows.items])
        items = [AuditHeadOut(document=each.document, countersignatures=signed[each.version]) for each in rows.items]
        return Page(items=items, next=rows.next, prev=rows.prev)


@router.post(
    "/countersignatures", status_code=status.HTTP_201_CREATED, responses=problems(service.NotACountersignature)
)
def countersign(database: Db, actor: Supervisor, once: Once, request: CountersignatureIn) -> CountersignatureOut:
    """Keep a supervisor's word that their client followed the audit chain up to a head."""
    with database.write() as session:
        countersigned = once(
            session,
            actor.id,
            request,
            act=lambda: service.countersign(session, actor, request.document),
            again=lambda id_: service.countersigned(session, id_),
        )
        return CountersignatureOut.model_validate(countersigned)
