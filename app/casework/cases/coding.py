"""A version of a case's document is approved, and with it the coding in it, which cards are written from."""

from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals.service import Approvable, NewApproval, NotApprovable
from app.casework.cases import service
from app.people.grants import service as grants
from app.problems import NotFound
from app.vocabulary import ApprovalSubject, Role


def _authors(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    if not service.is_member(session, actor, new.object_id):
        raise NotFound
    document = service.document_with(session, new.object_id, new.of)
    if document is None:
        raise NotApprovable
    return {document.author_id}


CODING = Approvable(
    ApprovalSubject.CODING,
    approvers=frozenset({Role.CASEWORKER, Role.SUPERVISOR}),
    authors=_authors,
    holders=grants.holders,
    led_by=service.led_by,
)
