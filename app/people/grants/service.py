"""Grants: written by clients that hold a key, kept, fetched and revoked here. The service can make none."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database.ranges import is_there
from app.people.grants.models import Grant
from app.people.staff import service as staff
from app.people.staff.service import Standing
from app.problems import NotFound
from app.protocol.encoding import new_id, sha256_hex
from app.protocol.grants import LOAN
from app.vocabulary import GrantKind, Role

# What is there for one act, and makes nobody a holder: lent for a decision, or peeled for a custodian.
_FOR_ONE_ACT = (GrantKind.APPROVAL, GrantKind.CUSTODIAN)


@dataclass(frozen=True)
class NewGrant:
    """A key sealed to `grantee`, as a client sends it."""

    grantee: str
    file: bytes


def add(
    session: Session,
    new: NewGrant,
    *,
    subject: str,
    kind: GrantKind,
    today: date,
    until: date | None = None,
    generation: int = 1,
) -> Grant:
    """Keep a grant. Whether the grantee may have it is the caller's to know; `add_to_person` knows for people."""
    grant = Grant(
        id=new_id("grant"),
        subject=subject,
        grantee=new.grantee,
        kind=kind,
        generation=generation,
        granted_on=today,
        until=until,
        file=new.file,
    )
    session.add(grant)
    session.flush()
    return grant


def add_to_person(
    session: Session,
    actor: Actor,
    new: NewGrant,
    *,
    subject: str,
    kind: GrantKind,
    now: datetime,
    until: date | None = None,
    generation: int = 1,
) -> Grant:
    """Grant to a certified person; `until` is the last day, if there is one. Raises `NotCertified`."""
    staff.certified_as(session, new.grantee, now.date())
    return add_to_object(session, actor, new, subject=subject, kind=kind, now=now, until=until, generation=generation)


def add_to_object(
    session: Session,
    actor: Actor,
    new: NewGrant,
    *,
    subject: str,
    kind: GrantKind,
    now: datetime,
    until: date | None = None,
    generation: int = 1,
) -> Grant:
    """Grant to an object whose key the grantor's client holds: a report to its case, a case's older key to its next."""
    grant = add(session, new, subject=subject, kind=kind, today=now.date(), until=until, generation=generation)
    audit.record(session, actor.id, Action.GRANTED, subject, now=now, object_hash=sha256_hex(new.file))
    return grant


def turn(
    session: Session,
    actor: Actor,
    new: Collection[NewGrant],
    *,
    subject: str,
    until: Mapping[str, date],
    now: datetime,
) -> None:
    """The key of the subject turns: the next one for people, and to the subject itself the one that it had.

    Some have it `until` a day. Raises `NotCertified`.
    """
    before = generation_of(session, subject)
    for each in new:
        if each.grantee == subject:
            add_to_object(session, actor, each, subject=subject, kind=GrantKind.CASE, now=now, generation=before)
        else:
            kind, last_day = GrantKind.ASSIGNED, until.get(each.grantee)
            add_to_person(
                session, actor, each, subject=subject, kind=kind, now=now, until=last_day, generation=before + 1
            )


def keep_on(session: Session, *, subject: str, grantee: str, until: date | None) -> None:
    """What was granted to them for good until a day is until another, or without an end."""
    theirs = (Grant.subject == subject) & (Grant.grantee == grantee) & (Grant.kind == GrantKind.ASSIGNED)
    session.execute(update(Grant).where(theirs, Grant.revoked.is_(False)).values(until=until))


def generation_of(session: Session, subject: str) -> int:
    """Of the subject's newest key, 0 where none was ever granted."""
    return session.scalar(select(func.max(Grant.generation)).where(Grant.subject == subject)) or 0


def lend(
    session: Session, actor: Actor, new: NewGrant, *, subject: str, now: datetime, until: date | None = None
) -> Grant:
    """Grant a key to a certified person for a decision. It opens for as long as a loan does, or until `until`.

    Raises `NotCertified`.
    """
    last_day = now.date() + LOAN
    if until is not None:
        last_day = min(until, last_day)
    generation = generation_of(session, subject) or 1
    return add_to_person(
        session, actor, new, subject=subject, kind=GrantKind.APPROVAL, now=now, until=last_day, generation=generation
    )


