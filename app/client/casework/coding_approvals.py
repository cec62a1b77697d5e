"""Approvals of a coding: another person opens the case, and signs over the coding that they read."""

from dataclasses import dataclass, field, replace

from app.client.casework import approvals, cases
from app.client.casework.approvals import Approval
from app.client.casework.cases import OpenCase
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol import statements
from app.protocol.case import SECOND_PERSON, CaseFile, Incident, RuleBroken
from app.protocol.errors import NotAuthentic
from app.vocabulary import ApprovalState, ApprovalSubject, Role

# Who may approve a coding, besides not having made it.
APPROVERS = frozenset({Role.CASEWORKER, Role.SUPERVISOR})


@dataclass(frozen=True)
class Review:
    """What an approver decides about: the case as they opened it, which is what was asked about."""

    approval: Approval
    case: OpenCase = field(repr=False)


def request(staff: Staff, case: OpenCase, approver: str) -> str:
    """Ask somebody to approve the coding as it is now. Who is no member holds the key until they have decided."""
    lend = approver not in case.members
    return approvals.request(staff, ApprovalSubject.CODING, case.key, approver, of=case.coding_sha256, lend=lend)


def review(staff: Staff, approval: str) -> Review:
    """Open what one is asked to approve. Raises `RuleBroken` where the coding is not what was asked about.

    Raises `Rollback` where this machine was shown another request under this id.
    """
    record = _get(staff, approval)
    approvals.is_known(staff, record)
    case = cases.open_(staff, record.object)
    if case.coding_sha256 != record.of:
        raise RuleBroken("changed-since")
    approvals.remember(staff, record)
    return Review(record, case)


def decide(staff: Staff, review: Review, *, approved: bool) -> None:
    """Sign the decision over the hash of what was opened. Raises `RuleBroken` for one's own coding.

    Also for a person whose contribution token somebody has changed: they would be counted as two.
    """
    case = review.case
    if any(incident.coder == staff.person for incident in case.file.incidents):
        raise RuleBroken("own-coding")
    cases.check_history(staff, case)
    approvals.decide(staff, review.approval, case.key, of=case.coding_sha256, approved=approved)


def approved_file(staff: Staff, case: OpenCase, approval: str) -> CaseFile:
    """The case whose coding another person has approved, from their signed statement.

    Who they are, the client that asked has chosen. On another machine, which only has the service's word for it, the
    statement of a member counts: it may be that nobody ever asked, and lent the key to, somebody else.

    Without the incidents whose verdict names a second person who is not the approver: nobody has asked them, and the
    name alone is its author's word.

    Raises `RuleBroken` where it is not approved, was changed since, or was coded by who approved it, and
    `NotAuthentic`.
    """
    record = _get(staff, approval)
    if not approvals.is_known(staff, record) and record.approver not in case.members:
        raise NotAuthentic("not-a-writer")
    if record.statement is None:
        raise RuleBroken("not-approved")
    # A case has many approvals, none of which is the next version of another.
    statement = sealed.read(staff, case.key, "approval", record.statement, writers={record.approver})
    word = statements.read_approval(statement.document.header.body)
    if (word.approval, word.subject, word.object, word.of) != (approval, record.subject, case.id, record.of):
        raise NotAuthentic("approval")
    if word.decision is not ApprovalState.APPROVED:
        raise RuleBroken("not-approved")
    file = case.file
    if word.of != case.coding_sha256:
        raise RuleBroken("changed-since")
    author = statement.author
    if author is None or not author.roles & APPROVERS:
        raise NotAuthentic("role")
    if any(incident.coder == author.person for incident in file.incidents):
        raise RuleBroken("own-coding")
    return replace(file, incidents=tuple(each for each in file.incidents if _is_said_by(author.person, each)))


def _get(staff: Staff, approval: str) -> Approval:
    return replace(approvals.get(staff, approval), subject=ApprovalSubject.CODING)  # whatever the service calls it


def _is_said_by(approver: str, incident: Incident) -> bool:
    return incident.verification not in SECOND_PERSON or incident.verdicts[-1].second == approver
