"""Who works on a case, as rights and grants follow from it. The journal says the same, and clients believe that."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.approvals import sights as approval_sights
from app.casework.cases.models import Case, JournalEntry, Membership
from app.casework.roles import MEMBER_ROLES, OWNER_ROLES
from app.intake.reports.models import Report
from app.intake.sights import service as sights
from app.people.grants import service as grants
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.people.staff.service import Standing
from app.problems import Problem
from app.protocol.journal import Ending, Moving, Removal
from app.vocabulary import GrantKind, Role


class MembersUnfit(Problem):
    """Whoever opens a case and whoever owns it are members, and each member has a role that works on cases.

    Name others, or add those who are missing.
    """

    type, status, title = "members-unfit", 422, "The opener and the owner are members, and members have a role for it"


class SecondPersonNeeded(Problem):
    """Nobody alone puts out who opened or who owns a case, or takes it from its owner, while they are certified.

    Ask another member to approve it, or a supervisor where there is none, then do it.
    """

    type, status, title = (
        "second-person-needed",
        409,
        "Nobody else has approved that the opener or the owner of the case goes",
    )


@dataclass(frozen=True)
class MembersChange:
    """Who comes, who goes, and who owns the case from now on: None where its owner stays.

    Who is to `confirm` was a member until a day, and stays.
    """

    add: Collection[NewGrant] = ()
    remove: Collection[str] = ()
    owner_id: str | None = None
    confirm: Collection[str] = ()

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.add or self.remove or self.owner_id or self.confirm)


def members_of(session: Session, case_id: str) -> list[str]:
    """The ids of those who work on it, in their order. The caller has checked who asks."""
    return members_among(session, [case_id])[case_id]


def members_among(session: Session, case_ids: Collection[str]) -> dict[str, list[str]]:
    """The same of several cases."""
    found: dict[str, list[str]] = {each: [] for each in case_ids}
    theirs = select(Membership.case_id, Membership.person_id).where(Membership.case_id.in_(case_ids))
    for case_id, person_id in session.execute(theirs.order_by(Membership.person_id)):
        found[case_id].append(person_id)
    return found


def guests_of(session: Session, case_id: str) -> dict[str, date]:
    """Who is a member of it until a day."""
    found = session.execute(select(Membership.person_id, Membership.until).where(Membership.case_id == case_id)).all()
    return {row.person_id: row.until for row in found if row.until}


def who_may_work(session: Session, people: AbstractSet[str], today: date) -> set[str]:
    """Those of them who are certified today for a role that works on cases."""
    roles_of = staff.certified_among(session, people, today)
    return {person for person, roles in roles_of.items() if roles & MEMBER_ROLES}


def follow(session: Session, case: Case) -> None:
    """The case has moved, or a clock of it: it keeps when it is due, and stands in the lists of its members where it
    belongs now."""
    case.due = case.first_due
    session.flush()  # gives the case its next version
    session.execute(update(Membership).where(Membership.case_id == case.id).values(_told(case)))


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
    two; by nobody's word where they were members until a day that is over. Raises `NotCertified`, `MembersUnfit` or
    `SecondPersonNeeded`.
    """
    before = set(members_of(session, case.id))
    # Who has left is a member no more, and the journal says so now.
    strangers = set(new.remove) - before
    left = strangers - who_may_work(session, strangers, now.date())
    added, removed = {grant.grantee for grant in new.add}, set(new.remove) - left
    after = (before - removed) | added
    guests = guests_of(session, case.id)
    over = removed & {person for person, until in guests.items() if until < now.date()}
    owner_id = new.owner_id or (None if case.owner_id in over else case.owner_id)
    _confirm(session, actor, case, new.confirm, guests=guests, removed=removed)
    if not after or added & before or removed - before or len(added) != len(new.add):
        raise MembersUnfit
    if owner_id and owner_id not in after:
        raise MembersUnfit
    _check_owner(session, new.owner_id, members=after, now=now)
    put_out = removed - over
    _check_second_person(session, actor, case, put_out, owner_id=owner_id, members=before - over, today=now.date())
    _remove_members(session, actor, case, removed, now=now)
    _add_members(session, actor, case, new.add, now=now)
    if owner_id != case.owner_id:
        audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now)
    case.owner_id = owner_id
    flag_modified(case, "owner_id")  # a case shows its members, so it has a new version though its row stays the same
    audit.record(session, actor.id, Action.MEMBERS_CHANGED, case.id, now=now)
    session.flush()