def ever_granted(session: Session, subject: str) -> set[tuple[str, GrantKind]]:
    """To whom the newest key of the subject was ever granted or lent, whether or not they still hold it."""
    newest = select(func.max(Grant.generation)).where(Grant.subject == subject).scalar_subquery()
    granted = select(Grant.grantee, Grant.kind).where(Grant.subject == subject, Grant.grantee != subject)
    return {(grantee, kind) for grantee, kind in session.execute(granted.where(Grant.generation == newest))}


def held_by(
    actor: Actor, subject: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
) -> ColumnElement[bool]:
    """Whether this person holds the key of the subject today. What one may see follows from it.

    It is asked of the one row, never of a list of all that they hold: how long such a list takes would tell a row that
    is there and forbidden from one that is not there.
    """
    return is_there(_of(actor).where(Grant.subject == subject))


def held_of_kind(actor: Actor, prefix: str) -> ColumnElement[bool]:
    """Whether a grant gives this person the key of a subject whose id begins so, as a range of one index."""
    return (Grant.grantee == actor.id) & _begins_with(Grant.subject, prefix) & _opens(actor.today)


def is_of_person() -> ColumnElement[bool]:
    """Whether a grant is for somebody, and not for an object."""
    return _begins_with(Grant.grantee, "per") & Grant.revoked.is_(False)


def holds(session: Session, actor: Actor, subject: str) -> bool:
    """Whether the actor holds the key of the subject today."""
    return session.scalar(_of(actor).where(Grant.subject == subject).limit(1)) is not None


def of(session: Session, *, subject: str, grantee: str) -> Grant | None:
    """The grant for good of a subject to a grantee, if there is one."""
    there = select(Grant).where(Grant.subject == subject, Grant.grantee == grantee, _is_readable())
    found: Grant | None = session.scalar(there.where(Grant.kind.not_in(_FOR_ONE_ACT)).limit(1))
    return found


def exists(session: Session, *, subject: str, grantee: str) -> bool:
    """Whether the key of a subject is there for a grantee, whoever holds theirs."""
    there = select(Grant.id).where(Grant.subject == subject, Grant.grantee == grantee, Grant.revoked.is_(False))
    return session.scalar(there.limit(1)) is not None


def held_among(session: Session, actor: Actor, subjects: Collection[str]) -> set[str]:
    """Those of the subjects whose key the actor holds today."""
    return set(session.scalars(_of(actor).with_only_columns(Grant.subject).where(Grant.subject.in_(subjects))))


def holders(session: Session, subject: str) -> set[str]:
    """To whom the subject's key is granted for good. What is lent for one decision is there for no other, and what is
    sealed to keys that were replaced opens for nobody."""
    kept = select(Grant.grantee).where(Grant.subject == subject, Grant.grantee != subject, _is_readable())
    return set(session.scalars(kept.where(Grant.kind.not_in(_FOR_ONE_ACT))))


def holders_of_each(session: Session, subjects: Collection[str]) -> dict[str, set[str]]:
    """The same of several, by one query."""
    found: dict[str, set[str]] = {subject: set() for subject in subjects}
    kept = select(Grant.subject, Grant.grantee).where(Grant.subject.in_(subjects), Grant.grantee != Grant.subject)
    for subject, grantee in session.execute(kept.where(_is_readable(), Grant.kind.not_in(_FOR_ONE_ACT))):
        found[subject].add(grantee)
    return found


def newest_holders(session: Session, subject: str) -> set[str]:
    """The same of the subject's newest key alone."""
    newest = select(func.max(Grant.generation)).where(Grant.subject == subject).scalar_subquery()
    kept = select(Grant.grantee).where(Grant.subject == subject, Grant.grantee != subject, _is_readable())
    return set(session.scalars(kept.where(Grant.kind.not_in(_FOR_ONE_ACT), Grant.generation == newest)))


def fetch(
    session: Session, actor: Actor, subject: str, *, now: datetime, also_for: Collection[str] = ()
) -> list[Grant]:
    """The grants of a subject to the actor, and to the objects `also_for` whose keys they hold. Each is recorded."""
    grants = list(
        session.scalars(
            select(Grant)
            .where(Grant.subject == subject, Grant.grantee.in_([actor.id, *also_for]), _opens(now.date()))
            .order_by(Grant.id)
        )
    )
    for grant in grants:
        object_hash = sha256_hex(grant.file) if grant.file else None
        audit.record(session, actor.id, Action.GRANT_FETCHED, subject, now=now, object_hash=object_hash)
    return grants


