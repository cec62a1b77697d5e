"""Approvals: one person asks another, by name, about one hash. Nobody approves their own act."""

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from app import transitions
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import bound
from app.casework.approvals import sights as approval_sights
from app.casework.approvals.machine import EDGES, Facts
from app.casework.approvals.models import Approval, ApprovalSight
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.encoding import new_id, sha256_hex
from app.transitions import Step
from app.vocabulary import ApprovalState, ApprovalSubject, Role


class SelfApproval(Problem):
    """Nobody approves their own act. Ask somebody else."""

    type, status, title = "self-approval", 409, "Another person than the one who acts approves"


class ApproverUnfit(Problem):
    """The person has no role that decides this, or could not open what they would decide on.

    Ask somebody else, or send a grant with the request.
    """

    type, status, title = "approver-unfit", 422, "This person may not decide this, or holds no key to open it"


class NotApprovable(Problem):
    """What the approval would be about has changed, ended or not yet come. Read it anew before asking."""

    type, status, title = "not-approvable", 409, "What is to be approved is not there any more, or not yet"


@dataclass(frozen=True)
class NewApproval:
    """`of` is the SHA-256 of what is approved, None for a coding; `grant` opens it until the approver has decided."""

    subject: ApprovalSubject
    object_id: str
    approver_id: str
    of: str | None
    comment: bytes | None
    grant: NewGrant | None


@dataclass(frozen=True)
class Approvable:
    """The rule of one subject, which stands in the package of what is approved: who may be asked, and with which key.

    `authors` gives those who made what is approved, none of whom may approve it. It raises `NotFound` where the actor
    has nothing to do with the object, `NotApprovable` where the hash is not that of anything in it. `holders` are those
    who can open the object of this id already; `takes_own_key` says that to lend somebody else a key is not enough.
    `workers` are those who see what is asked about the object of an id because they work on it, or lead the work.
    `led_by` is whether the actor leads the work on the object of an id: they see what is asked and lent, and call it
    back. `seen_by` is whether they work on it: where it is given, they see what is asked and decided too.
    `is_bounded` says that one person approves so many of it in a day and no more (`bound.py`).
    `lent_until` is the last day of a key that is lent, where it must not outlive another. `of_one_act` says that what
    is approved is done once, and counts for nothing before: until then who asked or approved takes it back.
    """

    subject: ApprovalSubject
    approvers: frozenset[Role]
    authors: Callable[[Session, Actor, NewApproval], set[str]]
    holders: Callable[[Session, str], set[str]]
    workers: Callable[[Session, str], Collection[str]]
    led_by: Callable[[Actor, InstrumentedAttribute[str]], ColumnElement[bool]]
    seen_by: Callable[[Actor, InstrumentedAttribute[str]], ColumnElement[bool]] | None = None
    lent_until: Callable[[Session, str], date] | None = None
    takes_own_key: bool = False
    is_bounded: bool = False
    of_one_act: bool = False


_LENT = (Grant.until, Grant.revoked)  # what is told of a key that was lent, which is no part of the answer

_Text: TypeAlias = str | InstrumentedAttribute[str]
Approvables: TypeAlias = Mapping[ApprovalSubject, Approvable]


def visible_to(actor: Actor, approvables: Approvables) -> Select[Approval]:
    """What this person asked and was asked, and what others ask about that on which they work, or lead the work."""
    asked = (Approval.requester_id == actor.id, Approval.approver_id == actor.id)
    seen = (
        and_(Approval.subject == rule.subject, (rule.seen_by or rule.led_by)(actor, Approval.object_id))
        for rule in approvables.values()
    )
    return select(Approval).where(or_(*asked, *seen)).options(selectinload(Approval.grant).load_only(*_LENT))


def get(session: Session, actor: Actor, approvables: Approvables, approval_id: str) -> Approval:
    """Raises `NotFound` for an absent and for a forbidden approval alike, as all that follows does."""
    return _one(session, visible_to(actor, approvables), approval_id)


def request(session: Session, actor: Actor, approvables: Approvables, new: NewApproval, *, now: datetime) -> Approval:
    """Ask. Raises `NotApprovable`, `NotCertified`, `SelfApproval` or `ApproverUnfit`."""
    rule = approvables.get(new.subject)
    if rule is None:
        raise NotApprovable
    authors = rule.authors(session, actor, new)
    roles = staff.certified_as(session, new.approver_id, now.date())
    if new.approver_id in authors | {actor.id}:
        raise SelfApproval
    if not rule.approvers & roles or not _can_open(session, rule, new):
        raise ApproverUnfit
    grant = _lend(session, actor, rule, new, now=now)
    approval = Approval(
        id=new_id("apr"),
        subject=new.subject,
        object_id=new.object_id,
        requester_id=actor.id,
        approver_id=new.approver_id,
        of=new.of,
        grant_id=grant.id if grant else None,
        comment=new.comment,
    )
    session.add(approval)
    session.flush()
    approval_sights.note(session, rule.workers(session, new.object_id), new.object_id)
    audit.record(session, actor.id, Action.APPROVAL_REQUESTED, approval.id, now=now, object_hash=new.of)
    return approval