def turn(session: Session, actor: Actor, case: Case, new: Collection[NewGrant], *, now: datetime) -> None:
    """The key of the case turns: the next one for each member with a role for it, and for the case the one that it had.

    Who ever had other keys may be left for later: nobody grants to new ones before they have compared the words
    themselves. Raises `MembersUnfit`.
    """
    holders = who_may_work(session, set(members_of(session, case.id)), now.date())
    sent = [grant.grantee for grant in new]
    if len(set(sent)) != len(sent) or case.id not in sent or not set(sent) <= {case.id, *holders}:
        raise MembersUnfit
    later = holders - set(sent)
    if later != staff.had_other_keys(session, later):
        raise MembersUnfit
    grants.turn(session, actor, new, subject=case.id, until=guests_of(session, case.id), now=now)


def recover(
    session: Session, actor: Actor, case: Case, new: Collection[NewGrant], *, until: date | None, now: datetime
) -> None:
    """Two custodians give the key to members, or make somebody one: of who was one already it is the key alone.

    Who was none is one `until` a day, if there is one; who was one until a day is until the later. Raises
    `NotCertified` or `MembersUnfit`.
    """
    before, guests = set(members_of(session, case.id)), guests_of(session, case.id)
    if len({grant.grantee for grant in new}) != len(new):
        raise MembersUnfit
    _add_members(session, actor, case, [grant for grant in new if grant.grantee not in before], until=until, now=now)
    generation = grants.generation_of(session, case.id)
    for grant in new:
        if grant.grantee in before:
            last_day = _later(guests[grant.grantee], until) if grant.grantee in guests else None
            _stay_until(session, case.id, grant.grantee, last_day)
            _grant(session, actor, case, grant, generation=generation, until=last_day, now=now)
    flag_modified(case, "owner_id")
    audit.record(session, actor.id, Action.MEMBERS_CHANGED, case.id, now=now)
    session.flush()


def spend_second_word(session: Session, actor: Actor, case: Case, act: Ending | Moving) -> None:
    """Use up what another member has signed for this act, or a supervisor where there is none.

    Raises `SecondPersonNeeded`.
    """
    of, others = act.sha256(case.id), set(members_of(session, case.id)) - {actor.id}
    for approver_id in approvals.given_to_use(session, act.subject, object_id=case.id, of=of) - {actor.id}:
        is_supervisor = Role.SUPERVISOR in staff.certified_as(session, approver_id, actor.today)
        if approver_id in others or (not others and is_supervisor):
            approvals.spend(session, act.subject, object_id=case.id, of=of)
            return
    raise SecondPersonNeeded


def end(session: Session, standing: Standing, case: Case) -> bool:
    """Whether who has left is no member of it any more: not where nobody else is one who could go on."""
    others = set(members_of(session, case.id)) - {standing.person_id} - guests_of(session, case.id).keys()
    if not any(staff.is_certified(session, each, standing.now.date()) for each in others):
        return False
    _remove_members(session, standing.by, case, [standing.person_id], now=standing.now)
    if case.owner_id == standing.person_id:
        case.owner_id = None
    audit.record(session, standing.by.id, Action.MEMBERS_CHANGED, case.id, now=standing.now)
    return True


def _later(until: date, other: date | None) -> date | None:
    return None if other is None else max(until, other)


def _stay_until(session: Session, case_id: str, person_id: str, until: date | None) -> None:
    session.get_one(Membership, (case_id, person_id)).until = until
    grants.keep_on(session, subject=case_id, grantee=person_id, until=until)


