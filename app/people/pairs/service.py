"""Pairs: kept for two custodians, of whom the second peels and the first grants. The service opens neither layer.

A custodian acts for nobody without another: what the second peels opens for the first alone, and no client takes what
the first grants without the act that the second signed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session, defer

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.duties import Duty
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.pairs.models import Pair, PeeledPart, Recovery
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.duties import DutyKind
from app.protocol.encoding import new_id, sha256_hex
from app.protocol.kept_pairs import KeptPair
from app.protocol.pairs import OPEN_FOR, each_two
from app.vocabulary import GrantKind, Role

# Whether a person may hold the key of a subject, as the package has it whose key it is. A subject that there is not
# has no holders.
MayHold = Callable[[Session, str, str, date], bool]


# Of each two custodians, the hashes of the recipients to which a pair is sealed.
_Recipients = dict[tuple[str, str], tuple[str, str]]


class PairsUnfit(Problem):
    """A pair is for two people who are certified as custodians, the one with the lower id first, and there is one of
    each two.

    Read the certificates anew, and make the pairs again.
    """

    type, status, title = "pairs-unfit", 422, "These are no pairs of custodians"


@dataclass(frozen=True)
class NewPair:
    """A key sealed to `second`, in what is sealed to `first`, as a client sends it."""

    first: str
    second: str
    file: bytes = field(repr=False)


@dataclass(frozen=True)
class NewPeeled:
    """What the second custodian peeled of a pair: a file that the first alone opens."""

    pair: str
    file: bytes = field(repr=False)


@dataclass(frozen=True)
class Kept:
    """How many pairs there are of a subject's key."""

    subject: str
    number: int

    @property
    def id(self) -> str:
        return self.subject


@dataclass(frozen=True)
class Peeled:
    """A recovery that waits for the first custodian, with what only they open: of a case also the keys of its parts."""

    recovery: Recovery
    act: bytes = field(repr=False)
    file: bytes = field(repr=False)
    parts: Collection[Grant] = ()


def keep(
    session: Session,
    actor: Actor,
    new: Collection[NewPair],
    *,
    subject: str,
    generation: int,
    now: datetime,
    case_id: str | None = None,
) -> None:
    """Keep the pairs of a key in the place of those that there are; `case_id` is of a part. Raises `PairsUnfit`."""
    today = now.date()
    if len({(each.first, each.second) for each in new}) != len(new):
        raise PairsUnfit
    session.execute(delete(Pair).where(Pair.subject == subject))
    people = {person for each in new for person in (each.first, each.second)}
    sealed_to = {each: _recipient_of(session, each) for each in sorted(people) if _is_custodian(session, each, today)}
    for each in new:
        if each.first >= each.second or not {each.first, each.second} <= sealed_to.keys():
            raise PairsUnfit
        session.add(
            Pair(
                id=new_id("pair"),
                subject=subject,
                case_id=case_id,
                generation=generation,
                first_id=each.first,
                second_id=each.second,
                first_to=sealed_to[each.first],
                second_to=sealed_to[each.second],
                made_on=today,
                file=each.file,
            )
        )
    session.flush()
    if new:
        files = sha256_hex("".join(f"{sha256_hex(each.file)}\n" for each in new).encode())
        audit.record(session, actor.id, Action.PAIRS_MADE, subject, now=now, object_hash=files)


def make_anew(
    session: Session,
    actor: Actor,
    new: Collection[NewPair],
    *,
    subject: str,
    generation: int,
    case_id: str | None,
    now: datetime,
) -> Kept:
    """A holder makes the pairs of a key anew, as custodians come and go.

    Raises `NotFound` where the actor does not hold it, `StaleVersion` for another generation than the newest, and
    `PairsUnfit`.
    """
    if grants.of(session, subject=subject, grantee=actor.id) is None:
        raise NotFound  # also to whom it was lent for a decision
    if generation != grants.generation_of(session, subject):
        raise StaleVersion
    keep(session, actor, new, subject=subject, generation=generation, case_id=case_id, now=now)
    return Kept(subject, len(new))


