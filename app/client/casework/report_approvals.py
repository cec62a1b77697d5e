"""A second person's word on a report that is still in triage: that it may wait, or that it is abuse."""

from dataclasses import dataclass, field

from app.client.casework import approvals, triage
from app.client.casework.approvals import Approval
from app.client.casework.triage import OpenReport
from app.client.machine.staff import Staff
from app.vocabulary import ApprovalSubject, GrantKind


@dataclass(frozen=True)
class Review:
    """What somebody decides about: the report as they opened it, and what they were asked about it then."""

    approval: Approval
    report: OpenReport = field(repr=False)


def request(staff: Staff, report: OpenReport, subject: ApprovalSubject, approver: str) -> str:
    """Ask somebody to read the report and decide.

    A supervisor is lent its key until then. Another triager of the epoch holds that already: for abuse, a key lent for
    the purpose would make the second person a formality.
    """
    lend = subject is ApprovalSubject.WAITING
    return approvals.request(staff, subject, report.key, approver, of=report.view.envelope_sha256, lend=lend)


def review(staff: Staff, approval: str) -> Review:
    """Read the report that one is asked about. Raises `NotGranted` and `NotAuthentic`."""
    record = approvals.get(staff, approval)
    if record.subject is ApprovalSubject.WAITING:
        key = staff.open_grants(f"/approvals/{approval}/grant", record.object, {GrantKind.APPROVAL}).identity
        return Review(record, triage.open_with(staff, record.object, key))
    return Review(record, triage.open_(staff, record.object))


def decide(staff: Staff, review: Review, *, approved: bool) -> None:
    """Sign the decision about what was reviewed and over the hash of what was opened."""
    report = review.report
    approvals.decide(staff, review.approval, report.key, of=report.sha256, approved=approved)
