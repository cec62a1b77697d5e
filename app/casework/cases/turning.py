"""When a key of a case has to turn before anything is written, and who of its members is told so."""

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from app.actor import Actor
from app.casework.cases.membership import guests_of, members_among, members_of, who_may_work
from app.casework.cases.models import Case, Membership
from app.duties import Duty
from app.intake.epochs.service import INTAKE_HOLDERS
from app.intake.reports.models import Report
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.pairs import service as pairs
from app.people.staff import service as staff
from app.problems import Problem
from app.protocol.duties import DutyKind
from app.vocabulary import GrantKind


class TurnFirst(Problem):
    """Somebody has the newest key of the case, or of a part of it, who works on it no longer, or has no role for it, or
    other keys since, or was given it until a day that is over; or two custodians who both left may have kept a pair of
    it; or a member lacks that of the case who may have it.

    Let it turn, with an entry that brings in the next; nothing is taken under this one.
    """

    type, status, title = "turn-first", 409, "The key of the case has to turn before anything is written"


def check_turned(session: Session, case: Case, today: date, *, of_entries: bool = False) -> None:
    """Raises `TurnFirst` where the newest key is with somebody who is to read nothing that is written from now on.

    What was lent for a decision that is over is with nobody, unless whom it was lent to is certified no longer, or has
    other keys now. Of entries it is asked too whether it was peeled for a custodian who is no member, and who may have
    it, or whether a member lacks it who had no role for a while: each client turns the key where it is told so, and no
    journal shows the one before the custodian has written theirs, nor the other ever.
    """
    members = set(members_of(session, case.id))
    if any(until < today for until in guests_of(session, case.id).values()):
        raise TurnFirst
    _check_holders(session, case.id, members, today, of_entries=of_entries)
    kept = staff.kept_pairs(session, today)
    if kept and pairs.kept_by(session, case.id, grants.made_on(session, case.id), kept):
        raise TurnFirst
    if of_entries and who_may_work(session, members & _deprived(session, case.id), today):
        raise TurnFirst


def check_reply(session: Session, report: Report, today: date) -> None:
    """The same of a reply to a report of the case, whose copy lies under the report's key; and where that is the first
    one, which somebody may know who triages no more."""
    check_turned(session, session.get_one(Case, report.case_id), today, of_entries=True)
    has_first = grants.generation_of(session, report.id) == 1
    if has_first and any(day >= report.received_on for day in _losses(session, today)):
        raise TurnFirst


def _losses(session: Session, today: date) -> list[date]:
    """Since when people may know the keys of reports of before who triage no more, or kept a pair of an epoch's key."""
    kept = [each.gone for each in staff.kept_pairs(session, today)]
    return [*staff.losses(session, INTAKE_HOLDERS, today), *kept]


def check_parts_turned(session: Session, case: Case, part_ids: Collection[str], today: date) -> None:
    """The same of the own keys of parts, where they have one, that are written without their turning."""
    members = set(members_of(session, case.id))
    for part_id in sorted(grants.granted_among(session, part_ids)):
        _check_holders(session, part_id, members, today, of_entries=True)


def _deprived(session: Session, subject: str) -> set[str]:
    """Who was granted its newest key for good, and holds it no longer."""
    granted = {grantee for grantee, kind in grants.ever_granted(session, subject) if kind is GrantKind.ASSIGNED}
    return granted - grants.newest_holders(session, subject)


