"""New keys over HTTP."""

from typing import Annotated

from fastapi import Response, status

from app.http import Actor, Db, Hasher, Now, Once, Page, Paging, Router, ServiceKeyring, problems, requires
from app.people import passwords
from app.people.new_keys import objections, service
from app.people.new_keys.models import KeyObjection, NewKeys
from app.people.new_keys.schemas import (
    NewCertificateIn,
    NewKeysIn,
    NewKeysOut,
    NewKeysTokenOut,
    ObjectionIn,
    ObjectionOut,
    ReplacedIn,
    ReplacementOut,
    WaitingKeysOut,
)
from app.people.staff.service import NoRootYet, NotCertifying
from app.problems import NotFound, StaleVersion
from app.protocol.encoding import new_id, unb64
from app.protocol.objections import Objection
from app.vocabulary import Role

router = Router(tag="new keys")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
Colleague = Annotated[Actor, requires(*Role)]


@router.post("/people/{person_id}/new-keys/tokens", status_code=status.HTTP_201_CREATED, responses=problems(NotFound))
def ask_for_new_keys(
    database: Db, actor: Supervisor, keyring: ServiceKeyring, once: Once, person_id: str, now: Now
) -> NewKeysTokenOut:
    """A token for somebody who lost machine and sheet. It is in this answer alone, and holds for three days."""

    def token_of(id_: str) -> str:
        return keyring.token(f"new-keys/{id_}")

    def act() -> NewKeys:
        id_ = new_id("tok")
        return service.issue_token(session, actor, person_id, id_=id_, token=token_of(id_), now=now)

    with database.write() as session:
        made = once(session, actor.id, None, act=act, again=lambda id_: service.issued(session, id_))
        return NewKeysTokenOut(id=made.id, token=token_of(made.id), expires_on=made.expires_on)


@router.post(
    "/new-keys",
    status_code=status.HTTP_201_CREATED,
    responses=problems(service.NewKeysRefused, passwords.SignInBusy),
)
def bring_new_keys(database: Db, hasher: Hasher, request: NewKeysIn, now: Now) -> NewKeysOut:
    """Bring the keys of a new machine with such a token. They wait until a supervisor has certified them."""
    with database.read() as session:  # before the password's hash, which is not for strangers
        service.asked(session, request.token, now=now)
    password_hash = passwords.hash_(hasher, request.password)
    with database.write() as session:
        person = service.bring(
            session,
            token=request.token,
            recipient=request.recipient,
            key=request.key,
            password_hash=password_hash,
            now=now,
        )
        return NewKeysOut(person=person)


@router.get("/people/{person_id}/new-keys", responses=problems(NotFound))
def get_waiting_keys(database: Db, _: Supervisor, person_id: str, now: Now) -> WaitingKeysOut:
    """The keys that wait for this person, to compare their words by voice."""
    with database.read() as session:
        row = service.waiting(session, person_id, now=now)
        return WaitingKeysOut(recipient=str(row.recipient), key=str(row.key))


@router.put(
    "/people/{person_id}/new-keys",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(NotFound, NoRootYet, NotCertifying, StaleVersion),
)
def certify_new_keys(database: Db, actor: Supervisor, request: NewCertificateIn, person_id: str, now: Now) -> None:
    """Keep the certificate of the keys that wait: from now on they are the person's, and the old ones nobody's."""
    with database.write() as session:
        service.certify(session, actor, person_id, request.document, now=now)


@router.post("/replaced-keys", responses=problems(objections.NotReplaced))
def ask_what_replaced(database: Db, request: ReplacedIn) -> ReplacementOut:
    """Tell a key that was replaced which others vouch for its person, by whose word. It signs that it asks."""
    with database.read() as session:
        found = objections.asked(session, request.person, by=request.key, sig=request.signature)
        return ReplacementOut.model_validate(found)


@router.put(
    "/objections",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(objections.NotReplaced),
)
def object_to_keys(database: Db, request: ObjectionIn, now: Now) -> None:
    """Keep the word of a key that was replaced: the keys in its place are none of its person's."""
    objection = Objection(
        request.person,
        unb64(request.by_key, 32),
        request.recipient,
        unb64(request.key, 32),
        unb64(request.signature, 64),
    )
    with database.write() as session:
        objections.object_(session, objection, now=now)


@router.get("/objections")
def list_objections(database: Db, _: Colleague, paging: Paging) -> Page[ObjectionOut]:
    """What keys that were replaced say of those in their place: whoever would grant to these looks first."""
    with database.read() as session:
        return paging.page(session, objections.every(), by=[KeyObjection.id], show=ObjectionOut.of)