def kept(session: Session, subject: str) -> Kept:
    """What `make_anew` answered, as it is by now."""
    return Kept(subject, len(session.scalars(select(Pair.id).where(Pair.subject == subject)).all()))


def destroy(session: Session, subjects: Collection[str]) -> None:
    """Forget the pairs of these subjects, and what was peeled of them: their keys are gone from the service."""
    session.execute(delete(Pair).where(Pair.subject.in_(subjects)))
    session.execute(update(Recovery).where(Recovery.subject.in_(subjects)).values(act=None))


def of_second(actor: Actor) -> Select[Pair]:
    """The pairs whose second custodian the actor is: what they can peel."""
    return select(Pair).where(Pair.second_id == actor.id)


def listed(actor: Actor) -> Select[Pair]:
    """The same without what is in them."""
    return of_second(actor).options(defer(Pair.file, raiseload=True))


def fetch(session: Session, actor: Actor, pair_id: str, *, now: datetime) -> Pair:
    """A pair of the actor's, as its second custodian. The fetch is recorded. Raises `NotFound`."""
    pair = _of_second(session, actor, pair_id)
    object_hash = sha256_hex(pair.file)
    audit.record(session, actor.id, Action.PAIR_FETCHED, pair.subject, now=now, object_hash=object_hash)
    return pair


def peel(
    session: Session,
    actor: Actor,
    new: NewPeeled,
    *,
    act: bytes,
    parts: Collection[NewPeeled] = (),
    until: date | None = None,
    now: datetime,
) -> Recovery:
    """Hand what the second custodian peeled to the first, for as long as it is open: of a case, `parts` of it too.

    `until` is the last day for which the act gives the key, as its signer says to those who are told.
    Raises `NotFound` where the actor is not the second of these pairs, `NotCertified` where the first is no custodian
    any more, and `PairsUnfit` for pairs of other parts, or for another first.
    """
    pair = _of_second(session, actor, new.pair)
    if not _is_custodian(session, pair.first_id, now.date()):
        raise staff.NotCertified
    with_it = {each.pair: _of_second(session, actor, each.pair) for each in parts}
    is_of_it = all((each.case_id, each.first_id) == (pair.subject, pair.first_id) for each in with_it.values())
    if len(with_it) != len(parts) or not is_of_it:
        raise PairsUnfit
    peeled = _hand_over(session, actor, pair, new.file, now=now)
    recovery = Recovery(
        id=new_id("rcv"),
        subject=pair.subject,
        generation=pair.generation,
        first_id=pair.first_id,
        second_id=actor.id,
        peeled_on=now.date(),
        granted_on=None,
        until=until,
        grant_id=peeled.id,
        act=act,
    )
    session.add(recovery)
    session.flush()
    for each in parts:
        grant = _hand_over(session, actor, with_it[each.pair], each.file, now=now)
        session.add(PeeledPart(recovery_id=recovery.id, grant_id=grant.id))
    session.flush()
    audit.record(session, actor.id, Action.PEELED, pair.subject, now=now, object_hash=sha256_hex(act))
    return recovery


def visible_to(actor: Actor) -> Select[Recovery]:
    """What the actor is told of: what they take part in, or whose key they hold; supervisors of all."""
    without_act = select(Recovery).options(defer(Recovery.act, raiseload=True))
    if Role.SUPERVISOR in actor.roles:
        return without_act
    takes_part = or_(Recovery.first_id == actor.id, Recovery.second_id == actor.id)
    return without_act.where(takes_part | grants.held_by(actor, Recovery.subject))


def get(session: Session, recovery_id: str) -> Recovery:
    """Raises `NotFound`."""
    found = session.get(Recovery, recovery_id)
    if found is None:
        raise NotFound
    return found


