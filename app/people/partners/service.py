"""Partners: two supervisors make one, each of them ends it at once, and its tokens show releases and nothing else."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, literal, or_, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.keyring import Keyring
from app.people.partners.models import Partner, PartnerScope, PartnerState, PartnerToken
from app.problems import NotFound, Problem, StaleVersion, Unauthenticated
from app.protocol.encoding import new_id, sha256_hex
from app.transitions import NoSuchStep
from app.vocabulary import Role

# No agreement runs longer: whoever forgets one has it end.
LONGEST: Final = timedelta(days=3 * 366)
# So many programs of one partner have a token of their own.
TOKENS: Final = 5
TOKEN_LIFE: Final = timedelta(days=366)
# For so long after its end a partner's row stays, with what it fetched.
KEPT: Final = timedelta(days=90)


class PartnerTaken(Problem):
    """Another partner has this handle, or had it in the last ninety days. Choose another."""

    type, status, title = "partner-taken", 409, "Another partner has this handle"


class PartnerUntil(Problem):
    """An agreement ends on a day that is still to come, and in three years at the latest. Choose another last day."""

    type, status, title = "partner-until", 422, "An agreement does not end on this day"


class PartnerSelfAgreement(Problem):
    """Two supervisors let an organisation in. Ask another one to agree."""

    type, status, title = "partner-self-agreement", 409, "Another supervisor than who proposed it agrees"


class PartnerNotAgreed(Problem):
    """Tokens are for agreements that count: nobody has agreed to this one, or it is over. Propose a new one."""

    type, status, title = "partner-not-agreed", 409, "This agreement does not count"


class PartnerScopeWide(Problem):
    """The agreement is about published releases alone. Issue a token for these, or agree on more with the partner."""

    type, status, title = "partner-scope-wide", 409, "The token would show more than was agreed"


class PartnerTokens(Problem):
    """A partner has at most five tokens at a time. Revoke one that nobody uses."""

    type, status, title = "partner-tokens", 409, "The partner has as many tokens as one may have"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A partner whose program asks, with what its token shows and the last day of both."""

    id: str
    handle: str
    scope: PartnerScope
    until: date


def visible_to(actor: Actor) -> Select[Partner]:
    """Every partner, for supervisors."""
    return select(Partner).where(literal(Role.SUPERVISOR in actor.roles))


def get(session: Session, actor: Actor, partner_id: str) -> Partner:
    """Raises `NotFound` for an absent and for a forbidden one alike."""
    partner = session.scalar(visible_to(actor).where(Partner.id == partner_id))
    if partner is None:
        raise NotFound
    return partner


def propose(session: Session, actor: Actor, handle: str, scope: PartnerScope, *, until: date, now: datetime) -> Partner:
    """Ask a second supervisor to let an organisation in. Raises `PartnerUntil` and `PartnerTaken`."""
    if not now.date() < until <= now.date() + LONGEST:
        raise PartnerUntil
    new = {"id": new_id("par"), "handle": handle, "scope": scope, "until": until, "proposed_by": actor.id}
    if not insert_or_ignore(session, Partner, [new | {"state": PartnerState.PROPOSED, "version": 1}]):
        raise PartnerTaken
    partner = session.get_one(Partner, new["id"])
    audit.record(session, actor.id, Action.PARTNER_PROPOSED, partner.id, now=now)
    return partner


def move(
    session: Session, actor: Actor, partner_id: str, *, to: PartnerState, seen: AbstractSet[int], now: datetime
) -> Partner:
    """Agree, as another supervisor than who proposed it; or end it, alone, with all of its tokens at once.

    Raises `StaleVersion`, `NoSuchStep`, `PartnerSelfAgreement`, and `PartnerUntil` where its last day is over.
    """
    partner = _locked(session, actor, partner_id)
    if partner.version not in seen:
        raise StaleVersion(version=partner.version)
    if to is PartnerState.AGREED:
        _agree(partner, actor, now.date())
    else:
        _end(session, partner, now.date())
    action = Action.PARTNER_AGREED if to is PartnerState.AGREED else Action.PARTNER_ENDED
    audit.record(session, actor.id, action, partner.id, now=now)
    session.flush()
    return partner


def token_of(keyring: Keyring, id_: str) -> str:
    """The token of this id: the same for who asks again, and kept nowhere."""
    return keyring.token(f"partner-token/{id_}")


