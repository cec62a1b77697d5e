"""Shared keys: their statements, and the grants of them."""

from typing import Annotated

from fastapi import status

from app.audit import reading
from app.audit.actions import Action
from app.http import Actor, Db, Now, Once, Page, Paging, Router, problems, requires
from app.people.grants import service as grants
from app.people.grants.wire import GrantIn, GrantOut, GrantsOut
from app.people.pairs.service import PairsUnfit
from app.people.shared_keys import service
from app.people.shared_keys.models import SharedKey
from app.people.shared_keys.schemas import SharedKeyIn, SharedKeyOut
from app.people.staff.service import NoRootYet, NotCertified
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.vocabulary import Role

router = Router("/keys", tag="shared keys")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
Colleague = Annotated[Actor, requires(*Role)]
Holder = Annotated[Actor, requires(Role.SUPERVISOR, Role.CASEWORKER, Role.TRIAGER)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NoRootYet, NotAnEnvelope, NotCertified, service.NotAKeyStatement, PairsUnfit, StaleVersion),
)
def make_shared_key(database: Db, actor: Supervisor, once: Once, request: SharedKeyIn, now: Now) -> SharedKeyOut:
    """Keep the signed statement of a new key, with a grant of it for each of its holders."""
    with database.write() as session:
        key = once(
            session,
            actor.id,
            request,
            act=lambda: service.make(
                session,
                actor,
                document=request.document,
                token_sha256=request.token_sha256,
                first_grants=[grant.as_new() for grant in request.grants],
                first_pairs=[pair.as_new() for pair in request.pairs],
                now=now,
            ),
            again=lambda id_: service.get(session, id_),
        )
        return SharedKeyOut.model_validate(key)


@router.get("")
def list_shared_keys(database: Db, actor: Colleague, paging: Paging, now: Now) -> Page[SharedKeyOut]:
    """All shared keys, the newest first."""
    reading.record(database, actor.id, Action.KEYS_READ, "keys", now=now)
    with database.read() as session:
        return paging.page(
            session,
            service.every(),
            by=[SharedKey.valid_from, SharedKey.id],
            show=SharedKeyOut.model_validate,
            newest=True,
        )


@router.get("/{key_id}/grants", responses=problems(NotFound))
def fetch_shared_key_grants(database: Db, actor: Holder, key_id: str, now: Now) -> GrantsOut:
    """The caller's grants of the key. The fetch is recorded."""
    with database.write() as session:
        key = service.get(session, key_id)
        grant_list = grants.fetch(session, actor, key.id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in grant_list])


@router.post(
    "/{key_id}/grants", status_code=status.HTTP_201_CREATED, responses=problems(NotFound, NotAnEnvelope, NotCertified)
)
def share_key(database: Db, actor: Holder, once: Once, key_id: str, request: GrantIn, now: Now) -> GrantOut:
    """A holder grants the key to somebody else whose work needs it."""
    with database.write() as session:
        grant = once(
            session,
            actor.id,
            request,
            act=lambda: service.share(session, actor, key_id, request.as_new(), now=now),
            again=lambda id_: grants.get(session, id_),
        )
        return GrantOut.model_validate(grant)
