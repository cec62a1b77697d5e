"""What two persons do in a case: one asks another, who reads the case, to sign for it; an entry holds that whole."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from app.client.casework import approvals, cases
from app.client.casework.approvals import Approval
from app.client.casework.cases import OpenCase, ending
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol import statements
from app.protocol.case import RuleBroken
from app.protocol.encoding import check_at
from app.protocol.errors import NotAuthentic
from app.protocol.grants import LOAN
from app.protocol.journal import AGREED_FOR, Act, Ending, Hold, Moving, Release, Removal, may_second
from app.vocabulary import ApprovalState, ApprovalSubject

_LONGEST_HOLD: Final = 3660  # days, after which nobody finds a hold again to end it


@dataclass(frozen=True)
class Review:
    """What somebody decides about: the act, found by their own client in the case as they opened it."""

    approval: Approval
    case: OpenCase = field(repr=False)
    act: Act


def request(staff: Staff, case: OpenCase, act: Act, approver: str) -> str:
    """Ask another person to sign for this act; the id of the request.

    It is a member, and a supervisor where there is no other, who is lent the key of the case until they have decided.
    Raises `RuleBroken` for anybody else, or where this takes nobody's word.
    """
    case = cases.whole(staff, case)
    others = [act.to] if isinstance(act, Moving) else []
    if act not in set(_possible(case, staff.today, others)):
        raise RuleBroken("not-an-act")
    _check_second(staff, case, act, approver, author=staff.person)
    lend = approver not in case.members
    if lend:
        case = cases.lend(staff, case, approver)
    of, head = act.sha256(case.id), case.journal.mark
    return approvals.request(staff, act.subject, case.key, approver, of=of, lend=lend, head=head)


def review(staff: Staff, approval: str) -> Review:
    """Open the case about which one is asked, and find the act whose hash was sent: nobody else says what it is.

    Raises `RuleBroken` where it is none that the case allows, or not for this person; `Rollback` where this machine was
    shown another request under this id.
    """
    record = approvals.get(staff, approval)
    approvals.is_known(staff, record)
    case = cases.whole(staff, cases.open_(staff, record.object))
    others = [each.id for each in cases.list_(staff)] if record.subject is ApprovalSubject.MERGE else []
    act = next(
        (
            act
            for act in _possible(case, staff.today, others)
            if act.subject == record.subject and act.sha256(case.id) == record.of
        ),
        None,
    )
    if act is None:
        raise RuleBroken("not-an-act")
    if isinstance(act, Moving) and staff.person in case.members:
        cases.check_apart(case, cases.open_(staff, act.to))
    _check_second(staff, case, act, staff.person, author=record.requester)
    approvals.remember(staff, record)
    return Review(record, case, act)


def decide(staff: Staff, review: Review, *, approved: bool) -> None:
    """Sign the decision about this act. Raises `RuleBroken` where the key turns first, and this person has it lent."""
    of, case = review.act.sha256(review.case.id), cases.current(staff, review.case)
    approvals.decide(staff, review.approval, case.key, of=of, approved=approved)


def given(staff: Staff, case: OpenCase, act: Act, approval: str) -> str:
    """The text of what another person has signed for this act, as an entry holds it.

    Raises `RuleBroken` where it is not approved, or it was too long ago that parts end, and `NotAuthentic` where it is
    of another act or case.
    """
    record = approvals.get(staff, approval)
    approvals.is_known(staff, record)
    if record.statement is None:
        raise RuleBroken("not-approved")
    statement = sealed.read(staff, case.key, "approval", record.statement, writers={record.approver})
    word = statements.read_approval(statement.document.header.body)
    if (word.approval, word.subject, word.object, word.of) != (approval, act.subject, case.id, act.sha256(case.id)):
        raise NotAuthentic("approval")
    if word.decision is not ApprovalState.APPROVED:
        raise RuleBroken("not-approved")
    if isinstance(act, Ending) and staff.today - check_at(statement.document.header.at) > AGREED_FOR:
        raise RuleBroken("approval-old")
    return statement.document.text.decode()


def removal(case: OpenCase, *, remove: frozenset[str], owner: str | None) -> Removal:
    """What takes two of a change of members, as `cases.change_members` makes it."""
    members = case.member_list
    leads = {members.opener, members.owner} & remove
    return Removal(frozenset(each for each in leads if each), owner or members.owner)


def release(staff: Staff, case: OpenCase) -> Release | None:
    """What ends the newest hold to which somebody has agreed; None where the service shows none."""
    agreed = {
        each.of
        for each in approvals.list_(staff, state=ApprovalState.APPROVED, about=case.id)
        if each.subject is ApprovalSubject.LEGAL_HOLD
    }
    ended = map(Release, _back_from(staff.today, _LONGEST_HOLD))
    return next((each for each in ended if each.sha256(case.id) in agreed), None)


def _back_from(today: date, number: int) -> Iterator[date]:
    return (today - timedelta(days=ago) for ago in range(number))


def _possible(case: OpenCase, today: date, others: Collection[str]) -> Iterator[Act]:
    """Every act that takes two in the case as it stands, beside these others. Who is to own it is a member already."""
    yield from (Moving(each) for each in others if each != case.id)
    yield from map(Hold, _back_from(today, LOAN.days + 1))
    yield from map(Release, _back_from(today, _LONGEST_HOLD))
    members = case.member_list
    leads = frozenset(each for each in (members.opener, members.owner) if each in members.present)
    for remove in {frozenset[str](), leads, *(frozenset({each}) for each in leads)}:
        for owner in (None, *sorted(members.present - remove)):
            if remove or owner != members.owner:
                yield Removal(remove, owner)
    for part in case.journal.parts:
        with suppress(RuleBroken):
            yield ending.agreed(case, part)


def _check_second(staff: Staff, case: OpenCase, act: Act, person: str, *, author: str) -> None:
    about = set[str]()
    if isinstance(act, Removal):
        about |= act.remove
        owner = case.member_list.owner
        if owner and act.owner != owner:
            about.add(owner)
    if not may_second(case.journal, staff.certified(person), author=author, about=about - {author}):
        raise RuleBroken("second-person")