def fetch_page(
    session: Session, actor: Actor, wanted: Mapping[str, Collection[str]], *, now: datetime
) -> dict[str, list[Grant]]:
    """The grants of several subjects to the actor, and of each to those objects beside it whose keys they hold.

    They are one audit event: its object is their number, its hash that of the subjects' ids, one a line, in order.
    """
    found: dict[str, list[Grant]] = {subject: [] for subject in wanted}
    grantees = {actor.id, *itertools.chain.from_iterable(wanted.values())}
    each_that_opens = select(Grant).where(
        Grant.subject.in_(list(wanted)), Grant.grantee.in_(grantees), _opens(now.date())
    )
    for grant in session.scalars(each_that_opens.order_by(Grant.id)):
        if grant.grantee == actor.id or grant.grantee in wanted[grant.subject]:
            found[grant.subject].append(grant)
    subjects = sorted(subject for subject, grants in found.items() if grants)
    if subjects:
        page_sha256 = sha256_hex("".join(f"{each}\n" for each in subjects).encode())
        number = f"grants_of_{len(subjects)}"
        audit.record(session, actor.id, Action.GRANTS_FETCHED, number, now=now, object_hash=page_sha256)
    return found


def outdate(session: Session, person_id: str) -> None:
    """The person has new keys: what was granted to them is sealed to those before. It stays, for they may be found."""
    theirs = update(Grant).where(Grant.grantee == person_id, Grant.revoked.is_(False))
    session.execute(theirs.values(outdated=True))


def outdated(session: Session, subject: str) -> dict[str, int]:
    """To whom the subject's key was granted under keys that were replaced, and the newest generation of those."""
    replaced = select(Grant.grantee, func.max(Grant.generation)).where(Grant.subject == subject, Grant.outdated)
    return {row[0]: row[1] for row in session.execute(replaced.group_by(Grant.grantee))}


def granted_among(session: Session, subjects: Collection[str]) -> set[str]:
    """Those of the subjects of which a key was ever granted."""
    return set(session.scalars(select(Grant.subject).where(Grant.subject.in_(subjects)).distinct()))


def of_actor(session: Session, actor: Actor, subject: str) -> Sequence[Grant]:
    """The grants of a subject to the actor, and its older keys to itself, which they open by them.

    The caller records the fetch together with what it opens.
    """
    theirs = select(Grant).where(Grant.subject == subject, Grant.grantee.in_([actor.id, subject]), _opens(actor.today))
    return session.scalars(theirs.order_by(Grant.id)).all()


def older_keys(session: Session, subject: str) -> Sequence[Grant]:
    """The older keys of a subject, sealed to its newer ones."""
    to_itself = select(Grant).where(Grant.subject == subject, Grant.grantee == subject, Grant.revoked.is_(False))
    return session.scalars(to_itself.order_by(Grant.id)).all()


def get(session: Session, grant_id: str) -> Grant:
    """Raises `NotFound`, for a revoked grant too."""
    grant = session.get(Grant, grant_id)
    if grant is None or grant.revoked:
        raise NotFound
    return grant


def revoke(session: Session, actor: Actor, *, subject: str, grantee: str, now: datetime) -> None:
    """End the grants of a subject to a grantee. What was read before cannot be unread."""
    grants = select(Grant).where(Grant.subject == subject, Grant.grantee == grantee, Grant.revoked.is_(False))
    for grant in session.scalars(grants):
        end(session, actor, grant, now=now)


def end(session: Session, actor: Actor, grant: Grant, *, now: datetime) -> None:
    """Revoke a grant, as an act of the actor."""
    lapse(grant)
    audit.record(session, actor.id, Action.GRANT_REVOKED, grant.subject, now=now)


def end_held(session: Session, standing: Standing, subjects: Select[str]) -> None:
    """Somebody holds the keys of these subjects no longer: their role went, or all of them.

    What nobody else holds who is certified stays granted: it would be lost for good.
    """
    theirs = select(Grant.subject).where(Grant.grantee == standing.person_id, Grant.revoked.is_(False))
    for subject in session.scalars(theirs.where(Grant.subject.in_(subjects)).distinct()).all():
        if not is_last_holder(session, subject, standing.person_id, standing.now.date()):
            revoke(session, standing.by, subject=subject, grantee=standing.person_id, now=standing.now)