def steps(session: Session, actor: Actor, approvables: Approvables, approval_id: str) -> list[Step[ApprovalState]]:
    """What the actor may do with the approval now, and which guards fail as long as nothing more is sent."""
    approval = get(session, actor, approvables, approval_id)
    return transitions.steps(EDGES, approval.state, _facts(session, actor, approvables, approval, None))


def decide(
    session: Session,
    actor: Actor,
    approvables: Approvables,
    approval_id: str,
    to: ApprovalState,
    statement: bytes | None,
    *,
    seen: AbstractSet[int],
    now: datetime,
) -> Approval:
    """Approve, reject or cancel, also what was approved and not done. The key that was lent with the request ends.

    Raises `StaleVersion`, `NoSuchStep` or `GuardsFail`, and `TooManyApprovals` for one more than a day has.
    """
    approval = _one(session, _as_it_is_now(visible_to(actor, approvables)), approval_id)
    if approval.version not in seen:
        raise StaleVersion(version=approval.version)
    origin = approval.state
    transitions.check(EDGES, origin, to, _facts(session, actor, approvables, approval, statement))
    if approvables[approval.subject].is_bounded and to is ApprovalState.APPROVED:
        bound.count(session, actor.id, now.date())
    approval.state, approval.statement, approval.decided_on = to, statement, now.date()
    if approval.grant_id is not None and origin is ApprovalState.REQUESTED:
        grants.end(session, actor, session.get_one(Grant, approval.grant_id), now=now)
    statement_sha256 = sha256_hex(statement) if statement else None
    audit.record(session, actor.id, Action.APPROVAL_DECIDED, approval.id, now=now, object_hash=statement_sha256)
    session.flush()  # gives the approval its next version
    approval_sights.follow(session, approval)
    return approval


def fetch_grant(session: Session, actor: Actor, approval_id: str, *, now: datetime) -> list[Grant]:
    """The key that came with the request, for the named approver alone, until they have decided. It is recorded."""
    lent = (
        select(Approval.object_id)
        .join(Grant, Grant.id == Approval.grant_id)
        .where(
            Approval.id == approval_id,
            Approval.approver_id == actor.id,
            Approval.state == ApprovalState.REQUESTED,
            or_(Grant.until.is_(None), Grant.until >= actor.today),
        )
    )
    object_id = session.scalar(lent)
    if object_id is None:
        raise NotFound
    return grants.fetch(session, actor, object_id, now=now)


def approved(session: Session, actor: Actor, *, object_id: str, of: str) -> list[ApprovalSubject]:
    """What others than the actor have approved of the object, as long as it has this hash."""
    theirs = select(Approval.subject).where(_is_approved(object_id, of), Approval.approver_id != actor.id)
    return list(session.scalars(theirs))


def given_by(session: Session, subject: ApprovalSubject, *, object_id: str, of: str) -> set[str]:
    """Who has approved this of the object, as long as it was not used."""
    theirs = select(Approval.approver_id).where(_is_approved(object_id, of), Approval.subject == subject)
    return set(session.scalars(theirs))


def given_to_use(session: Session, subject: ApprovalSubject, *, object_id: str, of: str) -> set[str]:
    """The same, of what nobody takes back before this transaction ends."""
    given = select(Approval).where(_is_approved(object_id, of), Approval.subject == subject).order_by(Approval.id)
    return {approval.approver_id for approval in session.scalars(_as_it_is_now(given))}


def spend(session: Session, subject: ApprovalSubject, *, object_id: str, of: str) -> None:
    """What was approved is done: it counts for nothing more, and who asked it too asks again."""
    given = update(Approval).where(_is_approved(object_id, of), Approval.subject == subject)
    session.execute(given.values(is_spent=True))


def has_approved(
    actor: Actor,
    subject: InstrumentedAttribute[Any],
    *,
    object_id: InstrumentedAttribute[str],
    of: InstrumentedAttribute[str],
) -> ColumnElement[bool]:
    """Whether the actor, asked by another, has approved this of the object with this hash."""
    return (
        select(Approval.id)
        .where(_is_approved(object_id, of), Approval.subject == subject, Approval.approver_id == actor.id)
        .exists()
    )


def cancel_open(session: Session, object_id: str, *, of: str | None = None) -> None:
    """Nobody is asked any more, and the keys lent for it go: the reporter withdrew, or it was decided otherwise.

    With `of` only what this person asked or is asked, who works on the object no longer. Whoever decides at this moment
    is waited for: a reporter must not be told that somebody was faster.
    """
    open_ = select(Approval).where(Approval.object_id == object_id, Approval.state == ApprovalState.REQUESTED)
    if of is not None:
        open_ = open_.where(or_(Approval.requester_id == of, Approval.approver_id == of))
    _cancel(session, open_)


