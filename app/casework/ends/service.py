"""A case ends whole: its answers, what was told of the work on it, its parts and keys, and what was merged into it."""

from datetime import date

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session, aliased

from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals.models import Approval
from app.casework.cases import ending
from app.casework.cases.models import Case
from app.casework.consents import service as consents
from app.casework.work import service as work
from app.intake.reports.models import Report
from app.vocabulary import ApprovalState, ApprovalSubject, ReportState


def destroy(session: Session, case: Case, *, today: date) -> None:
    """Destroy all of the case. Its reports are destroyed already."""
    destroy_merged(session, case, today=today)
    consents.destroy(session, case.id)
    work.forget(session, case.id)
    ending.destroy(session, case)


def destroy_merged(session: Session, case: Case, *, today: date) -> None:
    """Destroy what is left of the cases that were merged into this one, which can be undone then no more.

    Somebody took back what this one has: what is left there may tell of it, and nobody can read whether it does.
    """
    for merged in session.scalars(_merged_into(case).with_for_update()).all():
        case_id = merged.id
        destroy(session, merged, today=today)
        audit.record_rule(session, Action.MERGED_ENDED, case_id, today=today)


def is_held() -> ColumnElement[bool]:
    """Somebody else has agreed to hold the case, and nobody to end that very hold."""
    hold, release = aliased(Approval), aliased(Approval)
    ends = and_(*_agreed(release, ApprovalSubject.DELETION), release.of == hold.of)
    is_ended = select(release.id).where(ends).correlate(hold, Case).exists()
    return select(hold.id).where(*_agreed(hold, ApprovalSubject.LEGAL_HOLD), ~is_ended).correlate(Case).exists()


def is_kept(session: Session, case: Case) -> bool:
    """Whether the case is held, or the one into which it was merged."""
    both = select(Case.id).where(Case.id.in_([case.id, case.merged_into]), is_held())
    return session.scalar(both.limit(1)) is not None


def is_taken_back() -> ColumnElement[bool]:
    """A reporter took back what the case has, and no member has carried that out yet."""
    back = (Report.state == ReportState.WITHDRAWN) & Report.destroyed_on.is_(None)
    return select(Report.id).where(Report.case_id == Case.id, back).correlate(Case).exists()


def _merged_into(case: Case) -> Select[Case]:
    return select(Case).where(Case.merged_into == case.id).order_by(Case.id)


def _agreed(approval: type[Approval], subject: ApprovalSubject) -> tuple[ColumnElement[bool], ...]:
    return (
        approval.object_id == Case.id,
        approval.subject == subject,
        approval.state == ApprovalState.APPROVED,
        approval.is_spent.is_(False),
    )