def _check_holders(session: Session, subject: str, members: AbstractSet[str], today: date, *, of_entries: bool) -> None:
    ever = grants.ever_granted(session, subject)
    working = who_may_work(session, {grantee for grantee, _ in ever}, today)
    if any(_has_gone(grantee, kind, members=members, working=working) for grantee, kind in ever):
        raise TurnFirst
    if of_entries and any(kind is GrantKind.CUSTODIAN and grantee not in members for grantee, kind in ever):
        raise TurnFirst
    if grants.generation_of(session, subject) in grants.outdated(session, subject).values():
        raise TurnFirst


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To turn the key of a case that one works on and somebody had who does not, or has left; likewise where somebody
    may know the key of one of its reports. To give the key to members who lack it, and may have it.
    """
    newest = select(Grant.subject, func.max(Grant.generation).label("generation")).join(
        Membership, (Membership.case_id == Grant.subject) & (Membership.person_id == actor.id)
    )
    newest_of = newest.group_by(Grant.subject).subquery()
    of_newest = (Grant.subject == newest_of.c.subject) & (Grant.generation == newest_of.c.generation)
    opens = ~Grant.revoked & ~Grant.outdated & (Grant.kind == GrantKind.ASSIGNED)
    told = select(Grant.subject, Grant.grantee, Grant.kind, Grant.granted_on, opens.label("opens"))
    granted = told.join(newest_of, of_newest)
    ever = session.execute(granted.where(Grant.grantee != Grant.subject)).all()
    members = members_among(session, {row.subject for row in ever})
    people = {row.grantee for row in ever} | {person for of_case in members.values() for person in of_case}
    working = who_may_work(session, people, actor.today)
    found = _known(session, actor) | _over(session, actor)
    kept = staff.kept_pairs(session, actor.today) if ever else []
    for case_id in {row.subject for row in ever} if kept else ():
        day = min(row.granted_on for row in ever if row.subject == case_id)
        by = pairs.kept_by(session, case_id, day, kept)
        if by is not None:
            found[case_id] = max(day, by.gone)
    for case_id, grantee, kind, *_ in ever:
        if _has_gone(grantee, kind, members={*members[case_id]}, working=working):
            found[case_id] = staff.gone_since(session, grantee, actor.today)
    for case_id, since in sorted(found.items()):
        yield Duty(DutyKind.TURN_CASE, case_id, since)
    holders = {(row.subject, row.grantee) for row in ever if row.opens}
    for case_id, of_case in sorted(members.items()):
        lack = [each for each in of_case if each in working and (case_id, each) not in holders]
        for person in lack if (case_id, actor.id) in holders else ():
            yield Duty(DutyKind.GRANT_CASE, case_id, staff.gone_since(session, person, actor.today), person)


def _known(session: Session, actor: Actor) -> dict[str, date]:
    """The cases that the actor works on and into which a report came after somebody had left triage who may know its
    key, and since when: whoever brought it did not turn it."""
    losses = _losses(session, actor.today)
    if not losses:
        return {}
    mine = select(Membership.case_id).where(Membership.person_id == actor.id)
    later = aliased(Grant)
    turned = select(later.id).where(later.subject == Report.id, later.generation > 1).exists()
    came_in = select(Report.case_id, Report.received_on, Grant.granted_on).join(
        Grant, (Grant.subject == Report.id) & (Grant.grantee == Report.case_id)
    )
    came_then = came_in.where(Report.received_on <= max(losses), Grant.granted_on >= min(losses))
    found = session.execute(came_then.where(Report.case_id.in_(mine), Report.destroyed_on.is_(None), ~turned)).all()
    known = dict[str, date]()
    for case_id, received_on, came_on in found:
        if any(received_on <= day <= came_on for day in losses):
            known[str(case_id)] = min(came_on, known.get(str(case_id), came_on))
    return known


def _over(session: Session, actor: Actor) -> dict[str, date]:
    """The cases that the actor works on and somebody else did until a day that is over, and that day."""
    mine = select(Membership.case_id).where(Membership.person_id == actor.id)
    worked_on = mine.where(or_(Membership.until.is_(None), Membership.until >= actor.today))
    guests = select(Membership.case_id, Membership.until).where(Membership.until < actor.today)
    found = session.execute(guests.where(Membership.case_id.in_(worked_on))).all()
    return {row.case_id: row.until for row in found if row.until}


def _has_gone(grantee: str, kind: GrantKind, *, members: AbstractSet[str], working: AbstractSet[str]) -> bool:
    if kind is GrantKind.CUSTODIAN:
        return False  # asked of entries alone: see `check_turned`
    return grantee not in working or (kind is GrantKind.ASSIGNED and grantee not in members)
