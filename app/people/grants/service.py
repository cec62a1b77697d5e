"""Grants: written by clients that hold a key, kept, fetched and revoked here. The service can make none."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.people.grants.models import Grant, SharedKey
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol import chain, statements
from app.protocol.chain import Mark
from app.protocol.documents import parse_document
from app.protocol.encoding import new_id, sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.statements import KeyKind
from app.vocabulary import GrantKind, Role


class NotAKeyStatement(Problem):
    type, status, title = "not-a-key-statement", 422, "The document states no shared key, or is not authentic"


# Who needs a shared key for their work. Nobody else is given it.
KEY_HOLDERS = {
    KeyKind.STATISTICS: frozenset({Role.SUPERVISOR}),
    KeyKind.CARD_WRITING: frozenset({Role.CASEWORKER, Role.SUPERVISOR}),
}


@dataclass(frozen=True)
class NewGrant:
    """A key sealed to `grantee`, as a client sends it."""

    grantee: str
    file: bytes


def add(
    session: Session, new: NewGrant, *, subject: str, kind: GrantKind, today: date, until: date | None = None
) -> Grant:
    """Keep a grant. Whether the grantee may have it is the caller's to know; `add_to_person` knows for people."""
    grant = Grant(
        id=new_id("grant"),
        subject=subject,
        grantee=new.grantee,
        kind=kind,
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
) -> Grant:
    """Grant to a certified person; `until` is the last day, if there is one. Raises `NotCertified`."""
    staff.certified_as(session, new.grantee, now.date())
    return add_to_object(session, actor, new, subject=subject, kind=kind, now=now, until=until)


def add_to_object(
    session: Session,
    actor: Actor,
    new: NewGrant,
    *,
    subject: str,
    kind: GrantKind,
    now: datetime,
    until: date | None = None,
) -> Grant:
    """Grant to an object whose key the grantor's client holds: a report to its case."""
    grant = add(session, new, subject=subject, kind=kind, today=now.date(), until=until)
    audit.record(session, actor.id, Action.GRANTED, subject, now=now, object_hash=sha256_hex(new.file))
    return grant


def held(person_or_object: str) -> Select[str]:
    """The subjects whose key this person or object holds. What one may see follows from it."""
    return select(Grant.subject).where(Grant.grantee == person_or_object, Grant.revoked.is_(False))


def holds(session: Session, *, subject: str, grantee: str) -> bool:
    """Whether the grantee has a grant of the subject that is not revoked."""
    return session.scalar(held(grantee).where(Grant.subject == subject).limit(1)) is not None


def holders(session: Session, subject: str) -> set[str]:
    """To whom the subject's key is granted."""
    return set(session.scalars(select(Grant.grantee).where(Grant.subject == subject, Grant.revoked.is_(False))))


def fetch(
    session: Session, actor: Actor, subject: str, *, now: datetime, also_for: Collection[str] = ()
) -> list[Grant]:
    """The grants of a subject to the actor, and to the objects `also_for` whose keys they hold. Each is recorded."""
    grants = list(
        session.scalars(
            select(Grant)
            .where(Grant.subject == subject, Grant.grantee.in_([actor.id, *also_for]), Grant.revoked.is_(False))
            .order_by(Grant.id)
        )
    )
    for grant in grants:
        object_hash = sha256_hex(grant.file) if grant.file else None
        audit.record(session, actor.id, Action.GRANT_FETCHED, subject, now=now, object_hash=object_hash)
    return grants


def get(session: Session, grant_id: str) -> Grant:
    """Raises `NotFound`, for a revoked grant too."""
    grant = session.get(Grant, grant_id)
    if grant is None or grant.revoked:
        raise NotFound
    return grant


def revoke(session: Session, actor: Actor, *, subject: str, grantee: str, now: datetime) -> None:
    """End the grants of a subject to a grantee. What was read before cannot be unread."""
    given = select(Grant).where(Grant.subject == subject, Grant.grantee == grantee, Grant.revoked.is_(False))
    for grant in session.scalars(given):
        end(session, actor, grant, now=now)


def end(session: Session, actor: Actor, grant: Grant, *, now: datetime) -> None:
    """Revoke a grant, as an act of the actor."""
    lapse(grant)
    audit.record(session, actor.id, Action.GRANT_REVOKED, grant.subject, now=now)


def lapse(grant: Grant) -> None:
    """Revoke a grant whose use is over and forget its file; that there was one stays known."""
    grant.revoked, grant.file = True, None