def waiting(session: Session, actor: Actor, recovery_id: str) -> Recovery:
    """What was peeled for the actor, and not acted on; nobody else acts on it meanwhile. Raises `NotFound`."""
    open_ = select(Recovery).where(Recovery.id == recovery_id, Recovery.first_id == actor.id, Recovery.act.is_not(None))
    recovery = session.scalar(
        open_.where(Recovery.granted_on.is_(None), Recovery.peeled_on >= actor.today - OPEN_FOR).with_for_update()
    )
    if recovery is None:
        raise NotFound
    return recovery


def fetch_peeled(session: Session, actor: Actor, recovery_id: str, *, now: datetime) -> Peeled:
    """What waits for the actor as the first custodian. The fetch is recorded. Raises `NotFound`."""
    recovery = waiting(session, actor, recovery_id)
    file = grants.get(session, recovery.grant_id).file
    if recovery.act is None or file is None:
        raise NotFound
    audit.record(session, actor.id, Action.GRANT_FETCHED, recovery.subject, now=now, object_hash=sha256_hex(file))
    return Peeled(recovery, recovery.act, file, [each for each in peeled_parts(session, recovery) if each.file])


def peeled_parts(session: Session, recovery: Recovery) -> Sequence[Grant]:
    """What was peeled of the parts of a case together with its key, for who acts on it."""
    theirs = select(Grant).join(PeeledPart, PeeledPart.grant_id == Grant.id)
    theirs = theirs.where(PeeledPart.recovery_id == recovery.id, Grant.revoked.is_(False))
    return session.scalars(theirs.order_by(Grant.subject)).all()


def recover(
    session: Session,
    actor: Actor,
    recovery_id: str,
    new: Collection[NewGrant],
    *,
    recoverable: Mapping[str, MayHold],
    now: datetime,
) -> Recovery:
    """The first custodian grants the key to those whom the second's act names; who has one may get one more.

    The key of a case is given by its journal. Raises `NotFound` where nothing waits for the actor, `NotCertified` for a
    grantee who may not hold this key.
    """
    recovery = waiting(session, actor, recovery_id)
    may_hold = recoverable.get(recovery.subject.partition("_")[0])
    if may_hold is None:
        raise NotFound
    for each in new:
        if not may_hold(session, recovery.subject, each.grantee, now.date()):
            raise staff.NotCertified
        grants.add_to_person(
            session,
            actor,
            each,
            subject=recovery.subject,
            kind=GrantKind.RECOVERY,
            now=now,
            generation=recovery.generation,
        )
    close(session, actor, recovery, now=now)
    return recovery


def close(session: Session, actor: Actor, recovery: Recovery, *, now: datetime) -> None:
    """It was acted on: what was peeled is forgotten, and that somebody has the key stays known."""
    object_hash = sha256_hex(recovery.act) if recovery.act else None
    audit.record(session, actor.id, Action.RECOVERED, recovery.subject, now=now, object_hash=object_hash)
    for each in (grants.get(session, recovery.grant_id), *peeled_parts(session, recovery)):
        grants.lapse(each)
    session.execute(delete(PeeledPart).where(PeeledPart.recovery_id == recovery.id))
    recovery.granted_on, recovery.act = now.date(), None
    session.flush()


def lapse(session: Session, today: date) -> None:
    """What nobody acted on in time cannot be acted on any more; the grant of it lapses by its own last day."""
    late = Recovery.peeled_on < today - OPEN_FOR
    session.execute(delete(PeeledPart).where(PeeledPart.recovery_id.in_(select(Recovery.id).where(late))))
    session.execute(update(Recovery).where(late).values(act=None))


