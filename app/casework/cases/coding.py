"""The coding of a case is approved, which cards are written from. What it is, only who opens the case can tell."""

from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals.service import Approvable, NewApproval
from app.casework.cases import service
from app.people.grants import service as grants
from app.problems import NotFound
from app.vocabulary import ApprovalSubject, Role


def _authors(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    """Whoever asks; who coded what stands inside the seal, and the approver's client looks."""
    if not service.is_member(session, actor, new.object_id):
        raise NotFound
    return {actor.id}


CODING = Approvable(
    ApprovalSubject.CODING,
    approvers=frozenset({Role.CASEWORKER, Role.SUPERVISOR}),
    authors=_authors,
    holders=grants.holders,
    led_by=service.led_by,
)
