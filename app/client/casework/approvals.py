"""Approvals of a coding: one person asks, another opens what is approved and signs over its hash."""

from dataclasses import dataclass, field, replace
from typing import Any

from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.client.machine.staff import Staff
from app.protocol import statements
from app.protocol.case import SECOND_PERSON, CaseFile, Incident, RuleBroken
from app.protocol.documents import seal
from app.protocol.encoding import b64, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.opening import Asked
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind, Role

# Who may approve a coding, besides not having made it.
APPROVERS = frozenset({Role.CASEWORKER, Role.SUPERVISOR})


@dataclass(frozen=True)
class Review:
    """What an approver decides about: the case as they opened it, which is what was asked about."""

    id: str
    case: OpenCase = field(repr=False)
    etag: str | None


def list_(staff: Staff, *, state: ApprovalState | None = None) -> list[dict[str, Any]]:
    """What this person asked and was asked, as the service tells it."""
    return list(staff.service.items("/approvals", **({"state": state.value} if state else {})))


def request_coding(staff: Staff, opened: OpenCase, approver: str) -> str:
    """Ask somebody to approve the coding of this version. They hold the key until they have decided."""
    wanted: dict[str, object] = {
        "subject": ApprovalSubject.CODING.value,
        "object": opened.id,
        "approver": approver,
        "of": opened.sha256,
    }
    if approver not in opened.members:
        to = staff.certified(approver)
        wanted["grant"] = staff.grant(opened.identity, opened.id, to, GrantKind.APPROVAL, generation=opened.generation)
    return str(staff.service.post("/approvals", wanted).json()["id"])


def review(staff: Staff, approval: str) -> Review:
    """Open what one is asked to approve. Raises `RuleBroken` where the newest version is not what was asked about."""
    answer = staff.service.get(f"/approvals/{approval}")
    asked = answer.json()
    opened = cases.open_(staff, str(asked["object"]))
    if opened.sha256 != asked["of"]:
        raise RuleBroken("changed-since")
    return Review(approval, opened, answer.etag)


def decide(staff: Staff, reviewed: Review, *, approved: bool) -> None:
    """Sign the decision over the hash of what was opened. Raises `RuleBroken` for one's own coding."""
    opened = reviewed.case
    if any(incident.coder == staff.person for incident in opened.file.incidents):
        raise RuleBroken("own-coding")
    decision = ApprovalState.APPROVED if approved else ApprovalState.REJECTED
    statement = statements.approve(
        ApprovalStatement(reviewed.id, ApprovalSubject.CODING, opened.id, opened.sha256, decision),
        opened.identity.recipient,
        org=staff.org,
        generation=opened.generation,
        at=staff.hour,
        signer=staff.signer,
    )
    sealed = seal(statement, opened.identity.recipient)
    wanted = {"to": decision.value, "statement": b64(sealed)}
    staff.service.post(f"/approvals/{reviewed.id}/transitions", wanted, version=reviewed.etag)


def cancel(staff: Staff, approval: str) -> None:
    """Take a request back."""
    answer = staff.service.get(f"/approvals/{approval}")
    wanted = {"to": ApprovalState.CANCELLED.value}
    staff.service.post(f"/approvals/{approval}/transitions", wanted, version=answer.etag)


def approved_file(staff: Staff, opened: OpenCase, approval: str) -> CaseFile:
    """The version whose coding another person has approved, from their signed statement.

    Without the incidents whose verdict names a second person who is not the approver: nobody has asked them, and the
    name alone is its author's word.

    Raises `RuleBroken` where it is not approved, or by somebody who coded it, and `NotAuthentic`.
    """
    shown = staff.service.get(f"/approvals/{approval}").json()
    if shown["statement"] is None:
        raise RuleBroken("not-approved")
    asked = Asked("approval", staff.org, opened.id, writers={str(shown["approver"])})
    # A case has many approvals, none of which is the next version of another.
    found = staff.open_document(unb64(str(shown["statement"])), opened.identity, asked, remember=False)
    said = statements.read_approval(found.document.header.body)
    if (said.approval, said.subject, said.object) != (approval, ApprovalSubject.CODING, opened.id):
        raise NotAuthentic("approval")
    if said.decision is not ApprovalState.APPROVED:
        raise RuleBroken("not-approved")
    file = _version_with(staff, opened, said.of)
    author = found.author
    if author is None or not author.roles & APPROVERS:
        raise NotAuthentic("role")
    if any(incident.coder == author.person for incident in file.incidents):
        raise RuleBroken("own-coding")
    return replace(file, incidents=tuple(each for each in file.incidents if _is_said_by(author.person, each)))


def _is_said_by(approver: str, incident: Incident) -> bool:
    return incident.verification not in SECOND_PERSON or incident.verdicts[-1].second == approver


def _version_with(staff: Staff, opened: OpenCase, sha256: str) -> CaseFile:
    if opened.sha256 == sha256:
        return opened.file
    for version in range(opened.version - 1, 0, -1):
        file, found = cases.open_version(staff, opened, version)
        if found == sha256:
            return file
    raise NotAuthentic("approval")
