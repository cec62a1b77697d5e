"""A second person's word on a report that is in triage: that it may wait, is abuse, or leaves the queue."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Final

from app.client.casework import approvals, triage
from app.client.casework.approvals import Approval
from app.client.casework.triage import OpenReport, ReportView, RuleOfTriage, Thread
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.vocabulary import ApprovalState, ApprovalSubject, GrantKind, Priority, Role, TransitionReason

# About these a supervisor decides, who has no key of their own.
LENT: Final = frozenset(
    {
        ApprovalSubject.WAITING,
        ApprovalSubject.INSUFFICIENT,
        ApprovalSubject.OUT_OF_MANDATE,
        ApprovalSubject.REFERRED_OUT,
    }
)


@dataclass(frozen=True)
class Review:
    """What somebody decides about: the report as they opened it, its thread, and what they were asked about it then."""

    approval: Approval
    report: OpenReport = field(repr=False)
    thread: Thread = field(repr=False)

    @property
    def unanswered(self) -> bool:
        """Whether nobody has signed for a reply to its reporter, who said that one may write."""
        return self.thread.may_contact(self.report) and not self.thread.replies


def request(staff: Staff, report: OpenReport, subject: ApprovalSubject, approver: str) -> str:
    """Ask somebody to read the report and decide.

    A supervisor is lent its key until then. Another triager of the epoch holds that already: for abuse, a key lent for
    the purpose would make the second person a formality.
    """
    lend = subject in LENT
    return approvals.request(staff, subject, report.key, approver, of=report.view.envelope_sha256, lend=lend)


def may_wait(staff: Staff, report: OpenReport, priority: Priority) -> bool:
    """Whether it may wait for its reporter: where it is urgent, somebody has agreed to that. Raises `Refused`."""
    if priority not in (Priority.P1, Priority.P2):
        return True
    agreed = approvals.list_(staff, state=ApprovalState.APPROVED, about=report.id)
    return any(each.subject is ApprovalSubject.WAITING for each in agreed)


def request_try(staff: Staff, view: ReportView, approver: str) -> str:
    """Ask another holder of its epoch's key to try too, where this person cannot open the report.

    Raises `RuleOfTriage` where it opens, `Refused` (`approver-unfit`) for somebody who holds no such key. Where nobody
    else does, the report waits.
    """
    if triage.opens(staff, view):
        raise RuleOfTriage("this report opens")
    key = Key(view.id, staff.epoch_key(view.epoch), generation=1)
    return approvals.request(staff, ApprovalSubject.UNDECRYPTABLE, key, approver, of=view.envelope_sha256, lend=False)


def try_too(staff: Staff, approval: str) -> bool:
    """As another holder of its epoch's key, try to open the report that one is asked about, and sign whether it opens.

    The answer is what this client finds, and nobody's choice. It is sealed to the epoch: nobody knows the report's key.
    Raises `NotGranted` where this person does not hold the epoch's, and `RuleOfTriage` for another subject.
    """
    record = approvals.get(staff, approval)
    if record.subject is not ApprovalSubject.UNDECRYPTABLE:
        raise RuleOfTriage(f"nobody is asked to try about {record.subject}")
    approvals.remember(staff, record)
    view = triage.view(staff, record.object)
    is_open = triage.opens(staff, view)
    key = Key(view.id, staff.epoch_key(view.epoch), generation=1)
    approvals.decide(staff, record, key, of=view.envelope_sha256, approved=not is_open)
    return is_open


def review(staff: Staff, approval: str) -> Review:
    """Read the report that one is asked about. Raises `NotGranted` and `NotAuthentic`.

    Raises `Rollback` where this machine was shown another request under this id.
    """
    record = approvals.get(staff, approval)
    approvals.is_known(staff, record)
    if record.subject in LENT:
        key = staff.open_grants(f"/approvals/{approval}/grant", record.object, {GrantKind.APPROVAL}).identity
        report = triage.open_with(staff, record.object, key)
    else:
        report = triage.open_(staff, record.object)
    approvals.remember(staff, record)
    return Review(record, report, triage.thread(staff, report))


def decide(staff: Staff, review: Review, *, approved: bool) -> None:
    """Sign the decision about what was reviewed and over the hash of what was opened.

    What was put away already is then done with, or comes back into triage.
    """
    report, subject = review.report, review.approval.subject
    approvals.decide(staff, review.approval, report.key, of=report.sha256, approved=approved)
    if report.view.state.value != subject.value:  # it was asked before the step, or about none
        return
    if approved:
        staff.service.put(f"/reports/{report.id}/opening", {"case": None}, version=report.view.version)
    else:
        triage.reopen(staff, report.view, TransitionReason.ERROR)


def lend_where_drawn(staff: Staff, report: OpenReport) -> str | None:
    """Where the service drew what was put away just now, lend it to a supervisor; the id of the request, if one is.

    Raises `RuleOfTriage` where there is no other: it stays due, and whoever holds the epoch's key can ask later.
    """
    view = triage.view(staff, report.id)
    if view.opening_due is None:
        return None
    supervisors = {each.person for each in staff.colleagues(Role.SUPERVISOR)}
    others = sorted(supervisors - {staff.person, view.triager})
    if not others:
        raise RuleOfTriage("there is no other supervisor to read what was put away")
    return request(staff, replace(report, view=view), ApprovalSubject(view.state), secrets.choice(others))
