"""Cases: opened, written and handed on by their members. The service knows who, and never what about."""

import secrets
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import flag_modified

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.approvals import service as approvals
from app.casework.cases.models import Case, CaseDocument, Membership, MemberStatement, RemovalAgreement
from app.casework.roles import MEMBER_ROLES, OWNER_ROLES
from app.clock import hour_of
from app.database import insert_or_ignore
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.people.staff.models import Team
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.encoding import sha256_hex
from app.vocabulary import CaseStage, GrantKind, Priority, Role, TransitionReason

_REF_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is easily read as another
_REF_LENGTH = 8


class CaseExists(Problem):
    """The id of a new case is drawn at random by the client.

    Draw another, or look whether the case is already yours.
    """

    type, status, title = "case-exists", 409, "There is a case with this id"


class MembersUnfit(Problem):
    """Whoever opens a case and whoever owns it are members, and each member has a role that works on cases.

    Name others, or add those who are missing.
    """

    type, status, title = "members-unfit", 422, "The opener and the owner are members, and members have a role for it"


class LastAuthor(Problem):
    """The newest version is believed only while its author is a member.

    Let a colleague write a version or remove you.
    """

    type, status, title = (
        "last-author",
        409,
        "Who wrote the newest version does not remove themselves: a colleague does",
    )


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
class NewCase:
    """A case as its opener's client makes it: `members` is the genesis of the chain, `grants` are to the members."""

    id: str
    team_id: str
    owner_id: str | None
    priority: Priority
    members: bytes
    document: bytes
    grants: Collection[NewGrant]


@dataclass(frozen=True)
class MembersChange:
    """A further link of the chain, and what it says: who comes, who goes, and who owns the case from now on.

    `agree` are those whom the actor would let go, should another member put them out.
    """

    statement: bytes
    add: Collection[NewGrant]
    remove: Collection[str]
    owner_id: str | None
    agree: Collection[str] = ()


def of_member(actor: Actor) -> Select[Case]:
    """The cases this person works on."""
    return select(Case).where(works_on(actor, Case.id))


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
    return select(Membership.case_id).where(Membership.case_id == case_id, Membership.person_id == actor.id).exists()


