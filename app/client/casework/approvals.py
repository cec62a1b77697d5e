"""A second person's word: asked for by one, signed by another over the hash of what they opened, or taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind


@dataclass(frozen=True)
class Approval:
    """What is asked of whom, as the service shows it, in this version: nothing is decided on another.

    `of` is the hash of what is asked about, `statement` the sealed decision in base64url.
    """

    id: str
    subject: ApprovalSubject
    object: str
    state: ApprovalState
    requester: str
    approver: str
    of: str
    statement: str | None = field(repr=False)
    version: int

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        """Raises `KeyError` or `ValueError` for what is no approval."""
        return cls(
            id=str(item["id"]),
            subject=ApprovalSubject(item["subject"]),
            object=str(item["object"]),
            state=ApprovalState(item["state"]),
            requester=str(item["requester"]),
            approver=str(item["approver"]),
            of=str(item["of"]),
            statement=item["statement"],
            version=int(item["version"]),
        )


def list_(staff: Staff, *, state: ApprovalState | None = None) -> list[Approval]:
    """What this person asked and was asked."""
    items = staff.service.items("/approvals", **({"state": state.value} if state else {}))
    return [Approval.read(item) for item in items]


def get(staff: Staff, approval: str) -> Approval:
    """The approval as the service has it now. Raises `Refused`."""
    # The id is the one that was asked for: it will be signed.
    return replace(Approval.read(staff.service.get(f"/approvals/{approval}").json()), id=approval)


def request(staff: Staff, subject: ApprovalSubject, key: Key, approver: str, *, of: str, lend: bool) -> str:
    """Ask somebody about the hash `of`; its id. Where the key is lent, they hold it until they have decided."""
    body: dict[str, object] = {"subject": subject.value, "object": key.subject, "approver": approver, "of": of}
    if lend:
        to = staff.certified(approver)
        grant = staff.grant(key.identity, key.subject, to, GrantKind.APPROVAL, generation=key.generation)
        body["grant"] = grant
    return str(staff.service.post("/approvals", body).json()["id"])


def decide(staff: Staff, approval: Approval, key: Key, *, of: str, approved: bool) -> None:
    """Sign the decision about what was asked and over the hash of what was opened: the service names neither."""
    decision = ApprovalState.APPROVED if approved else ApprovalState.REJECTED
    word = ApprovalStatement(approval.id, approval.subject, key.subject, of, decision)
    statement = sealed.write(staff, key, "approval", word.body())
    _move(staff, approval, decision, statement=statement.file)


def cancel(staff: Staff, approval: Approval) -> None:
    """Take a request back. Raises `Refused` (`stale-version`) where it was decided since it was shown."""
    _move(staff, approval, ApprovalState.CANCELLED)


def _move(staff: Staff, approval: Approval, to: ApprovalState, **more: object) -> None:
    staff.service.post(f"/approvals/{approval.id}/transitions", {"to": to.value} | more, version=approval.version)