def is_last_holder(session: Session, subject: str, person_id: str, today: date) -> bool:
    """Whether nobody else who is certified today holds the subject's key for good, under keys that they have still.

    Who has it until a day does not hold it for good.
    """
    of_others = select(Grant.grantee).where(Grant.subject == subject, Grant.grantee.not_in([subject, person_id]))
    opens = of_others.where(Grant.kind.not_in(_FOR_ONE_ACT), Grant.until.is_(None), _is_readable())
    return not any(staff.is_certified(session, each, today) for each in session.scalars(opens))


def holdings(session: Session, person_id: str, today: date) -> list[tuple[str, bool]]:
    """The subjects whose keys a person holds for good, in their order, and whether nobody else does who is certified.

    An epoch that nothing is sealed to yet is none: its key opens nothing.
    """
    sealed = aliased(Grant)
    is_sealed_to = select(sealed.id).where(sealed.grantee == Grant.subject).exists()
    theirs = select(Grant.subject).where(Grant.grantee == person_id, Grant.revoked.is_(False))
    theirs = theirs.where(Grant.kind.not_in(_FOR_ONE_ACT), ~Grant.subject.startswith("epoch_") | is_sealed_to)
    subjects = session.scalars(theirs.distinct().order_by(Grant.subject)).all()
    return [(each, is_last_holder(session, each, person_id, today)) for each in subjects]


def to_replace(
    session: Session, subjects: Collection[str], holders: AbstractSet[Role], today: date
) -> list[tuple[str, str]]:
    """Of these subjects, and to whom each was ever granted for their work who is to hold none: they have none of the
    roles of `holders` today, or had it by keys that were replaced."""
    of_work = select(Grant.subject, Grant.grantee, Grant.outdated).where(
        Grant.subject.in_(subjects), Grant.kind == GrantKind.ASSIGNED
    )
    granted = session.execute(of_work).all()
    roles = staff.certified_among(session, {grantee for _, grantee, _ in granted}, today)
    return sorted(
        {
            (subject, grantee)
            for subject, grantee, is_outdated in granted
            if is_outdated or not holders & roles.get(grantee, frozenset())
        }
    )


def made_on(session: Session, subject: str) -> date:
    """The day of the first grant of its newest key, on which it was made. There is one."""
    newest = select(func.max(Grant.generation)).where(Grant.subject == subject).scalar_subquery()
    first = select(func.min(Grant.granted_on)).where(Grant.subject == subject, Grant.generation == newest)
    return session.scalars(first).one()


def lapse(grant: Grant) -> None:
    """Revoke a grant whose use is over and forget its file; that there was one stays known."""
    grant.revoked, grant.file = True, None


def lapse_ended(session: Session, today: date) -> None:
    """Lapse every grant whose last day has passed."""
    over = update(Grant).where(Grant.until < today, Grant.revoked.is_(False))
    session.execute(over.values(revoked=True, file=None))


def drop(session: Session, *, subject: str, grantees: Collection[str]) -> None:
    """Forget the grants of a subject to these objects: it is granted to another, which somebody opened."""
    session.execute(delete(Grant).where(Grant.subject == subject, Grant.grantee.in_(grantees)))


def destroy(session: Session, subjects: Iterable[str]) -> None:
    """Forget every grant of these subjects: their keys are gone from the service."""
    session.execute(delete(Grant).where(Grant.subject.in_(list(subjects))))


def _is_readable() -> ColumnElement[bool]:
    """Neither revoked, nor sealed to keys that were replaced."""
    return Grant.revoked.is_(False) & Grant.outdated.is_(False)


def _begins_with(id_: InstrumentedAttribute[str], prefix: str) -> ColumnElement[bool]:
    """In the order of every language, for that is the database's: in none do the digits of an id follow a z."""
    return id_.between(prefix, f"{prefix}z")


def _of(actor: Actor) -> Select[str]:
    return select(Grant.id).where(Grant.grantee == actor.id, _opens(actor.today))


def _opens(today: date) -> ColumnElement[bool]:
    """To a present key, and its last day is not over, whether or not a sweep came by since.

    What was peeled for a custodian opens nothing that is shown to those who hold the key.
    """
    is_peeled = Grant.kind == GrantKind.CUSTODIAN
    return _is_readable() & ~is_peeled & or_(Grant.until.is_(None), Grant.until >= today)
