"""Partners over HTTP, for supervisors."""

from typing import Annotated

from fastapi import Response, status

from app.http import (
    Actor,
    Db,
    IfMatch,
    IfNoneMatch,
    Now,
    Once,
    Page,
    Paging,
    Router,
    ServiceKeyring,
    Today,
    etag,
    problems,
    requires,
)
from app.people.partners import service
from app.people.partners.models import Partner, PartnerState, PartnerToken
from app.people.partners.schemas import (
    NewPartnerTokenOut,
    PartnerDecisionIn,
    PartnerIn,
    PartnerOut,
    PartnerTokenIn,
    PartnerTokenOut,
)
from app.problems import NotFound, StaleVersion
from app.transitions import NoSuchStep
from app.vocabulary import Role

router = Router("/partners", tag="partners")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]


@router.get("")
def list_partners(database: Db, actor: Supervisor, paging: Paging) -> Page[PartnerOut]:
    """The organisations that were proposed, agreed to, or ended in the last ninety days."""
    with database.read() as session:
        return paging.page(session, service.visible_to(actor), by=[Partner.id], show=PartnerOut.model_validate)


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(service.PartnerTaken, service.PartnerUntil))
def propose_partner(
    database: Db, actor: Supervisor, once: Once, request: PartnerIn, response: Response, now: Now
) -> PartnerOut:
    """Propose an organisation, for another supervisor to agree to."""
    with database.write() as session:
        partner = once(
            session,
            actor.id,
            request,
            act=lambda: service.propose(session, actor, request.handle, request.scope, until=request.until, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(partner, response)


@router.get("/{partner_id}", responses=problems(NotFound))
def get_partner(database: Db, actor: Supervisor, partner_id: str, _: IfNoneMatch, response: Response) -> PartnerOut:
    """One organisation, and how far its agreement is."""
    with database.read() as session:
        return _answer(service.get(session, actor, partner_id), response)


@router.post(
    "/{partner_id}/transitions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, StaleVersion, NoSuchStep, service.PartnerSelfAgreement, service.PartnerUntil),
)
def move_partner(
    database: Db,
    actor: Supervisor,
    once: Once,
    partner_id: str,
    request: PartnerDecisionIn,
    seen: IfMatch,
    response: Response,
    now: Now,
) -> PartnerOut:
    """Agree to what another supervisor proposed, or end an agreement: its tokens open nothing from then on."""
    to = PartnerState(request.to)
    with database.write() as session:
        partner = once(
            session,
            actor.id,
            request,
            act=lambda: service.move(session, actor, partner_id, to=to, seen=seen, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return _answer(partner, response)


@router.get("/{partner_id}/tokens", responses=problems(NotFound))
def list_partner_tokens(
    database: Db, actor: Supervisor, partner_id: str, paging: Paging, today: Today
) -> Page[PartnerTokenOut]:
    """The tokens of an organisation that count."""
    with database.read() as session:
        own = service.tokens_of(session, actor, partner_id, today)
        return paging.page(session, own, by=[PartnerToken.id], show=PartnerTokenOut.model_validate)


@router.post(
    "/{partner_id}/tokens",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, service.PartnerNotAgreed, service.PartnerScopeWide, service.PartnerTokens),
)
def issue_partner_token(
    database: Db,
    actor: Supervisor,
    keyring: ServiceKeyring,
    once: Once,
    partner_id: str,
    request: PartnerTokenIn,
    now: Now,
) -> NewPartnerTokenOut:
    """A token for a program of the partner. It is in this answer alone."""
    with database.write() as session:
        made = once(
            session,
            actor.id,
            request,
            act=lambda: service.issue_token(session, actor, partner_id, request.scope, keyring=keyring, now=now),
            again=lambda id_: service.token(session, actor, partner_id, id_),
        )
        told = PartnerTokenOut.model_validate(made).model_dump()
        return NewPartnerTokenOut(**told, token=service.token_of(keyring, made.id))


@router.delete("/{partner_id}/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
def revoke_partner_token(database: Db, actor: Supervisor, partner_id: str, token_id: str, now: Now) -> None:
    """End a token, at once: it was lost, or nobody uses it."""
    with database.write() as session:
        service.revoke(session, actor, partner_id, token_id, now=now)


def _answer(partner: Partner, response: Response) -> PartnerOut:
    response.headers["ETag"] = etag(partner.version)
    return PartnerOut.model_validate(partner)
