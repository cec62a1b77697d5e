"""The course of a case: its steps, each held to what is sealed, and the second person's word that some of them take.

The service holds the guards over what it is told; whether it was told the truth, whoever opens the case sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.client.casework import approvals, cases
from app.client.casework.approvals import Approval
from app.client.casework.cases import CaseView, OpenCase
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol import statements
from app.protocol.case import APPROVERS, GRAVE, SETTLED, Name, PartType, RuleBroken
from app.protocol.errors import ProtocolError
from app.vocabulary import (
    ApprovalState,
    ApprovalSubject,
    CaseStage,
    HoldReason,
    Role,
    TransitionReason,
)

# What somebody else is asked about: the newest version of a paper of the case.
PAPERS: Final = {
    ApprovalSubject.ASSESSMENT: PartType.ASSESSMENT,
    ApprovalSubject.PLAN: PartType.PLAN,
    ApprovalSubject.CLOSURE: PartType.CLOSING,
}


@dataclass(frozen=True)
class Review:
    """What somebody decides about: a paper, found by their own client in the case as they opened it."""

    approval: Approval
    case: OpenCase = field(repr=False)
    paper: PartType


def request(staff: Staff, case: OpenCase, subject: ApprovalSubject, approver: str) -> str:
    """Ask another person about the newest paper of the case; the id of the request.

    Who is no member holds the key until they have decided. Raises `RuleBroken` where there is no such paper, or the
    person is not another.
    """
    part = _part(case, PAPERS[subject])
    _check_other(case, part, approver, subject, author=staff.person)
    lend = approver not in case.members
    if lend:
        case = cases.lend(staff, case, approver)
    of, head = case.marks[part].sha256, case.journal.mark
    return approvals.request(staff, subject, case.key, approver, of=of, lend=lend, head=head)


def review(staff: Staff, approval: str) -> Review:
    """Open the case about which one is asked, and find the paper whose hash was sent.

    Raises `RuleBroken` where it has changed since, or is not for this person, `Rollback` where this machine was shown
    another request under this id.
    """
    record = approvals.get(staff, approval)
    approvals.is_known(staff, record)
    if record.subject not in PAPERS:
        raise RuleBroken("not-a-paper")
    case = cases.whole(staff, cases.open_(staff, record.object))
    part = _part(case, PAPERS[record.subject])
    if case.marks[part].sha256 != record.of:
        raise RuleBroken("changed-since")
    _check_other(case, part, staff.person, record.subject, author=record.requester)
    approvals.remember(staff, record)
    return Review(record, case, PAPERS[record.subject])


def decide(staff: Staff, review: Review, *, approved: bool) -> None:
    """Sign the decision about the paper that was shown."""
    of = review.case.marks[_part(review.case, review.paper)].sha256
    approvals.decide(staff, review.approval, review.case.key, of=of, approved=approved)


def approved_by(staff: Staff, case: OpenCase, subject: ApprovalSubject) -> frozenset[str]:
    """Who, by their own signature, has approved the newest paper, and neither wrote it nor, if it ends the case, leads.

    What the service shows besides, and is no such word, counts for nothing.
    """
    part = case.whole.parts.get(Name(PAPERS[subject]))
    if part is None:
        return frozenset()
    of = case.marks[part].sha256
    found = approvals.list_(staff, state=ApprovalState.APPROVED, about=case.id)
    return frozenset(
        each.approver
        for each in found
        if (each.subject, each.of) == (subject, of) and _is_signed(staff, case, each, part=part)
    )


def move(
    staff: Staff,
    case: OpenCase,
    view: CaseView,
    to: CaseStage,
    *,
    reason: TransitionReason = TransitionReason.DECIDED,
    why: str = "",
    held_for: HoldReason | None = None,
    resume_on: date | None = None,
) -> None:
    """Take the case from where the person saw it to a stage; `why` stays in the case, for good.

    Raises `RuleBroken` where what is sealed does not allow it, whatever the service was told, and `Refused`. That a
    case is to end is proposed by `cases.propose_closing`.
    """
    broken = next(_broken(staff, case, view, to), None)
    if broken:
        raise broken
    cases.move(staff, case, view, to, reason=reason, held_for=held_for, resume_on=resume_on)
    if why:
        cases.note(staff, case, why, step=to)


def unsound(staff: Staff, case: OpenCase, view: CaseView) -> list[str]:
    """The rules that the service's word about the case breaks by what members find in it."""
    return [each.rule for each in _told_otherwise(staff, case, view)]


