"""What older code left out of somebody's lists, where it ran beside this for a while.

Else there is nothing: whoever gives a key or moves a report keeps them in step.
"""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.casework.approvals import sights as approval_sights
from app.casework.approvals.models import Approval, ApprovalSight
from app.casework.cases import membership
from app.casework.cases.models import Case, Membership
from app.casework.work import service as work
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.intake.sights.models import Sight
from app.people.grants import service as grants
from app.people.grants.models import Grant


def renew(session: Session) -> None:
    """Put it into them, and let what is there say what is the case."""
    of_case = select(Membership.person_id, Report).join(Report, Report.case_id == Membership.case_id)
    of_key = select(Grant.grantee, Report).join(Report, Report.id == Grant.subject)
    is_there = select(Sight.report_id).where(Sight.report_id == Report.id)
    of_members = of_case.where(~is_there.where(Sight.person_id == Membership.person_id).exists())
    of_people = of_key.where(grants.is_of_person(), ~is_there.where(Sight.person_id == Grant.grantee).exists())
    work.renew(session)
    for case in session.scalars(select(Case).join(Membership).where(_is_behind()).distinct()):
        membership.follow(session, case)
    for missing in (of_members, of_people):
        sights.keep(session, [(person, report) for person, report in session.execute(missing)])
    sights.renew(session)
    _renew_approvals(session)


def _is_behind() -> ColumnElement[bool]:
    """Of a membership and its case."""
    held_otherwise = Membership.handling.is_distinct_from(Case.handling)
    reviewed_otherwise = Membership.next_review.is_distinct_from(Case.next_review)
    due_otherwise = Membership.due.is_distinct_from(Case.due)
    return Membership.stage_entered.is_(None) | held_otherwise | reviewed_otherwise | due_otherwise


def _renew_approvals(session: Session) -> None:
    in_case = select(Membership.person_id, Approval.object_id).join(Approval, Approval.object_id == Membership.case_id)
    claimed = select(Report.triager_id, Approval.object_id).join(Approval, Approval.object_id == Report.id)
    is_there = select(ApprovalSight.approval_id).where(ApprovalSight.approval_id == Approval.id)
    of_members = in_case.where(~is_there.where(ApprovalSight.person_id == Membership.person_id).exists())
    of_triagers = claimed.where(
        Report.triager_id.is_not(None), ~is_there.where(ApprovalSight.person_id == Report.triager_id).exists()
    )
    for missing in (of_members, of_triagers):
        for person, object_id in session.execute(missing.distinct()).all():
            approval_sights.note(session, [str(person)], object_id)
    approval_sights.renew(session)
