"""The copy of one's own keys."""

from typing import Annotated

from fastapi import status

from app.http import Actor, Db, Now, Once, Router, ServiceKeyring, problems, requires
from app.people.copies import service
from app.people.copies.models import CopyToken
from app.people.copies.schemas import CopyIn, CopyOut, FetchIn, FetchOut, TokenOut
from app.problems import NotAnEnvelope, NotFound
from app.protocol.encoding import new_id
from app.vocabulary import Role

router = Router("/copy", tag="copies")
people_router = Router(tag="copies")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]


@router.put("", responses=problems(NotAnEnvelope, service.NotTheirSignature, service.CopyReplaced))
def keep_copy(database: Db, actor: Actor, request: CopyIn, now: Now) -> CopyOut:
    """Keep a copy of one's own keys, in the place of the one before. Sent again, it changes nothing."""
    with database.write() as session:
        kept = service.keep(session, actor, file=request.file, signature=request.signature, now=now)
        return CopyOut.model_validate(kept)


@router.get("", responses=problems(NotFound))
def fetch_copy(database: Db, actor: Actor, now: Now) -> CopyOut:
    """The copy of one's own keys, under the present sheet. The fetch is recorded."""
    with database.write() as session:
        return CopyOut.model_validate(service.fetch(session, actor.id, now=now))


@router.post("/fetches", status_code=status.HTTP_201_CREATED, responses=problems(service.CopyTokenInvalid, NotFound))
def fetch_copy_by_token(database: Db, request: FetchIn, now: Now) -> FetchOut:
    """The copy of somebody's keys, for the one-time token that a supervisor gave them. It is no session."""
    with database.write() as session:
        kept = service.fetch_by_token(session, request.token, now=now)
        return FetchOut(**CopyOut.model_validate(kept).model_dump(), person=kept.person_id)


@people_router.post(
    "/people/{person_id}/copy-tokens", status_code=status.HTTP_201_CREATED, responses=problems(NotFound)
)
def issue_copy_token(
    database: Db, actor: Supervisor, keyring: ServiceKeyring, once: Once, person_id: str, now: Now
) -> TokenOut:
    """A token for somebody who forgot their password and lost their machine. It is in this answer alone."""

    def act() -> CopyToken:
        id_ = new_id("tok")
        return service.issue_token(session, actor.id, person_id, id_=id_, token=service.token_of(keyring, id_), now=now)

    with database.write() as session:
        made = once(session, actor.id, None, act=act, again=lambda id_: service.token(session, id_))
        return TokenOut(id=made.id, token=service.token_of(keyring, made.id), expires_on=made.expires_on)