def lapse_ended(session: Session, today: date) -> None:
    """Lapse every grant whose last day has passed."""
    ended = update(Grant).where(Grant.until < today, Grant.revoked.is_(False))
    session.execute(ended.values(revoked=True, file=None))


def destroy(session: Session, subjects: Iterable[str]) -> None:
    """Forget every grant of these subjects: their keys are gone from the service."""
    session.execute(delete(Grant).where(Grant.subject.in_(list(subjects))))


def add_key(
    session: Session,
    actor: Actor,
    *,
    document: str,
    token_sha256: str | None,
    grants: Collection[NewGrant],
    now: datetime,
) -> SharedKey:
    """Keep a supervisor's statement of a shared key with its first grants.

    Raises `NoRootYet`, `NotAKeyStatement`, `StaleVersion` for one that does not follow the last of its kind, and
    `NotCertified` for a grantee without a certificate or the role.
    """
    stated = _stated(session, document)
    if (token_sha256 is not None) != (stated.kind is KeyKind.CARD_WRITING):
        raise NotAKeyStatement
    if session.get(SharedKey, stated.id) is not None:
        raise NotAKeyStatement
    last = session.scalar(_newest_first(stated.kind).limit(1))
    if (stated.version, stated.previous) != chain.after(_mark(last) if last else None):
        raise StaleVersion
    key = SharedKey(
        id=stated.id,
        kind=stated.kind,
        recipient=str(stated.recipient),
        document=document,
        token_sha256=token_sha256,
        version=stated.version,
        valid_from=stated.valid_from,
        valid_until=stated.valid_until,
    )
    session.add(key)
    session.flush()
    audit.record(session, actor.id, Action.SHARED_KEY_MADE, key.id, now=now, object_hash=sha256_hex(document.encode()))
    for new in grants:
        _share(session, actor, key, new, now=now)
    return key


def share_key(session: Session, actor: Actor, key_id: str, new: NewGrant, *, now: datetime) -> Grant:
    """A holder grants a shared key to one more person.

    Raises `NotFound` where the actor holds no such key, `NotCertified` for a grantee without a role that needs it.
    """
    key = shared_key(session, key_id)
    if not holds(session, subject=key.id, grantee=actor.id):
        raise NotFound
    return _share(session, actor, key, new, now=now)


def shared_keys() -> Select[SharedKey]:
    """All statements of shared keys: they are public, and their secrets only in grants."""
    return select(SharedKey)


def shared_key(session: Session, key_id: str) -> SharedKey:
    """Raises `NotFound`."""
    key = session.get(SharedKey, key_id)
    if key is None:
        raise NotFound
    return key


def is_card_token(session: Session, token_sha256: str, today: date) -> bool:
    """Whether this is the hash of the token of the card-writing key that is used today.

    Those before count no more, or somebody who left would go on writing cards until the end of the month.
    """
    valid = _newest_first(KeyKind.CARD_WRITING).where(SharedKey.valid_from <= today, SharedKey.valid_until >= today)
    newest = session.scalar(valid.limit(1))
    return newest is not None and newest.token_sha256 == token_sha256


def statistics_recipients(session: Session, period: str, today: date) -> set[str]:
    """Those to which cards of the period may be sealed, of all that supervisors have stated."""
    return {
        key.recipient
        for key in session.scalars(select(SharedKey).where(SharedKey.kind == KeyKind.STATISTICS))
        if statements.may_open(valid_from=key.valid_from, valid_until=key.valid_until, period=period, today=today)
    }


def _newest_first(kind: KeyKind) -> Select[SharedKey]:
    place = SharedKey.version.desc(), SharedKey.valid_from.desc(), SharedKey.id.desc()
    return select(SharedKey).where(SharedKey.kind == kind).order_by(*place)


def _mark(key: SharedKey) -> Mark:
    return Mark(key.version, sha256_hex(key.document.encode()))


def _stated(session: Session, document: str) -> statements.SharedKey:
    root = staff.trust(session)
    try:
        return statements.read_key(root.check_public(parse_document(document.encode()), "key"))
    except ProtocolError:
        raise NotAKeyStatement from None


def _share(session: Session, actor: Actor, key: SharedKey, new: NewGrant, *, now: datetime) -> Grant:
    if not KEY_HOLDERS[key.kind] & staff.certified_as(session, new.grantee, now.date()):
        raise staff.NotCertified
    return add_to_person(session, actor, new, subject=key.id, kind=GrantKind.ASSIGNED, now=now)