def cancel_of(session: Session, person_id: str) -> None:
    """Nobody waits for the word of who has left, and nothing that they asked is asked any more."""
    open_ = select(Approval).where(Approval.state == ApprovalState.REQUESTED)
    _cancel(session, open_.where(or_(Approval.requester_id == person_id, Approval.approver_id == person_id)))


def close(session: Session, object_id: str) -> None:
    """The object moves on: nobody is asked any more about what it was, and what was approved of that counts no more."""
    cancel_open(session, object_id)
    given = update(Approval).where(Approval.object_id == object_id, Approval.state == ApprovalState.APPROVED)
    session.execute(given.values(is_spent=True))


def destroy(session: Session, object_ids: Collection[str]) -> None:
    """Forget all that was asked about these objects: they are destroyed."""
    ids = session.scalars(select(Approval.id).where(Approval.object_id.in_(object_ids))).all()
    session.execute(delete(ApprovalSight).where(ApprovalSight.approval_id.in_(ids)))
    session.execute(delete(Approval).where(Approval.id.in_(ids)))


def cancel_given(session: Session, subject: ApprovalSubject, *, before: date) -> None:
    """Cancel what was approved before a day and was not done."""
    given = select(Approval).where(Approval.subject == subject, Approval.state == ApprovalState.APPROVED)
    _cancel(session, given.where(Approval.is_spent.is_(False), Approval.decided_on < before))


def end_loans(session: Session, today: date) -> None:
    """Cancel what was not decided by the last day of the key that was lent for it."""
    ended = select(Grant.id).where(Grant.until < today)
    _cancel(session, select(Approval).where(Approval.state == ApprovalState.REQUESTED, Approval.grant_id.in_(ended)))


def _cancel(session: Session, approvals: Select[Approval]) -> None:
    for approval in session.scalars(_as_it_is_now(approvals)):
        approval.state, approval.statement = ApprovalState.CANCELLED, None
        approval_sights.follow(session, approval)
        if approval.grant_id is not None:
            grants.lapse(session.get_one(Grant, approval.grant_id))


def _facts(
    session: Session, actor: Actor, approvables: Approvables, approval: Approval, statement: bytes | None
) -> Facts:
    """The check is on the person."""
    rule = approvables[approval.subject]
    owned = select(Approval.id).where(_led_by(actor, rule))
    return Facts(
        is_requester=actor.id == approval.requester_id,
        is_owner=session.scalar(owned.where(Approval.id == approval.id)) is not None,
        is_approver=actor.id == approval.approver_id
        and bool(rule.approvers & actor.roles)
        and not _is_over(approval, actor),
        was_asked=actor.id == approval.approver_id,
        waits_for_act=rule.of_one_act and not approval.is_spent,
        has_statement=statement is not None,
    )


def _is_approved(object_id: _Text, of: _Text) -> ColumnElement[bool]:
    """It is an approval of the object with this hash that still counts, whoever gave it."""
    is_given = and_(Approval.state == ApprovalState.APPROVED, Approval.is_spent.is_(False))
    return and_(Approval.object_id == object_id, Approval.of == of, is_given)


def _is_over(approval: Approval, actor: Actor) -> bool:
    """Whether the last day has passed of a key that was lent for this, though no sweep has come by yet."""
    return approval.lent_until is not None and approval.lent_until < actor.today


def _led_by(actor: Actor, rule: Approvable) -> ColumnElement[bool]:
    return and_(Approval.subject == rule.subject, rule.led_by(actor, Approval.object_id))


def _as_it_is_now(query: Select[Approval]) -> Select[Approval]:
    """Approvals that nobody else changes before this transaction ends."""
    return query.with_for_update().execution_options(populate_existing=True)


def _one(session: Session, among: Select[Approval], approval_id: str) -> Approval:
    approval: Approval | None = session.scalar(among.where(Approval.id == approval_id))
    if approval is None:
        raise NotFound
    return approval


def _can_open(session: Session, rule: Approvable, new: NewApproval) -> bool:
    if new.grant is not None and new.grant.grantee != new.approver_id:  # a key is lent to nobody else
        return False
    is_lent = new.grant is not None and not rule.takes_own_key
    return is_lent or new.approver_id in rule.holders(session, new.object_id)


def _lend(session: Session, actor: Actor, rule: Approvable, new: NewApproval, *, now: datetime) -> Grant | None:
    if new.grant is None:
        return None
    until = rule.lent_until(session, new.object_id) if rule.lent_until else None
    sights.note(session, [new.approver_id], Report.id == new.object_id)
    return grants.lend(session, actor, new.grant, subject=new.object_id, now=now, until=until)
