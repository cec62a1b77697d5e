"""Where a list of approvals looks: what somebody asked, what they were asked, and what is asked where they work."""

from collections.abc import Collection

from sqlalchemy import Select, delete, select, true, update
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals.models import Approval, ApprovalSight
from app.database import insert_or_ignore
from app.database.ranges import Range
from app.vocabulary import ApprovalState


def ranges(actor: Actor, *, state: ApprovalState | None, object_id: str | None) -> list[Range]:
    """All that hold an approval which the actor may know of."""
    if object_id is not None:
        return [Range([Approval.id], Approval.object_id == object_id)]
    is_so, is_seen_so = (Approval.state == state, ApprovalSight.state == state) if state else (true(), true())
    asked = (Approval.requester_id == actor.id, Approval.approver_id == actor.id)
    seen = Range([ApprovalSight.approval_id], (ApprovalSight.person_id == actor.id) & is_seen_so)
    return [*(Range([Approval.id], each & is_so) for each in asked), seen]


def note(session: Session, people: Collection[str], object_id: str) -> None:
    """These people work on the object: what is asked about it is in their lists."""
    of_object = select(Approval.id, Approval.state).where(Approval.object_id == object_id)
    rows = [
        {"approval_id": approval_id, "person_id": person, "state": state}
        for approval_id, state in session.execute(of_object).all()
        for person in people
    ]
    insert_or_ignore(session, ApprovalSight, rows)


def follow(session: Session, approval: Approval) -> None:
    """It was decided or cancelled, and whoever lists it finds it as it is now."""
    theirs = update(ApprovalSight).where(ApprovalSight.approval_id == approval.id)
    session.execute(theirs.values(state=approval.state))


def forget(session: Session, person_id: str, object_id: str) -> None:
    """The person works on the object no longer."""
    of_object: Select[str] = select(Approval.id).where(Approval.object_id == object_id)
    mine = delete(ApprovalSight).where(ApprovalSight.person_id == person_id)
    session.execute(mine.where(ApprovalSight.approval_id.in_(of_object)))


def renew(session: Session) -> None:
    """Let every row say of its approval what is the case."""
    other = select(Approval).join(ApprovalSight).where(ApprovalSight.state != Approval.state)
    for approval in session.scalars(other.distinct()):
        follow(session, approval)