def led_by(actor: Actor, case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether this person leads the work on the case of this id."""
    return select(Case.id).where(Case.id == case_id, Case.owner_id == actor.id).exists()


def worked_on_among(session: Session, actor: Actor, case_ids: Collection[str]) -> set[str]:
    """Those of the cases that this person is a member of."""
    return set(session.scalars(of_member(actor).with_only_columns(Case.id).where(Case.id.in_(case_ids))))


def is_member(session: Session, actor: Actor, case_id: str) -> bool:
    """Whether the actor works on it now; false for a case that there is not."""
    return session.scalar(of_member(actor).where(Case.id == case_id)) is not None


def members_of(session: Session, case_id: str) -> list[str]:
    """The ids of those who work on it, in their order. The caller has checked who asks."""
    return list(
        session.scalars(
            select(Membership.person_id).where(Membership.case_id == case_id).order_by(Membership.person_id)
        )
    )


def open_(session: Session, actor: Actor, new: NewCase, *, now: datetime) -> Case:
    """Raises `CaseExists`, `TeamUnknown`, `NotCertified` or `MembersUnfit`."""
    if session.get(Team, new.team_id) is None:
        raise staff.TeamUnknown
    grantees = [grant.grantee for grant in new.grants]
    if actor.id not in grantees or len(set(grantees)) != len(grantees):
        raise MembersUnfit
    _check_owner(session, new.owner_id, members=grantees, now=now)
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
    audit.record(session, actor.id, Action.CASE_MADE, case.id, now=now, object_hash=sha256_hex(new.members))
    session.add(MemberStatement(case_id=case.id, version=1, file=new.members))
    _add_members(session, actor, case, new.grants, now=now)
    _keep_document(session, actor, case, new.document, version=1, now=now)
    return case


def fetch_grants(session: Session, actor: Actor, case_id: str, *, now: datetime) -> list[Grant]:
    """The actor's grants of the case key. Each is recorded."""
    case = one(session, readable_by(actor), case_id)
    return grants.fetch(session, actor, case.id, now=now)


def document(
    session: Session, actor: Actor, case_id: str, version: int | None = None, *, now: datetime
) -> CaseDocument:
    """That version of the document, or the newest. Its fetch is recorded."""
    case = one(session, readable_by(actor), case_id)
    result = _newest_document(session, case) if version is None else session.get(CaseDocument, (case.id, version))
    if result is None:
        raise NotFound
    audit.record(session, actor.id, Action.CASE_READ, case.id, now=now, object_hash=result.sha256)
    return result


def document_with(session: Session, case_id: str, sha256: str) -> CaseDocument | None:
    """The version whose file has this hash. The caller has checked who asks."""
    return session.scalar(select(CaseDocument).where(CaseDocument.case_id == case_id, CaseDocument.sha256 == sha256))


def write_document(
    session: Session, actor: Actor, case_id: str, file: bytes, *, seen: AbstractSet[int], now: datetime
) -> CaseDocument:
    """A member writes the next version; `seen` holds those that they have read. Raises `StaleVersion`."""
    case = locked(session, of_member(actor), case_id)
    newest = _newest_document(session, case)
    if newest.version not in seen:
        raise StaleVersion(version=newest.version)
    return _keep_document(session, actor, case, file, version=newest.version + 1, now=now)


def statements(session: Session, actor: Actor, case_id: str) -> list[MemberStatement]:
    """The chain of signed statements of who the members are, from its genesis."""
    case = one(session, readable_by(actor), case_id)
    return _statements(session, case)


def change_members(
    session: Session, actor: Actor, case_id: str, change: MembersChange, *, seen: AbstractSet[int], now: datetime
) -> Case:
    """A member adds or removes others; `seen` holds those of the statements that they have read.

    Whoever is removed gets no key any more, but what they read they have read. Clients read the newest version only by
    somebody who is there, so its author does not leave on their own; a colleague may remove them at any moment, or
    somebody could stay by writing. Opener and owner go by themselves, or by two. Raises `StaleVersion`, `NotCertified`,
    `MembersUnfit`, `SecondPersonNeeded` or `LastAuthor`.
    """
    case = locked(session, of_member(actor), case_id)
    last = _statements(session, case)[-1].version
    if last not in seen:
        raise StaleVersion(version=last)
    before = set(members_of(session, case.id))
    added, removed = {grant.grantee for grant in change.add}, set(change.remove)
    after = (before - removed) | added
    owner_id = change.owner_id or case.owner_id
    if not after or added & before or added & removed or removed - before or len(added) != len(change.add):
        raise MembersUnfit
    if set(change.agree) - before:
        raise MembersUnfit
    _check_owner(session, owner_id, members=after, now=now)
    _check_second_person(session, actor, case, removed, owner_id=owner_id, today=now.date())
    if actor.id in removed and _newest_document(session, case).author_id == actor.id:
        raise LastAuthor
    session.add(MemberStatement(case_id=case.id, version=last + 1, file=change.statement))
    _remove_members(session, actor, case, removed, now=now)
    _add_members(session, actor, case, change.add, now=now)
    _keep_agreements(session, actor, case, set(change.agree) - removed, present=after)
    if owner_id != case.owner_id:
        audit.record(session, actor.id, Action.CASE_CHANGED, case.id, now=now)
    case.owner_id = owner_id
    flag_modified(case, "owner_id")  # a case shows its members, so it has a new version though its row stays the same
    audit.record(session, actor.id, Action.MEMBERS_CHANGED, case.id, now=now, object_hash=sha256_hex(change.statement))
    session.flush()
    return case


def enter(
    session: Session, actor: Actor, case: Case, stage: CaseStage, reason: TransitionReason, *, now: datetime
) -> Case:
    """Take the case to a stage. The guards have been asked."""
    case.stage, case.reason, case.stage_entered = stage, reason, hour_of(now)
    audit.record(session, actor.id, Action.CASE_MOVED, case.id, now=now)
    session.flush()  # gives the case its next version
    return case


def _newest_document(session: Session, case: Case) -> CaseDocument:
    newest = select(CaseDocument).where(CaseDocument.case_id == case.id).order_by(CaseDocument.version.desc())
    return session.scalars(newest.limit(1)).one()


def _keep_document(
    session: Session, actor: Actor, case: Case, file: bytes, *, version: int, now: datetime
) -> CaseDocument:
    kept = CaseDocument(
        case_id=case.id,
        version=version,
        author_id=actor.id,
        hour=hour_of(now),
        sha256=sha256_hex(file),
        file=file,
    )
    session.add(kept)
    session.flush()
    audit.record(session, actor.id, Action.CASE_WRITTEN, case.id, now=now, object_hash=kept.sha256)
    return kept


def _statements(session: Session, case: Case) -> list[MemberStatement]:
    chain = select(MemberStatement).where(MemberStatement.case_id == case.id).order_by(MemberStatement.version)
    return list(session.scalars(chain))


def _check_owner(session: Session, owner_id: str | None, *, members: Collection[str], now: datetime) -> None:
    if owner_id is None:
        return
    if owner_id not in members or not OWNER_ROLES & staff.certified_as(session, owner_id, now.date()):
        raise MembersUnfit


def _check_second_person(
    session: Session, actor: Actor, case: Case, removed: Collection[str], *, owner_id: str | None, today: date
) -> None:
    """Raises `SecondPersonNeeded` unless another member agreed, or it is about the actor, or who left."""
    opener_id = session.get_one(CaseDocument, (case.id, 1)).author_id
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
    for grant in new:
        if not MEMBER_ROLES & staff.certified_as(session, grant.grantee, now.date()):
            raise MembersUnfit
        session.add(Membership(case_id=case.id, person_id=grant.grantee))
        grants.add_to_person(session, actor, grant, subject=case.id, kind=GrantKind.ASSIGNED, now=now)


def _remove_members(session: Session, actor: Actor, case: Case, people: Iterable[str], *, now: datetime) -> None:
    for person_id in people:
        session.execute(delete(Membership).where(Membership.case_id == case.id, Membership.person_id == person_id))
        grants.revoke(session, actor, subject=case.id, grantee=person_id, now=now)
        approvals.cancel_open(session, case.id, of=person_id)  # what they lent is lent by nobody any more