def issue_token(
    session: Session, actor: Actor, partner_id: str, scope: PartnerScope, *, keyring: Keyring, now: datetime
) -> PartnerToken:
    """For a program of the partner, until the agreement ends and for a year at most.

    Raises `NotFound`, `PartnerNotAgreed`, `PartnerScopeWide` and `PartnerTokens`.
    """
    partner, today = _locked(session, actor, partner_id), now.date()
    if partner.state is not PartnerState.AGREED or partner.until < today:
        raise PartnerNotAgreed
    if scope is PartnerScope.EMBARGOED and partner.scope is not PartnerScope.EMBARGOED:
        raise PartnerScopeWide
    if (session.scalar(select(func.count()).select_from(_counting(partner, today).subquery())) or 0) >= TOKENS:
        raise PartnerTokens
    id_ = new_id("tok")
    new = PartnerToken(
        id=id_,
        partner_id=partner.id,
        token_sha256=sha256_hex(token_of(keyring, id_).encode()),
        scope=scope,
        until=min(partner.until, today + TOKEN_LIFE),
    )
    session.add(new)
    session.flush()
    audit.record(session, actor.id, Action.PARTNER_TOKEN_ISSUED, partner.id, now=now)
    return new


def token(session: Session, actor: Actor, partner_id: str, token_id: str) -> PartnerToken:
    """Raises `NotFound`, for one that was revoked too."""
    of_partner = select(PartnerToken).where(PartnerToken.id == token_id, PartnerToken.partner_id == partner_id)
    found = session.scalar(of_partner.where(literal(Role.SUPERVISOR in actor.roles)))
    if found is None:
        raise NotFound
    return found


def revoke(session: Session, actor: Actor, partner_id: str, token_id: str, *, now: datetime) -> None:
    """End a token at once. Raises `NotFound`."""
    session.delete(token(session, actor, partner_id, token_id))
    audit.record(session, actor.id, Action.PARTNER_TOKEN_REVOKED, partner_id, now=now)


def tokens_of(session: Session, actor: Actor, partner_id: str, today: date) -> Select[PartnerToken]:
    """Those that count. Raises `NotFound`."""
    return _counting(get(session, actor, partner_id), today)


def admitted(session: Session, token: str, today: date, *, for_update: bool = False) -> Admitted:
    """Whose program asks under this token; `for_update`, so that no other of the partner's counts at the same time.

    Raises `Unauthenticated`, whatever it is that does not count.
    """
    asked = (
        select(Partner, PartnerToken)
        .join(PartnerToken, PartnerToken.partner_id == Partner.id)
        .where(
            PartnerToken.token_sha256 == sha256_hex(token.encode()),
            PartnerToken.until >= today,
            Partner.state == PartnerState.AGREED,
            Partner.until >= today,
        )
    )
    found = session.execute(asked.with_for_update(of=Partner) if for_update else asked).first()
    if found is None:
        raise Unauthenticated
    partner, of_program = found
    return Admitted(partner.id, partner.handle, of_program.scope, min(partner.until, of_program.until))


def forget(session: Session, today: date) -> None:
    """Tokens go with their last day, a partner ninety days after its own; what it fetched has gone before."""
    over = select(Partner.id).where(func.coalesce(Partner.ended_on, Partner.until) < today - KEPT)
    gone = or_(PartnerToken.until < today, PartnerToken.partner_id.in_(over))
    session.execute(delete(PartnerToken).where(gone))
    session.execute(delete(Partner).where(Partner.id.in_(over)))


def _counting(partner: Partner, today: date) -> Select[PartnerToken]:
    return select(PartnerToken).where(PartnerToken.partner_id == partner.id, PartnerToken.until >= today)


def _locked(session: Session, actor: Actor, partner_id: str) -> Partner:
    """As `get`, after whoever is at work on it."""
    partner = session.scalar(visible_to(actor).where(Partner.id == partner_id).with_for_update())
    if partner is None:
        raise NotFound
    return partner


def _agree(partner: Partner, actor: Actor, today: date) -> None:
    if partner.state is not PartnerState.PROPOSED:
        raise NoSuchStep
    if partner.proposed_by == actor.id:
        raise PartnerSelfAgreement
    if partner.until < today:
        raise PartnerUntil
    partner.state, partner.agreed_by = PartnerState.AGREED, actor.id


def _end(session: Session, partner: Partner, today: date) -> None:
    if partner.state is PartnerState.ENDED:
        raise NoSuchStep
    partner.state, partner.ended_on = PartnerState.ENDED, min(today, partner.until)
    session.execute(delete(PartnerToken).where(PartnerToken.partner_id == partner.id))
