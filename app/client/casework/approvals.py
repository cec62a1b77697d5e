"""A second person's word: asked for by one, signed by another over the hash of what they opened, or taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Self

from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.encoding import canonical, sha256_hex
from app.protocol.errors import Rollback
from app.protocol.statements import ApprovalStatement, CardSignature
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind

# In what this machine has seen: each request that it made or opened.
_REQUEST: Final = "approval-request"


@dataclass(frozen=True)
class Approval:
    """What is asked of whom, as the service shows it, in this version: nothing is decided on another.

    `of` is the hash of what is asked about, which of a coding stands in the sealed decision alone. That is `statement`,
    in base64url; `lent_until` is the last day of a key that is lent for it.
    """

    id: str
    subject: ApprovalSubject
    object: str
    state: ApprovalState
    requester: str
    approver: str
    of: str | None
    statement: str | None = field(repr=False)
    lent_until: date | None
    version: int

    @property
    def request(self) -> Mark:
        """What was asked of whom, which stays as it is whatever becomes of it."""
        request = {
            "subject": self.subject,
            "object": self.object,
            "requester": self.requester,
            "approver": self.approver,
            "of": self.of,
        }
        return Mark(1, sha256_hex(canonical(request)))

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
            of=item["of"],
            statement=item["statement"],
            lent_until=date.fromisoformat(item["lent_until"]) if item["lent_until"] else None,
            version=int(item["version"]),
        )


def list_(staff: Staff, *, state: ApprovalState | None = None, about: str | None = None) -> list[Approval]:
    """What this person asked and was asked, and what others ask about the cases and reports that they lead.

    `about` is the id of one of these.
    """
    filters = ({"state": state.value} if state else {}) | ({"object": about} if about else {})
    return [Approval.read(item) for item in staff.service.items("/approvals", **filters)]


def lent(staff: Staff, about: str) -> list[Approval]:
    """For which decisions the key of a case or report is lent now: by whom, to whom, until when. `cancel` ends it."""
    return [each for each in list_(staff, about=about) if each.lent_until]


def get(staff: Staff, approval: str) -> Approval:
    """The approval as the service has it now. Raises `Refused`."""
    # The id is the one that was asked for: it will be signed.
    return replace(Approval.read(staff.service.get(f"/approvals/{approval}").json()), id=approval)


def request(
    staff: Staff,
    subject: ApprovalSubject,
    key: Key,
    approver: str,
    *,
    of: str | None,
    lend: bool,
    head: Mark | None = None,
) -> str:
    """Ask somebody about the hash `of`; its id. Where the key is lent, they hold it until they have decided.

    `head` is the newest entry of the journal, where it is about a case. This machine remembers whom it asked about
    what: nobody else's word is one on this.
    """
    body: dict[str, object] = {"subject": subject.value, "object": key.subject, "approver": approver}
    if of:
        body["of"] = of
    if lend:
        to = staff.certified(approver)
        grant = staff.grant(key.identity, key.subject, to, GrantKind.APPROVAL, generation=key.generation, head=head)
        body["grant"] = grant
    id_ = str(staff.service.post("/approvals", body).json()["id"])
    asked = Approval(id_, subject, key.subject, ApprovalState.REQUESTED, staff.person, approver, of, None, None, 1)
    remember(staff, asked)
    return id_


def is_known(staff: Staff, approval: Approval) -> bool:
    """Whether this machine made or opened this request. Raises `Rollback` where it was another one under this id."""
    seen = staff.seen.highest(_REQUEST, approval.id)
    if seen not in (None, approval.request):
        raise Rollback("request")
    return seen is not None


def remember(staff: Staff, approval: Approval) -> None:
    """From now on this is what was asked under this id: what is shown in one run is what is signed in the next.

    Raises `Rollback` where it was something else.
    """
    if not is_known(staff, approval):
        staff.seen.record(_REQUEST, approval.id, approval.request)


def decide(
    staff: Staff, approval: Approval, key: Key, *, of: str, approved: bool, cards: Iterable[CardSignature] = ()
) -> None:
    """Sign the decision about what was asked and over the hash of what was opened: the service names neither."""
    decision = ApprovalState.APPROVED if approved else ApprovalState.REJECTED
    word = ApprovalStatement(approval.id, approval.subject, key.subject, of, decision, tuple(cards))
    statement = sealed.write(staff, key, "approval", word.body())
    _move(staff, approval, decision, statement=statement.file)


def cancel(staff: Staff, approval: Approval) -> None:
    """Take a request back, as who asked or who leads the work: a key that was lent for it ends. What was approved for
    one act, and was not used, who asked or approved takes back.

    Raises `Refused` (`stale-version`) where it was decided since it was shown.
    """
    _move(staff, approval, ApprovalState.CANCELLED)


def _move(staff: Staff, approval: Approval, to: ApprovalState, **more: object) -> None:
    staff.service.post(f"/approvals/{approval.id}/transitions", {"to": to.value} | more, version=approval.version)
