"""Intake epochs: the days whose reports are sealed to one key, and who was granted it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.duties import Duty
from app.intake.epochs.models import Epoch
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.pairs import service as pairs
from app.people.pairs.service import NewPair
from app.people.staff import service as staff
from app.people.staff.service import Standing
from app.problems import NotFound, Problem
from app.protocol import intake
from app.protocol.certificates import Trust
from app.protocol.documents import Document, parse_document
from app.protocol.duties import DutyKind
from app.protocol.intake import LEAST_COVER
from app.protocol.kept_pairs import KeptPair
from app.vocabulary import GrantKind, Role

# Who may hold an intake key: those who read what nobody has judged yet.
INTAKE_HOLDERS = frozenset({Role.TRIAGER, Role.SUPERVISOR})


class EpochWithoutHolders(Problem):
    """An epoch whose key nobody holds would take reports that nobody can open.

    Send a grant of its key for each holder.
    """

    type, status, title = "epoch-without-holders", 422, "An intake document comes with the grants of its epoch's key"


def open_(
    session: Session,
    actor: Actor,
    document: Document,
    new: Sequence[NewGrant],
    new_pairs: Sequence[NewPair] = (),
    *,
    now: datetime,
) -> None:
    """Open the epoch of an authentic intake document, and keep the grants and the pairs of its key.

    Raises `EpochWithoutHolders`, `NotCertified` for a grantee who may not hold the key, and `PairsUnfit`.
    """
    if not new:
        raise EpochWithoutHolders
    statement = intake.read(document)
    session.add(
        Epoch(
            id=statement.epoch,
            sequence=document.header.version,
            document=document.text.decode(),
            accepts_from=statement.accepts_from,
            accepts_until=statement.accepts_until,
            destroyed_on=statement.destroyed_on,
            signed_on=now.date(),
        )
    )
    for each in new:
        if not INTAKE_HOLDERS & staff.certified_as(session, each.grantee, now.date()):
            raise staff.NotCertified
        grants.add_to_person(session, actor, each, subject=statement.epoch, kind=GrantKind.ASSIGNED, now=now)
    pairs.keep(session, actor, new_pairs, subject=statement.epoch, generation=1, now=now)


def grant(session: Session, actor: Actor, epoch_id: str, new: NewGrant, *, now: datetime) -> Grant:
    """A holder grants an epoch's key to somebody who came after it was made, once.

    Raises `NotFound` where the actor holds no such key, `NotCertified` for a grantee who may not hold it.
    """
    epoch = session.scalar(select(Epoch).where(Epoch.id == epoch_id, grants.held_by(actor, Epoch.id)).with_for_update())
    if epoch is None:
        raise NotFound
    if not INTAKE_HOLDERS & staff.certified_as(session, new.grantee, now.date()):
        raise staff.NotCertified
    there = grants.of(session, subject=epoch_id, grantee=new.grantee)
    return there or grants.add_to_person(session, actor, new, subject=epoch_id, kind=GrantKind.ASSIGNED, now=now)


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """As a supervisor to sign epochs, and to replace those whose key somebody had who left, or has other keys since.

    To grant what one holds to triagers who do not, as long as it opens anything, and to custodians in pairs.
    """
    today = actor.today
    last = covered_until(session, today)
    if Role.SUPERVISOR in actor.roles and (last is None or last < today + LEAST_COVER):
        yield Duty(DutyKind.SIGN_EPOCHS, "intake", today if last is None else last - LEAST_COVER + timedelta(days=1))
    if Role.SUPERVISOR in actor.roles:
        for epoch, person in to_replace(session, today):
            since = max(epoch.signed_on, staff.gone_since(session, person, today))
            yield Duty(DutyKind.REPLACE_EPOCH, epoch.id, since, person)
        for epoch, by in kept_by_custodians(session, today):
            yield Duty(DutyKind.REPLACE_EPOCH, epoch.id, max(epoch.signed_on, by.gone), by.last)
    held = session.scalars(select(Epoch).where(grants.held_by(actor, Epoch.id)).order_by(Epoch.sequence)).all()
    if not held or not INTAKE_HOLDERS & actor.roles:
        return
    triagers = staff.certified_with(session, Role.TRIAGER, today)
    holders = grants.holders_of_each(session, [epoch.id for epoch in held])
    for epoch in held:
        for person in sorted(triagers.keys() - holders[epoch.id]):
            since = max(epoch.signed_on, triagers[person])
            yield Duty(DutyKind.GRANT_EPOCH, epoch.id, since, person)
    yield from pairs.duties(session, actor, {epoch.id: epoch.signed_on for epoch in held})


def may_hold(session: Session, epoch_id: str, person_id: str, today: date) -> bool:
    """Whether the key of this epoch may be this person's. Raises `NotCertified`."""
    return is_known(session, epoch_id) and bool(INTAKE_HOLDERS & staff.certified_as(session, person_id, today))


