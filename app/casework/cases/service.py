"""Cases: who may know of them and who works on them, opened and moved. The service never knows what about."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.cases import holders, journal, membership, turning
from app.casework.cases.holders import PartKey
from app.casework.cases.journal import Contents, Writing
from app.casework.cases.membership import MembersChange
from app.casework.cases.models import Case, CasePart, Membership
from app.casework.roles import MEMBER_ROLES
from app.clock import hour_of
from app.database import insert_or_ignore
from app.database.ranges import is_there
from app.duties import Duty
from app.intake.reports.models import Report
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.pairs import service as pairs
from app.people.pairs.models import Recovery
from app.people.pairs.service import PairsUnfit
from app.people.staff import service as staff
from app.people.staff.models import Team
from app.people.staff.service import Standing
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.duties import DutyKind
from app.vocabulary import CaseStage, GrantKind, Priority, Role, TransitionReason

_REF_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is easily read as another
_REF_LENGTH = 8


class CaseExists(Problem):
    """The id of a new case is drawn at random by the client.

    Draw another, or look whether the case is already yours.
    """

    type, status, title = "case-exists", 409, "There is a case with this id"


class CaseMerged(Problem):
    """The case was merged into another, which its journal names, and goes on there. Write to that, or undo it first."""

    type, status, title = "case-merged", 409, "The case was merged into another"


@dataclass(frozen=True)
class NewCase:
    """A case as its opener's client makes it, with the beginning of its journal; `grants` are to the members."""

    id: str
    team_id: str
    owner_id: str | None
    priority: Priority
    writing: Writing
    grants: Collection[NewGrant]


@dataclass(frozen=True)
class Joining:
    """A report joins a case, by an entry of the case's journal behind the one of number `after`."""

    case_id: str
    after: int
    entry: bytes


def of_member(actor: Actor) -> Select[Case]:
    """The cases this person works on."""
    return select(Case).where(works_on(actor, Case.id))


def all_of_member(actor: Actor) -> Select[Case]:
    """The same, found by the memberships: for whoever asks of all of them at once."""
    return select(Case).where(Case.id.in_(_memberships(actor)))


def visible_to(actor: Actor) -> Select[Case]:
    """Every case whose state this person may know. Lists, feeds and side panels all start here."""
    visible = works_on(actor, Case.id)
    if Role.SUPERVISOR in actor.roles:
        visible |= Case.team_id == actor.team_id
    return select(Case).where(visible)


def readable_by(actor: Actor) -> Select[Case]:
    """Every case whose sealed documents this person may fetch: the key was granted to them, as member or approver."""
    return select(Case).where(grants.held_by(actor, Case.id))


def one(session: Session, among: Select[Case], case_id: str) -> Case:
    """Raises `NotFound` for an absent and for a forbidden case alike, as all that follows does."""
    case = session.scalar(among.where(Case.id == case_id))
    if case is None:
        raise NotFound
    return case


def get(session: Session, actor: Actor, case_id: str) -> Case:
    """The case, for whom its state is visible."""
    return one(session, visible_to(actor), case_id)


def locked(session: Session, among: Select[Case], case_id: str) -> Case:
    """As `one`; nobody else changes it before this transaction ends."""
    return one(session, among.with_for_update(), case_id)


