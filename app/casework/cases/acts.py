"""What takes two persons in a case: that opener or owner go, that a part ends otherwise than by rule, that something
goes to another case, and that the case outlives its month."""

from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals import service as approvals
from app.casework.approvals.service import Approvable, ApproverUnfit, NewApproval, NotApprovable
from app.casework.cases import service
from app.casework.cases.membership import members_of
from app.casework.cases.models import Case
from app.casework.roles import MEMBER_ROLES
from app.people.grants import service as grants
from app.people.staff import service as staff
from app.problems import NotFound
from app.protocol.journal import AGREED_FOR
from app.vocabulary import ApprovalSubject, CaseStage, Role


def _authors(session: Session, actor: Actor, new: NewApproval) -> set[str]:
    """Whoever asks. Another member decides, or a supervisor; where there is a second member, clients want that one."""
    if not service.is_member(session, actor, new.object_id):
        raise NotFound
    if new.of is None:
        raise NotApprovable
    if new.subject is ApprovalSubject.LEGAL_HOLD:
        # What is merged goes with the other case, which is held in its place.
        is_merged = session.get_one(Case, new.object_id).stage is CaseStage.MERGED
        if is_merged:
            raise NotApprovable
    is_supervisor = Role.SUPERVISOR in staff.certified_as(session, new.approver_id, actor.today)
    if not is_supervisor and new.approver_id not in members_of(session, new.object_id):
        raise ApproverUnfit
    return {actor.id}


# Members see it. Nobody but who asked takes it back: whoever leads the case may be the one who is to go.
_of_two = partial(
    Approvable,
    approvers=MEMBER_ROLES,
    authors=_authors,
    holders=grants.holders,
    workers=members_of,
    led_by=service.led_by_nobody,
    seen_by=service.works_on,
)

REMOVAL = _of_two(ApprovalSubject.REMOVAL, of_one_act=True)
ENDING = _of_two(ApprovalSubject.ENDING, of_one_act=True)
MOVING = _of_two(ApprovalSubject.MERGE, of_one_act=True)
# Whoever ends a hold names the hash of it.
HOLD = _of_two(ApprovalSubject.LEGAL_HOLD)
RELEASE = _of_two(ApprovalSubject.DELETION)


def lapse(session: Session, today: date) -> None:
    """What somebody agreed to destroy more than fourteen days ago is asked anew: no reader counts it either."""
    approvals.cancel_given(session, ApprovalSubject.ENDING, before=today - AGREED_FOR)
