"""Who holds the keys of parts that have one of their own: who somebody is, say, which few of the members are to know.

What such a part says, the service cannot read. It keeps its key from whoever is no member, and lets the owner alone
name further holders.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.actor import Actor
from app.casework.cases.membership import members_of
from app.casework.cases.models import Case, CasePart
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.problems import Problem
from app.vocabulary import GrantKind


class HoldersUnfit(Problem):
    """A part's own key is held by members: by its writer, the owner, and two at least where the case has two.

    Name others; further ones are named by the owner, to whom whoever holds it can grant it.
    """

    type, status, title = "holders-unfit", 422, "These people may not be the holders of the key of a part"


@dataclass(frozen=True)
class PartKey:
    """A part with a key of its own: who holds it, and the grants to whoever asks."""

    part: str
    holders: Sequence[str]
    grants: Sequence[Grant]


def begin(
    session: Session,
    actor: Actor,
    case: Case,
    part_id: str,
    new: Collection[NewGrant],
    *,
    is_new: bool,
    now: datetime,
) -> None:
    """The first holders, who come with the part's first version. Raises `HoldersUnfit` or `NotCertified`."""
    members, named = set(members_of(session, case.id)), {grant.grantee for grant in new}
    needed = {actor.id} | ({case.owner_id} if case.owner_id else set())
    if not is_new or len(named) != len(new) or not needed <= named <= members or len(named) < min(2, len(members)):
        raise HoldersUnfit
    for grant in new:
        grants.add_to_person(session, actor, grant, subject=part_id, kind=GrantKind.ASSIGNED, now=now)


def recover(
    session: Session,
    actor: Actor,
    part_id: str,
    new: Collection[NewGrant],
    *,
    people: AbstractSet[str],
    peeled: AbstractSet[str],
    now: datetime,
) -> None:
    """Two custodians give the key of a part to `people`, to whom they give that of its case.

    Who has one may get one more: they may open theirs no longer. Raises `HoldersUnfit` for others, or for another part
    than those `peeled`.
    """
    named = [grant.grantee for grant in new]
    if part_id not in peeled or len(set(named)) != len(named) or not people >= set(named):
        raise HoldersUnfit
    generation = grants.generation_of(session, part_id)
    for grant in new:
        grants.add_to_person(
            session, actor, grant, subject=part_id, kind=GrantKind.ASSIGNED, now=now, generation=generation
        )


def turn(session: Session, actor: Actor, case: Case, part_id: str, new: Collection[NewGrant], *, now: datetime) -> None:
    """The next key of a part, by who holds it: for members, and for the part the one that it had.

    Raises `HoldersUnfit` or `NotCertified`.
    """
    named, members = [grant.grantee for grant in new], set(members_of(session, case.id))
    of_case = select(CasePart.id).where(CasePart.case_id == case.id, CasePart.id == part_id).limit(1)
    is_fit = len(set(named)) == len(named) and {actor.id, part_id} <= {*named} <= {part_id, *members}
    if not is_fit or session.scalar(of_case) is None or actor.id not in grants.newest_holders(session, part_id):
        raise HoldersUnfit
    grants.turn(session, actor, new, subject=part_id, until={}, now=now)


def held(session: Session, actor: Actor, case_ids: Collection[str]) -> dict[str, str]:
    """The parts of these cases whose own key the actor holds, each with its case."""
    of_parts = select(CasePart.id, CasePart.case_id).where(CasePart.case_id.in_(case_ids), CasePart.version == 1)
    return {row.id: row.case_id for row in session.execute(of_parts.where(grants.held_by(actor, CasePart.id)))}


def add(session: Session, actor: Actor, case: Case, part_id: str, new: NewGrant, *, now: datetime) -> Grant:
    """One holder more: whom the owner names, or the owner. The actor is a member of the case, and holds the key.

    Raises `HoldersUnfit` or `NotCertified`.
    """
    is_due = new.grantee in members_of(session, case.id) and case.owner_id in (actor.id, new.grantee)
    if not is_due or new.grantee in grants.newest_holders(session, part_id):
        raise HoldersUnfit
    generation = grants.generation_of(session, part_id)
    return grants.add_to_person(
        session, actor, new, subject=part_id, kind=GrantKind.ASSIGNED, now=now, generation=generation
    )


def has_part_of(actor: Actor, case_id: InstrumentedAttribute[str], part_id: str) -> ColumnElement[bool]:
    """Whether this part is one of the case of this id, with a key of its own that this person holds."""
    held = select(CasePart.id).where(CasePart.id == part_id, grants.held_by(actor, CasePart.id))
    return held.where(CasePart.case_id == case_id).exists()


def of_case(session: Session, actor: Actor, case: Case) -> list[PartKey]:
    """Every part of the case that has a key of its own. The caller records the fetch together with what it opens."""
    found: dict[str, list[Grant]] = {}
    for grant in session.scalars(_grants_of(case).order_by(Grant.id)):
        found.setdefault(grant.subject, []).append(grant)
    return [
        PartKey(
            part,
            sorted({each.grantee for each in kept} - {part}),
            [each for each in kept if each.grantee in (actor.id, part)],
        )
        for part, kept in sorted(found.items())
    ]


def end(session: Session, actor: Actor, case: Case, person_id: str, *, now: datetime) -> None:
    """Who is no member any more gets none of these keys.

    Where nobody else holds one, its grant is kept: else it would be lost for good. Who comes back can hand it on.
    """
    held = _grants_of(case).where(Grant.grantee == person_id).with_only_columns(Grant.subject)
    for part_id in session.scalars(held).all():
        if not grants.is_last_holder(session, part_id, person_id, now.date()):
            grants.revoke(session, actor, subject=part_id, grantee=person_id, now=now)


def _grants_of(case: Case) -> Select[Grant]:
    of_parts = select(Grant).join(CasePart, CasePart.id == Grant.subject)
    of_holders = of_parts.where(Grant.revoked.is_(False), Grant.kind != GrantKind.CUSTODIAN)
    return of_holders.where(CasePart.case_id == case.id, CasePart.version == 1)