def tried_since(session: Session, actor: Actor, subject: str) -> date | None:
    """Since when two custodians did not give this key to anybody, or the actor has been in no pair of it; None where
    they are in none.
    """
    in_pair = or_(Pair.first_id == actor.id, Pair.second_id == actor.id)
    made_on = session.scalar(select(func.min(Pair.made_on)).where(Pair.subject == subject, in_pair))
    last = session.scalar(select(func.max(Recovery.granted_on)).where(Recovery.subject == subject))
    return max(made_on, last) if made_on and last else made_on


def duties(session: Session, actor: Actor, since: Mapping[str, date]) -> Iterator[Duty]:
    """To make pairs anew of these keys, which the actor holds since the days beside them, where they are out of step.

    They are in step where there is one of the newest key for each two custodians of today, to the keys that they have.
    """
    if not since:
        return
    custodians = staff.certified_with(session, Role.CUSTODIAN, actor.today)
    wanted, found = _wanted(session, custodians), _found(session, since)
    newest = max(custodians.values(), default=date.min)
    for subject, day in since.items():
        if found.get(subject, {}) != wanted:
            yield Duty(DutyKind.MAKE_PAIRS, subject, max(day, newest))


def kept_by(session: Session, subject: str, made_on: date, kept: Iterable[KeptPair]) -> KeptPair | None:
    """Of these two custodians each, who both left, the first to have gone who may have kept a pair of this key, which
    was made on a day: where days do not tell, whose pair of it lies here still."""
    had = [each for each in kept if each.has(made_on) or (each.went_on(made_on) and _lies(session, subject, each))]
    return min(had, key=lambda each: (each.gone, each.last), default=None)


def _lies(session: Session, subject: str, kept: KeptPair) -> bool:
    both = Pair.first_id.in_((kept.first, kept.last)) & Pair.second_id.in_((kept.first, kept.last))
    return session.scalar(select(Pair.id).where(Pair.subject == subject, both).limit(1)) is not None


def holdings(session: Session, person_id: str, today: date) -> list[tuple[str, bool, bool]]:
    """The subjects whose keys a person holds for good, in their order; whether nobody else does who is certified, and
    whether a pair opens by the keys that two custodians have today.
    """
    held = grants.holdings(session, person_id, today)
    wanted = _wanted(session, staff.certified_with(session, Role.CUSTODIAN, today)).items()
    found = _found(session, [subject for subject, _ in held])
    return [(subject, is_alone, bool(wanted & found.get(subject, {}).items())) for subject, is_alone in held]


def _wanted(session: Session, custodians: Collection[str]) -> _Recipients:
    to = {person: _recipient_of(session, person) for person in custodians}
    return {(first, second): (to[first], to[second]) for first, second in each_two(custodians)}


def _found(session: Session, subjects: Collection[str]) -> dict[str, _Recipients]:
    found: dict[str, _Recipients] = {}
    for each in session.execute(
        select(Pair.subject, Pair.first_id, Pair.second_id, Pair.first_to, Pair.second_to).where(
            Pair.subject.in_(subjects)
        )
    ):
        found.setdefault(each.subject, {})[each.first_id, each.second_id] = (each.first_to, each.second_to)
    return found


def _of_second(session: Session, actor: Actor, pair_id: str) -> Pair:
    pair: Pair | None = session.scalar(of_second(actor).where(Pair.id == pair_id))
    if pair is None:
        raise NotFound
    return pair


def _hand_over(session: Session, actor: Actor, pair: Pair, file: bytes, *, now: datetime) -> Grant:
    return grants.add_to_person(
        session,
        actor,
        NewGrant(pair.first_id, file),
        subject=pair.subject,
        kind=GrantKind.CUSTODIAN,
        now=now,
        until=now.date() + OPEN_FOR,
        generation=pair.generation,
    )


def _is_custodian(session: Session, person_id: str, today: date) -> bool:
    return staff.has_role(session, person_id, Role.CUSTODIAN, today)


def _recipient_of(session: Session, person_id: str) -> str:
    return sha256_hex(staff.get(session, person_id).recipient.encode())