def _told_otherwise(staff: Staff, case: OpenCase, view: CaseView) -> Iterator[RuleBroken]:
    file = case.file
    if view.stage is CaseStage.CLOSED:
        if not _is_alone(staff) and not approved_by(staff, case, ApprovalSubject.CLOSURE):
            yield RuleBroken("closed-by-one")
        return
    if file.incidents and file.priority is not view.priority:
        yield RuleBroken("priority-of-another-coding")
    assessment, plan = cases.told(staff, case.id)
    says = file.assessment and (file.assessment.level.value, file.assessment.valid_until.isoformat())
    if assessment and assessment.says != says:
        yield RuleBroken("danger-told-otherwise")
    if plan and (file.plan is None or plan.says != (file.plan.status.value,)):
        yield RuleBroken("plan-told-otherwise")


def _broken(staff: Staff, case: OpenCase, view: CaseView, to: CaseStage) -> Iterator[RuleBroken]:
    file = case.file
    if view.stage is CaseStage.ON_HOLD or to is CaseStage.ON_HOLD:
        return
    if to is CaseStage.PLANNING and not (file.assessment and file.assessment.valid_until >= staff.today):
        yield RuleBroken("danger-not-judged")
    if (view.stage, to) == (CaseStage.PLANNING, CaseStage.ACTIVE):
        if not (file.plan and file.plan.status in SETTLED):
            yield RuleBroken("plan-not-settled")
        is_grave = file.assessment is None or file.assessment.level in GRAVE
        if is_grave and not _is_alone(staff) and not approved_by(staff, case, ApprovalSubject.PLAN):
            yield RuleBroken("plan-not-approved")
    if to is CaseStage.CLOSED and view.stage is not CaseStage.CLOSURE_REVIEW:
        yield RuleBroken("not-looked-at")
    if to is CaseStage.CLOSED and not _is_alone(staff) and not approved_by(staff, case, ApprovalSubject.CLOSURE):
        yield RuleBroken("closed-by-one")


def _is_alone(staff: Staff) -> bool:
    return not {each.person for each in staff.colleagues(*APPROVERS)} - {staff.person}


def _part(case: OpenCase, type_: PartType) -> str:
    part = case.whole.parts.get(Name(type_))
    if part is None:
        raise RuleBroken("no-such-paper")
    return part


def _check_other(case: OpenCase, part: str, person: str, subject: ApprovalSubject, *, author: str) -> None:
    """Who approves is neither who asks nor who wrote it, nor leads the case that is to end."""
    about = {author, case.said[part].author}
    if subject is ApprovalSubject.CLOSURE:
        about |= {case.member_list.owner or author}
    if person in about:
        raise RuleBroken("another-person")


def _is_signed(staff: Staff, case: OpenCase, record: Approval, *, part: str) -> bool:
    if record.statement is None:
        return False
    try:
        statement = sealed.read(staff, case.key, "approval", record.statement, writers={record.approver})
        word = statements.read_approval(statement.document.header.body)
        _check_other(case, part, record.approver, record.subject, author=record.requester)
    except ProtocolError:
        return False
    is_this = (word.approval, word.subject, word.object, word.of) == (record.id, record.subject, case.id, record.of)
    needed = frozenset({Role.SUPERVISOR}) if record.subject is ApprovalSubject.ASSESSMENT else APPROVERS
    author = statement.author
    return is_this and word.decision is ApprovalState.APPROVED and author is not None and bool(author.roles & needed)
