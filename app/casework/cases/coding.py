"""The coding of a case's incidents is approved, and with it the cards that are drawn of it, in the case alone."""

from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals.service import Approvable, NewApproval, NotApprovable
from app.casework.cases import service
from app.casework.cases.membership import members_of
from app.people.grants import service as grants
from app.problems import NotFound
from app.vocabulary import ApprovalSubject, Role


def _authors(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    """Whoever asks; who coded what stands inside the seal, and the approver's client looks."""
    if not service.is_member(session, actor, new.object_id):
        raise NotFound
    if new.of is not None:  # a hash of codes could be guessed
        raise NotApprovable
    return set()  # who coded what the approver's client sees


CODING = Approvable(
    ApprovalSubject.CODING,
    approvers=frozenset({Role.CASEWORKER, Role.SUPERVISOR}),
    authors=_authors,
    holders=grants.holders,
    workers=members_of,
    led_by=service.led_by,
    seen_by=service.works_on,
    is_bounded=True,
)
