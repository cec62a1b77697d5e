"""Shared keys: stated by a supervisor, granted to those whose work needs them."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.duties import Duty
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.pairs import service as pairs
from app.people.pairs.service import NewPair, PairsUnfit
from app.people.shared_keys.models import SharedKey
from app.people.staff import service as staff
from app.people.staff.service import Standing
from app.problems import NotFound, Problem, StaleVersion
from app.protocol import chain, statements
from app.protocol.chain import Mark
from app.protocol.documents import parse_document
from app.protocol.duties import DutyKind
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.pairs import DRILLED_WITHIN
from app.protocol.statements import IN_PAIRS, RENEWED_BEFORE, KeyKind
from app.vocabulary import GrantKind, Role


class NotAKeyStatement(Problem):
    """A shared key begins with a statement of its kind, its days and its recipient, signed by a supervisor.

    Make it anew.
    """

    type, status, title = "not-a-key-statement", 422, "The document states no shared key, or is not authentic"


# Who needs a shared key for their work. Nobody else is given it.
KEY_HOLDERS = {
    KeyKind.STATISTICS: frozenset({Role.SUPERVISOR}),
    KeyKind.CARD_WRITING: frozenset({Role.CASEWORKER, Role.SUPERVISOR}),
    KeyKind.DRILL: frozenset({Role.SUPERVISOR}),
    KeyKind.DESK: frozenset({Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR}),
}


def make(
    session: Session,
    actor: Actor,
    *,
    document: str,
    token_sha256: str | None,
    first_grants: Collection[NewGrant],
    first_pairs: Collection[NewPair] = (),
    now: datetime,
) -> SharedKey:
    """Keep a supervisor's statement of a shared key with its first grants and pairs.

    Raises `NoRootYet`, `NotAKeyStatement`, `StaleVersion` for one that does not follow the last of its kind,
    `NotCertified` for a grantee without a certificate or the role, and `PairsUnfit`.
    """
    statement = _authentic(session, document)
    if (token_sha256 is not None) != (statement.kind is KeyKind.CARD_WRITING):
        raise NotAKeyStatement
    if first_pairs and statement.kind not in IN_PAIRS:
        raise PairsUnfit
    if session.get(SharedKey, statement.id) is not None:
        raise NotAKeyStatement
    last = newest(session, statement.kind)
    if (statement.version, statement.previous) != chain.after(_mark(last) if last else None):
        raise StaleVersion
    key = SharedKey(
        id=statement.id,
        kind=statement.kind,
        recipient=str(statement.recipient),
        document=document,
        token_sha256=token_sha256,
        version=statement.version,
        valid_from=statement.valid_from,
        valid_until=statement.valid_until,
    )
    session.add(key)
    session.flush()
    audit.record(session, actor.id, Action.SHARED_KEY_MADE, key.id, now=now, object_hash=sha256_hex(document.encode()))
    for new in first_grants:
        _share(session, actor, key, new, now=now)
    pairs.keep(session, actor, first_pairs, subject=key.id, generation=1, now=now)
    return key


def share(session: Session, actor: Actor, key_id: str, new: NewGrant, *, now: datetime) -> Grant:
    """A holder grants a shared key to one more person.

    Raises `NotFound` where the actor holds no such key, `NotCertified` for a grantee without a role that needs it.
    """
    key = session.scalar(select(SharedKey).where(SharedKey.id == key_id, grants.held_by(actor, SharedKey.id)))
    if key is None:
        raise NotFound
    return _share(session, actor, key, new, now=now)


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """To make pairs anew of the shared keys that one holds, and to grant that of the desk; as a supervisor, to turn
    what somebody had who left or has other keys since; as a custodian, to try a pair.
    """
    yield from _desk(session, actor)
    held = select(SharedKey).where(SharedKey.kind.in_(IN_PAIRS), grants.held_by(actor, SharedKey.id))
    yield from pairs.duties(session, actor, {key.id: key.valid_from for key in session.scalars(held)})
    if Role.CUSTODIAN in actor.roles:
        yield from _drill(session, actor)
    if Role.SUPERVISOR not in actor.roles:
        return
    today = actor.today
    kept = staff.kept_pairs(session, today)
    for kind in RENEWED_BEFORE:
        in_use = used_on(session, kind, today)
        if in_use is None:
            continue
        for key_id, person in grants.to_replace(session, [in_use.id], KEY_HOLDERS[kind], today):
            since = max(in_use.valid_from, staff.gone_since(session, person, today))
            yield Duty(DutyKind.TURN_SHARED_KEY, key_id, since, person)
        by = pairs.kept_by(session, in_use.id, in_use.valid_from, kept) if kind in IN_PAIRS else None
        if by is not None:
            yield Duty(DutyKind.TURN_SHARED_KEY, in_use.id, max(in_use.valid_from, by.gone), by.last)
        if (soon := in_use.valid_until - RENEWED_BEFORE[kind]) <= today:
            yield Duty(DutyKind.RENEW_SHARED_KEY, in_use.id, soon)


def _desk(session: Session, actor: Actor) -> Iterator[Duty]:
    """To grant the key of the desk, which is made once a year, to whoever was certified since and answers reporters."""
    key = used_on(session, KeyKind.DESK, actor.today)
    if key is None or not grants.holds(session, actor, key.id):
        return
    holders, since = grants.holders_of_each(session, [key.id])[key.id], dict[str, date]()
    for role in KEY_HOLDERS[KeyKind.DESK]:
        since |= staff.certified_with(session, role, actor.today)
    for person in sorted(since.keys() - holders):
        yield Duty(DutyKind.GRANT_DESK_KEY, key.id, max(key.valid_from, since[person]), person)


def _drill(session: Session, actor: Actor) -> Iterator[Duty]:
    """To try a pair of the key that opens nothing, a month after the last that two custodians tried."""
    key = newest(session, KeyKind.DRILL)
    since = pairs.tried_since(session, actor, key.id) if key else None
    if key and since and since + DRILLED_WITHIN <= actor.today:
        yield Duty(DutyKind.DRILL, key.id, since + DRILLED_WITHIN)


def may_hold(session: Session, key_id: str, person_id: str, today: date) -> bool:
    """Whether this key may be this person's. Raises `NotCertified`."""
    key = session.get(SharedKey, key_id)
    return key is not None and bool(KEY_HOLDERS[key.kind] & staff.certified_as(session, person_id, today))