def works_on(actor: Actor, case_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether this person is a member of the case of this id; asked of the one row, as `grants.held_by` is."""
    return is_there(_memberships(actor).where(Membership.case_id == case_id))


def check_goes_on(case: Case) -> None:
    """Raises `CaseMerged` where what would be written belongs into another case."""
    if case.stage is CaseStage.MERGED:
        raise CaseMerged


def led_by(actor: Actor, case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether this person leads the work on the case of this id."""
    return is_there(select(Case.id).where(Case.id == case_id, Case.owner_id == actor.id))


def led_by_nobody(_actor: Actor, _case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Nobody leads what whoever owns the case may be the object of."""
    return false()


def worked_on_among(session: Session, actor: Actor, case_ids: Collection[str]) -> set[str]:
    """Those of the cases that this person is a member of."""
    return set(session.scalars(of_member(actor).with_only_columns(Case.id).where(Case.id.in_(case_ids))))


def is_member(session: Session, actor: Actor, case_id: str) -> bool:
    """Whether the actor works on it now; false for a case that there is not."""
    return session.scalar(of_member(actor).where(Case.id == case_id)) is not None


def open_(session: Session, actor: Actor, new: NewCase, *, now: datetime) -> Case:
    """Open a case with its members, its first parts and its pairs.

    Raises `CaseExists`, `TeamUnknown`, `NotCertified`, `MembersUnfit`, `PartsUnfit`, `HoldersUnfit` or `PairsUnfit`.
    """
    if session.get(Team, new.team_id) is None:
        raise staff.TeamUnknown
    row = {
        "id": new.id,
        "ref": "".join(secrets.choice(_REF_LETTERS) for _ in range(_REF_LENGTH)),
        "team_id": new.team_id,
        "owner_id": new.owner_id,
        "stage": CaseStage.INTAKE,
        "stage_entered": hour_of(now),
        "priority": new.priority,
        "version": 1,
    }
    if not insert_or_ignore(session, Case, [row]):
        raise CaseExists
    case = session.get_one(Case, new.id)
    audit.record(session, actor.id, Action.CASE_MADE, case.id, now=now)
    membership.begin(session, actor, case, new.grants, now=now)
    pairs.keep(session, actor, new.writing.pairs, subject=case.id, generation=1, now=now)
    journal.write(session, actor, case, new.writing, after=0, now=now)
    return case


def contents(
    session: Session, actor: Actor, case_id: str, *, after: int, summed_up: bool, now: datetime
) -> tuple[Contents, Sequence[Grant], Sequence[PartKey]]:
    """All that opens a case, with the actor's grants of its keys, in one go: its fetch is recorded once."""
    case = one(session, readable_by(actor), case_id)
    found = journal.contents(session, case, after=after, summed_up=summed_up)
    keys, part_keys = grants.of_actor(session, actor, case.id), holders.of_case(session, actor, case)
    object_hash = found.entries[-1].sha256 if found.entries else None
    audit.record(session, actor.id, Action.CASE_READ, case.id, now=now, object_hash=object_hash)
    return found, keys, part_keys


def versions(session: Session, actor: Actor, case_id: str, part_id: str, *, now: datetime) -> Sequence[CasePart]:
    """Every version of a part that is there. Its fetch is recorded."""
    case = one(session, readable_by(actor), case_id)
    found = journal.versions(session, case, part_id)
    if not found:
        raise NotFound
    audit.record(session, actor.id, Action.CASE_READ, case.id, now=now, object_hash=found[-1].sha256)
    return found


def write(
    session: Session,
    actor: Actor,
    case_id: str,
    writing: Writing,
    change: MembersChange,
    *,
    seen: AbstractSet[int],
    now: datetime,
) -> Case:
    """A member writes on, and says what becomes of the members; `seen` holds the entries that they have read.

    Raises `StaleVersion` where somebody was faster, `CaseMerged`, `TurnFirst`, `PartsUnfit`, `HoldersUnfit`,
    `PairsUnfit`, and what `membership.change` raises.
    """
    case = locked(session, of_member(actor), case_id)
    if writing.parts:
        check_goes_on(case)  # who works on it may change still, and its keys turn
    newest = journal.check_seen(session, case, seen)
    if not writing.turned:
        turning.check_turned(session, case, now.date(), of_entries=True)
        if writing.pairs:
            raise PairsUnfit
    turned = {each.part_id for each in writing.part_keys}
    going_on = {each.id for each in writing.parts if each.version > 1} - turned
    turning.check_parts_turned(session, case, going_on, now.date())
    if change:
        membership.change(session, actor, case, change, now=now)
        for person_id in change.remove:
            holders.end(session, actor, case, person_id, now=now)
    if writing.turned:
        membership.turn(session, actor, case, writing.turned, now=now)
        generation = grants.generation_of(session, case.id)
        pairs.keep(session, actor, writing.pairs, subject=case.id, generation=generation, now=now)
    _turn_reports(session, actor, case, writing, now=now)
    for each in writing.part_keys:
        holders.turn(session, actor, case, each.part_id, each.grants, now=now)
        generation = grants.generation_of(session, each.part_id)
        pairs.keep(session, actor, each.pairs, subject=each.part_id, generation=generation, case_id=case.id, now=now)
    journal.write(session, actor, case, writing, after=newest, now=now)
    return case


def _turn_reports(session: Session, actor: Actor, case: Case, writing: Writing, *, now: datetime) -> None:
    """The reports of the case get their next keys, but for those that were destroyed meanwhile. Raises `NotFound`."""
    for new in writing.report_keys:
        report = session.get(Report, new.report_id)
        if report is None or report.case_id != case.id:
            raise NotFound
        if not report.is_destroyed:
            generation = grants.generation_of(session, report.id) + 1
            to_case, kind = NewGrant(case.id, new.file), GrantKind.CASE
            grants.add_to_object(session, actor, to_case, subject=report.id, kind=kind, now=now, generation=generation)


def journal_for_recovery(
    session: Session, actor: Actor, case_id: str, recovery_id: str, *, now: datetime
) -> tuple[Contents, Sequence[Grant]]:
    """The journal of a case whose key was peeled for the actor, and its older keys, which they open by it: no part.

    The fetch is recorded. Raises `NotFound`.
    """
    case = _peeled(session, actor, case_id, recovery_id)[0]
    found = journal.contents(session, case, after=0, summed_up=False)
    audit.record(session, actor.id, Action.CASE_READ, case.id, now=now, object_hash=found.entries[-1].sha256)
    return found, grants.older_keys(session, case.id)


def recover(
    session: Session,
    actor: Actor,
    case_id: str,
    recovery_id: str,
    entry: bytes,
    new: Collection[NewGrant],
    parts: Mapping[str, Collection[NewGrant]],
    *,
    seen: AbstractSet[int],
    now: datetime,
) -> Recovery:
    """Two custodians make somebody a member, of whom the actor is the first: the only entry by who is none.

    `parts` are the keys that parts have of their own, for the same people. Raises `NotFound`, `StaleVersion` where
    somebody wrote or turned the key meanwhile, `NotCertified`, `MembersUnfit` and `HoldersUnfit`.
    """
    case, recovery = _peeled(session, actor, case_id, recovery_id)
    newest = journal.check_seen(session, case, seen)
    if recovery.generation != grants.generation_of(session, case.id):
        raise StaleVersion(version=newest)
    membership.recover(session, actor, case, new, until=recovery.until, now=now)
    people, peeled = {each.grantee for each in new}, {each.subject for each in pairs.peeled_parts(session, recovery)}
    for part_id, given in parts.items():
        holders.recover(session, actor, part_id, given, people=people, peeled=peeled, now=now)
    pairs.close(session, actor, recovery, now=now)
    journal.write(session, actor, case, Writing([entry]), after=newest, now=now)
    return recovery


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To make pairs anew of the keys of the cases that one works on, and of those of their parts that one holds."""
    cases = {case.id: case.stage_entered.date() for case in session.scalars(all_of_member(actor))}
    case_of = holders.held(session, actor, cases) | {case_id: case_id for case_id in cases}
    # Of a case and its parts it is due on the same day.
    due = pairs.duties(session, actor, {subject: cases[case_id] for subject, case_id in case_of.items()})
    for case_id, since in {case_of[duty.object]: duty.since for duty in due}.items():
        yield Duty(DutyKind.MAKE_PAIRS, case_id, since)


def join(session: Session, actor: Actor, new: Joining, *, now: datetime) -> Case:
    """A member lets a report into the case; the caller hands its key on.

    Raises `StaleVersion`, `CaseMerged` or `TurnFirst`.
    """
    case = locked(session, of_member(actor), new.case_id)
    check_goes_on(case)
    newest = journal.check_seen(session, case, {new.after})
    turning.check_turned(session, case, now.date())
    journal.write(session, actor, case, Writing([new.entry]), after=newest, now=now)
    return case


def grant_part_key(
    session: Session, actor: Actor, case_id: str, part_id: str, new: NewGrant, *, now: datetime
) -> Grant:
    """A member who holds a part's own key grants it to one more, as `holders.add`."""
    of_holder = of_member(actor).where(holders.has_part_of(actor, Case.id, part_id))
    return holders.add(session, actor, locked(session, of_holder, case_id), part_id, new, now=now)


def _memberships(actor: Actor) -> Select[str]:
    theirs = select(Membership.case_id).where(Membership.person_id == actor.id)
    return theirs.where(or_(Membership.until.is_(None), Membership.until >= actor.today))


def _peeled(session: Session, actor: Actor, case_id: str, recovery_id: str) -> tuple[Case, Recovery]:
    recovery = pairs.waiting(session, actor, recovery_id)
    if recovery.subject != case_id:
        raise NotFound
    return locked(session, select(Case), case_id), recovery


def curtail(session: Session, standing: Standing) -> None:
    """Who has left works on no case. Who has no role for it any more holds no key of one: the next who writes turns it,
    and puts them out. They stay members until then, or whoever gave them back their role could not give them the key.
    """
    if standing.roles & MEMBER_ROLES:
        return
    if standing.roles:
        worked_on = select(Membership.case_id).where(Membership.person_id == standing.person_id)
        grants.end_held(session, standing, worked_on)
        grants.end_held(session, standing, select(CasePart.id).where(CasePart.case_id.in_(worked_on)))
        return
    theirs = select(Case).join(Membership, Membership.case_id == Case.id)
    of_person = theirs.where(Membership.person_id == standing.person_id).order_by(Case.id)
    for case in session.scalars(of_person.with_for_update(of=Case)).all():
        if membership.end(session, standing, case):
            holders.end(session, standing.by, case, standing.person_id, now=standing.now)
    session.flush()


def enter(
    session: Session, actor: Actor, case: Case, stage: CaseStage, reason: TransitionReason, *, now: datetime
) -> Case:
    """Take the case to a stage. The guards have been asked."""
    case.stage, case.reason, case.stage_entered = stage, reason, hour_of(now)
    audit.record(session, actor.id, Action.CASE_MOVED, case.id, now=now)
    membership.follow(session, case)
    return case
