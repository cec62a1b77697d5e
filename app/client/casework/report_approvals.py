"""A second person's word on a report that is still in triage: that it may wait, or that it is abuse."""

from dataclasses import dataclass, field

from app.client.casework import triage
from app.client.casework.triage import OpenReport
from app.client.machine.staff import Staff
from app.protocol import statements
from app.protocol.documents import seal
from app.protocol.encoding import b64
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind


@dataclass(frozen=True)
class Review:
    """What somebody decides about: the report as they opened it, and what they were asked about it then."""

    id: str
    subject: ApprovalSubject
    report: OpenReport = field(repr=False)
    etag: str | None


def request(staff: Staff, opened: OpenReport, subject: ApprovalSubject, approver: str) -> str:
    """Ask somebody to read the report and decide.

    A supervisor is lent its key until then. Another triager of the epoch holds that already: for abuse, a key lent for
    the purpose would make the second person a formality.
    """
    wanted: dict[str, object] = {
        "subject": subject.value,
        "object": opened.id,
        "approver": approver,
        "of": staff.service.get(f"/reports/{opened.id}").json()["envelope_sha256"],
    }
    if subject is ApprovalSubject.WAITING:
        to = staff.certified(approver)
        wanted["grant"] = staff.grant(opened.identity, opened.id, to, GrantKind.APPROVAL)
    return str(staff.service.post("/approvals", wanted).json()["id"])


def review(staff: Staff, approval: str) -> Review:
    """Read the report that one is asked about. Raises `NotGranted` and `NotAuthentic`."""
    answer = staff.service.get(f"/approvals/{approval}")
    asked = answer.json()
    report, subject = str(asked["object"]), ApprovalSubject(asked["subject"])
    if subject is ApprovalSubject.WAITING:
        key = staff.open_grants(f"/approvals/{approval}/grant", report, {GrantKind.APPROVAL}).identity
        return Review(approval, subject, triage.open_with(staff, report, key), answer.etag)
    return Review(approval, subject, triage.open_(staff, report), answer.etag)


def decide(staff: Staff, reviewed: Review, *, approved: bool) -> None:
    """Sign the decision about what was reviewed and over the hash of what was opened: the service names neither."""
    opened = reviewed.report
    decision = ApprovalState.APPROVED if approved else ApprovalState.REJECTED
    recipient = opened.identity.recipient
    statement = statements.approve(
        ApprovalStatement(reviewed.id, reviewed.subject, opened.id, opened.sha256, decision),
        recipient,
        org=staff.org,
        generation=1,
        at=staff.hour,
        signer=staff.signer,
    )
    wanted = {"to": decision.value, "statement": b64(seal(statement, recipient))}
    staff.service.post(f"/approvals/{reviewed.id}/transitions", wanted, version=reviewed.etag)