def curtail(session: Session, standing: Standing) -> None:
    """Who has no role that needs a key holds it no longer."""
    for kind, roles in KEY_HOLDERS.items():
        if not roles & standing.roles:
            grants.end_held(session, standing, select(SharedKey.id).where(SharedKey.kind == kind))


def every() -> Select[SharedKey]:
    """All statements of shared keys: they are public, and their secrets only in grants."""
    return select(SharedKey)


def get(session: Session, key_id: str) -> SharedKey:
    """Raises `NotFound`."""
    key = session.get(SharedKey, key_id)
    if key is None:
        raise NotFound
    return key


def is_card_token(session: Session, token_sha256: str, today: date) -> bool:
    """Whether this is the hash of the token of the card-writing key that is used today.

    Those before count no more, or somebody who left would go on writing cards until the end of the month.
    """
    in_use = used_on(session, KeyKind.CARD_WRITING, today)
    return in_use is not None and in_use.token_sha256 == token_sha256


def used_on(session: Session, kind: KeyKind, today: date) -> SharedKey | None:
    """The key of this kind that is used today: of those that are valid the one stated last."""
    valid = _newest_first(kind).where(SharedKey.valid_from <= today, SharedKey.valid_until >= today)
    return session.scalar(valid.limit(1))


def newest(session: Session, kind: KeyKind) -> SharedKey | None:
    """The last that was stated of its kind, whether it is valid today or not."""
    return session.scalar(_newest_first(kind).limit(1))


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


def _authentic(session: Session, document: str) -> statements.SharedKey:
    root = staff.trust(session)
    try:
        return statements.read_key(root.check_public(parse_document(document.encode()), "key"))
    except ProtocolError:
        raise NotAKeyStatement from None


def _share(session: Session, actor: Actor, key: SharedKey, new: NewGrant, *, now: datetime) -> Grant:
    if not KEY_HOLDERS[key.kind] & staff.certified_as(session, new.grantee, now.date()):
        raise staff.NotCertified
    return grants.add_to_person(session, actor, new, subject=key.id, kind=GrantKind.ASSIGNED, now=now)