def to_replace(session: Session, today: date) -> Iterator[tuple[Epoch, str]]:
    """The epochs that take reports on a day to come, and who had the key of each and may hold none today, or had it by
    keys that were replaced."""
    counting = _taking(session, today)
    for epoch_id, person_id in grants.to_replace(session, counting, INTAKE_HOLDERS, today):
        yield counting[epoch_id], person_id


def kept_by_custodians(session: Session, today: date) -> Iterator[tuple[Epoch, KeptPair]]:
    """Likewise the epochs whose key two custodians may have kept who both left."""
    kept = staff.kept_pairs(session, today)
    for epoch in _taking(session, today).values() if kept else ():
        by = pairs.kept_by(session, epoch.id, epoch.signed_on, kept)
        if by is not None:
            yield epoch, by


def _taking(session: Session, today: date) -> dict[str, Epoch]:
    """The epochs that take reports on a day to come, by their ids."""
    epochs = _counting_from(session, today)
    last = max((each.accepts_until for each in epochs), default=today)
    days = (today + timedelta(days=each) for each in range((last - today).days + 1))
    return {each.id: each for day in days if (each := _on(epochs, day))}


def curtail(session: Session, standing: Standing) -> None:
    """Who is no triager and no supervisor holds no key of intake."""
    if not INTAKE_HOLDERS & standing.roles:
        grants.end_held(session, standing, select(Epoch.id))


def is_known(session: Session, epoch_id: str) -> bool:
    """Whether an epoch of this id was ever opened."""
    return session.get(Epoch, epoch_id) is not None


def judge(session: Session, trust: Trust) -> None:
    """Let those epochs count whose documents do under a new root."""
    for epoch in session.scalars(select(Epoch)):
        epoch.counts = trust.counts(parse_document(epoch.document.encode()))
    session.flush()


def counting(session: Session, day: date) -> Epoch | None:
    """The epoch to which clients seal on this day: of those that count and have it among theirs the newest.

    None where there is none, or its key is gone: nobody is shown another, which clients refuse.
    """
    newest = _on(_counting_from(session, day), day)
    return newest if newest is not None and newest.id in _with_keys(session, [newest], day) else None


def covered_until(session: Session, today: date) -> date | None:
    """The last day before the first one, from today on, without an epoch; None where that is today."""
    epochs = _counting_from(session, today)
    keys = _with_keys(session, epochs, today)

    def is_covered(day: date) -> bool:
        newest = _on(epochs, day)
        return newest is not None and newest.id in keys

    return intake.covered_until(today, is_covered)


def taking_reports(session: Session, today: date) -> list[Epoch]:
    """Every epoch that counted at a time of yesterday or today and has a key, the newest first.

    What was sealed before midnight, or before another was signed for these days, is not lost.
    """
    yesterday = today - timedelta(days=1)
    epochs = [each for each in _counting_from(session, yesterday) if each.accepts_from <= today]
    keys = _with_keys(session, epochs, today)
    taking = list[Epoch]()
    for place, epoch in enumerate(epochs):
        if epoch.id in keys and any(_counted(epoch, epochs[:place], day) for day in (today, yesterday)):
            taking.append(epoch)
    return taking


def _counting_from(session: Session, day: date) -> Sequence[Epoch]:
    """Those that count and have this day or a later one among theirs, the newest first."""
    epochs = select(Epoch).where(Epoch.counts, Epoch.accepts_until >= day)
    return session.scalars(epochs.order_by(Epoch.sequence.desc())).all()


def _on(epochs: Sequence[Epoch], day: date) -> Epoch | None:
    return next((each for each in epochs if each.accepts_from <= day <= each.accepts_until), None)


def _counted(epoch: Epoch, newer: Sequence[Epoch], day: date) -> bool:
    """Whether a client could have sealed to it on this day: before, on the same day, another was signed for it too."""
    if not epoch.accepts_from <= day <= epoch.accepts_until or epoch.signed_on > day:
        return False
    return _on([each for each in newer if each.signed_on < day], day) is None


def _with_keys(session: Session, epochs: Sequence[Epoch], today: date) -> set[str]:
    """The ids of those whose keys somebody holds, and whose day has not come."""
    ids = [each.id for each in epochs if today < each.destroyed_on and each.ended_on is None]
    return set(session.scalars(select(Grant.subject).where(Grant.subject.in_(ids), Grant.revoked.is_(False))))


def every() -> Select[Epoch]:
    """Every epoch there was: their documents are public."""
    return select(Epoch)


def get(session: Session, epoch_id: str) -> Epoch:
    """Raises `NotFound`."""
    found = session.get(Epoch, epoch_id)
    if found is None:
        raise NotFound
    return found
