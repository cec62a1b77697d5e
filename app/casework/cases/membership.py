"""Who works on a case, as rights and grants follow from it. The journal says the same, and clients believe that."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.cases.models import Case, JournalEntry, Membership, RemovalAgreement
from app.casework.roles import MEMBER_ROLES, OWNER_ROLES
from app.database import insert_or_ignore
from app.people.grants import service as grants
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.problems import Problem
from app.vocabulary import GrantKind


class MembersUnfit(Problem):
    """Whoever opens a case and whoever owns it are members, and each member has a role that works on cases.

    Name others, or add those who are missing.
    """

    type, status, title = "members-unfit", 422, "The opener and the owner are members, and members have a role for it"


class SecondPersonNeeded(Problem):
    """Nobody alone puts out who opened or who owns a case, or takes it from its owner, while they are certified.

    Let another member agree to it first, then do it.
    """

    type, status, title = (
        "second-person-needed",
        409,
        "Another member has not agreed that the opener or the owner of the case goes",
    )


@dataclass(frozen=True)
class MembersChange:
    """Who comes, who goes, and who owns the case from now on: None where its owner stays.

    `agree` are those whom the actor would let go, should another member put them out.
    """

    add: Collection[NewGrant] = ()
    remove: Collection[str] = ()
    owner_id: str | None = None
    agree: Collection[str] = ()

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.add or self.remove or self.owner_id or self.agree)


def members_of(session: Session, case_id: str) -> list[str]:
    """The ids of those who work on it, in their order. The caller has checked who asks."""
    return list(
        session.scalars(
            select(Membership.person_id).where(Membership.case_id == case_id).order_by(Membership.person_id)
        )
    )


def begin(session: Session, actor: Actor, case: Case, new: Collection[NewGrant], *, now: datetime) -> None:
    """The first members, of whom the opener is one. Raises `MembersUnfit` or `NotCertified`."""
    grantees = [grant.grantee for grant in new]
    if actor.id not in grantees or len(set(grantees)) != len(grantees):
        raise MembersUnfit
    _check_owner(session, case.owner_id, members=grantees, now=now)
    _add_members(session, actor, case, new, now=now)


def change(session: Session, actor: Actor, case: Case, new: MembersChange, *, now: datetime) -> None:
    """A member adds or removes others, or hands the case on.

    Whoever is removed gets no key any more, but what they read they have read. Opener and owner go by themselves, or by
    two. Raises `NotCertified`, `MembersUnfit` or `SecondPersonNeeded`.
    """
    before = set(members_of(session, case.id))
    added, removed = {grant.grantee for grant in new.add}, set(new.remove)
    after = (before - removed) | added
    owner_id = new.owner_id or case.owner_id
    if not after or added & before or added & removed or removed - before or len(added) != len(new.add):
        raise MembersUnfit
    if set(new.agree) - before:
        raise MembersUnfit
    _check_owner(session, owner_id, members=after, now=now)
    _check_second_person(session, actor, case, removed, owner_id=owner_id, today=now.date())
    _remove_members(session, actor, case, removed, now=now)
    _add_members(session, actor, case, new.add, now=now)
    _keep_agreements(session, actor, case, set(new.agree) - removed, present=after)
    if owner_id != case.owner_id:
        audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now)
    case.owner_id = owner_id
    flag_modified(case, "owner_id")  # a case shows its members, so it has a new version though its row stays the same
    audit.record(session, actor.id, Action.MEMBERS_CHANGED, case.id, now=now)
    session.flush()


def turn(session: Session, actor: Actor, case: Case, new: Collection[NewGrant], *, now: datetime) -> None:
    """The key of the case turns: the next one for each member, and to the case itself the one that it had.

    Raises `MembersUnfit` or `NotCertified`.
    """
    grantees = [grant.grantee for grant in new]
    if sorted(grantees) != sorted([case.id, *members_of(session, case.id)]):
        raise MembersUnfit
    grants.turn(session, actor, new, subject=case.id, now=now)


def _check_owner(session: Session, owner_id: str | None, *, members: Collection[str], now: datetime) -> None:
    if owner_id is None:
        return
    if owner_id not in members or not OWNER_ROLES & staff.certified_as(session, owner_id, now.date()):
        raise MembersUnfit


def _check_second_person(
    session: Session, actor: Actor, case: Case, removed: Collection[str], *, owner_id: str | None, today: date
) -> None:
    """Raises `SecondPersonNeeded` unless another member agreed, or it is about the actor, or who left."""
    opener_id = session.get_one(JournalEntry, (case.id, 1)).author_id
    put_out = {opener_id, case.owner_id} & set(removed)
    if owner_id != case.owner_id:
        put_out.add(case.owner_id)
    agreed = session.execute(
        select(RemovalAgreement.person_id).where(
            RemovalAgreement.case_id == case.id,
            RemovalAgreement.by_id != actor.id,
            RemovalAgreement.by_id != RemovalAgreement.person_id,
        )
    )
    alone = put_out - set(agreed.scalars()) - {actor.id, None}
    if any(each is not None and staff.is_certified(session, each, today) for each in alone):
        raise SecondPersonNeeded


def _keep_agreements(
    session: Session, actor: Actor, case: Case, agree: Collection[str], *, present: Collection[str]
) -> None:
    """Those of before stand as long as both are members."""
    of_case = RemovalAgreement.case_id == case.id
    gone = RemovalAgreement.by_id.not_in(present) | RemovalAgreement.person_id.not_in(present)
    session.execute(delete(RemovalAgreement).where(of_case, gone))
    rows = [{"case_id": case.id, "person_id": each, "by_id": actor.id} for each in sorted(agree)]
    if rows:
        insert_or_ignore(session, RemovalAgreement, rows)


def _add_members(session: Session, actor: Actor, case: Case, new: Iterable[NewGrant], *, now: datetime) -> None:
    generation = grants.generation_of(session, case.id) or 1
    for grant in new:
        if not MEMBER_ROLES & staff.certified_as(session, grant.grantee, now.date()):
            raise MembersUnfit
        session.add(Membership(case_id=case.id, person_id=grant.grantee))
        grants.add_to_person(
            session, actor, grant, subject=case.id, kind=GrantKind.ASSIGNED, now=now, generation=generation
        )


def _remove_members(session: Session, actor: Actor, case: Case, people: Iterable[str], *, now: datetime) -> None:
    for person_id in people:
        session.execute(delete(Membership).where(Membership.case_id == case.id, Membership.person_id == person_id))
        grants.revoke(session, actor, subject=case.id, grantee=person_id, now=now)
        approvals.cancel_open(session, case.id, of=person_id)  # what they lent is lent by nobody any more