def _confirm(
    session: Session,
    actor: Actor,
    case: Case,
    people: Collection[str],
    *,
    guests: Mapping[str, date],
    removed: AbstractSet[str],
) -> None:
    """Whom custodians made a member until a day is one for good, by a member who is. Raises `MembersUnfit`."""
    if people and (actor.id in guests or not set(people) <= guests.keys() - removed):
        raise MembersUnfit
    for person_id in people:
        _stay_until(session, case.id, person_id, None)


def _check_owner(session: Session, owner_id: str | None, *, members: Collection[str], now: datetime) -> None:
    if owner_id is None:
        return
    if owner_id not in members or not OWNER_ROLES & staff.certified_as(session, owner_id, now.date()):
        raise MembersUnfit


def _check_second_person(
    session: Session,
    actor: Actor,
    case: Case,
    removed: AbstractSet[str],
    *,
    owner_id: str | None,
    members: AbstractSet[str],
    today: date,
) -> None:
    """Raises `SecondPersonNeeded` unless another approved this very act, or it is about the actor, or who left.

    `removed` and `members` are without those whose last day is over. Whoever approved is a member now, or a supervisor
    where nobody else is left to be it. Their word is used up by it.
    """
    opener_id = session.get_one(JournalEntry, (case.id, 1)).author_id
    put_out = {opener_id} & removed
    if owner_id != case.owner_id:
        put_out |= members & {case.owner_id}
    put_out -= {actor.id}
    if not any(staff.is_certified(session, each, today) for each in put_out):
        return
    act = Removal(frozenset(put_out & removed), owner_id)
    others = members - put_out - {actor.id}
    for approver_id in approvals.given_to_use(session, act.subject, object_id=case.id, of=act.sha256(case.id)):
        if approver_id in others or (
            not others
            and approver_id not in put_out | {actor.id}
            and Role.SUPERVISOR in staff.certified_as(session, approver_id, today)
        ):
            approvals.spend(session, act.subject, object_id=case.id, of=act.sha256(case.id))
            return
    raise SecondPersonNeeded


def _add_members(
    session: Session,
    actor: Actor,
    case: Case,
    new: Collection[NewGrant],
    *,
    until: date | None = None,
    now: datetime,
) -> None:
    generation = grants.generation_of(session, case.id) or 1
    for grant in new:
        if not MEMBER_ROLES & staff.certified_as(session, grant.grantee, now.date()):
            raise MembersUnfit
        session.add(Membership(case_id=case.id, person_id=grant.grantee, until=until, **_told(case)))
        _grant(session, actor, case, grant, generation=generation, until=until, now=now)
    people = [grant.grantee for grant in new]
    sights.note(session, people, Report.case_id == case.id)
    approval_sights.note(session, people, case.id)


def _told(case: Case) -> dict[str, Any]:
    told = {"stage": case.stage, "priority": case.priority, "stage_entered": case.stage_entered}
    return {
        **told,
        "label": case.label,
        "handling": case.handling,
        "next_review": case.next_review,
        "due": case.due,
    }


def _grant(
    session: Session, actor: Actor, case: Case, new: NewGrant, *, generation: int, until: date | None, now: datetime
) -> None:
    kind = GrantKind.ASSIGNED
    grants.add_to_person(session, actor, new, subject=case.id, kind=kind, now=now, until=until, generation=generation)


def _remove_members(session: Session, actor: Actor, case: Case, people: Iterable[str], *, now: datetime) -> None:
    for person_id in people:
        session.execute(delete(Membership).where(Membership.case_id == case.id, Membership.person_id == person_id))
        sights.forget(session, person_id, case.id)
        approval_sights.forget(session, person_id, case.id)
        grants.revoke(session, actor, subject=case.id, grantee=person_id, now=now)
        approvals.cancel_open(session, case.id, of=person_id)  # what they lent is lent by nobody any more
