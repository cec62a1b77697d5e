"""What ends in a case is destroyed: parts of it, or all of it. When that may be is for others to say.

Keys first: a copy that is taken half way holds nothing that opens.
"""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.casework.approvals import service as approvals
from app.casework.cases.models import Case, CasePart, CheckpointPiece, JournalEntry, Membership
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.people.grants import service as grants
from app.people.pairs import service as pairs


def end_parts(session: Session, case: Case, part_ids: Collection[str]) -> None:
    """Destroy these parts of the case, every version of each, with the keys that they have of their own."""
    theirs = (CasePart.case_id == case.id) & CasePart.id.in_(part_ids)
    ids = session.scalars(select(CasePart.id).where(theirs).distinct()).all()
    _forget_keys(session, ids)
    session.execute(delete(CasePart).where(CasePart.case_id == case.id, CasePart.id.in_(ids)))


def destroy(session: Session, case: Case) -> None:
    """Destroy all of the case; what others keep of it goes before. Its reports are destroyed already."""
    parts = session.scalars(select(CasePart.id).where(CasePart.case_id == case.id).distinct()).all()
    _forget_keys(session, [case.id, *parts])
    approvals.destroy(session, [case.id])
    for report in session.scalars(select(Report).where(Report.case_id == case.id)).all():
        sights.forget_report(session, report.id)
        report.case_id = None  # that two reports were in one case is nobody's matter any more
    for of_case in (CheckpointPiece, CasePart, JournalEntry, Membership):
        session.execute(delete(of_case).where(of_case.case_id == case.id))
    session.flush()
    session.execute(delete(Case).where(Case.id == case.id))


def _forget_keys(session: Session, subjects: Collection[str]) -> None:
    grants.destroy(session, subjects)
    pairs.destroy(session, subjects)
