"""The public key log, for anyone; and for staff its next entry, and the keys of the epochs."""

from typing import Annotated

from fastapi import Query, Response, status

from app.http import Actor, Db, Keys, Now, Once, Page, Paging, Router, Today, problems, requires
from app.intake.keys import service
from app.intake.keys.models import Epoch
from app.intake.keys.schemas import EntryIn, EntryOut, EpochOut, IntakeOut, ServiceKeyOut
from app.people.grants import service as grants
from app.people.grants.wire import GrantOut, GrantsOut
from app.people.staff.service import NotCertified, NotCertifying
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.protocol.encoding import b64
from app.vocabulary import Role

router = Router(tag="intake keys")

Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]
Holder = Annotated[Actor, requires(*service.INTAKE_HOLDERS)]


@router.get("/intake", responses=problems(service.NotOpen))
def get_intake(database: Db, keyring: Keys, today: Today) -> IntakeOut:
    """The root, the present intake document, and the signed head of the key log."""
    with database.read() as session:
        return IntakeOut.model_validate(service.served(session, keyring, today))


@router.get("/key-log", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}})
def read_key_log(database: Db, first: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)] = 1) -> Response:
    """Lines of the key log from a number on, at most a thousand."""
    with database.read() as session:
        lines = service.lines(session, first=first)
    return Response("".join(f"{line}\n" for line in lines), media_type="application/x-ndjson")


@router.post(
    "/key-log",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        service.NotALogEntry, service.EpochWithoutHolders, NotAnEnvelope, NotCertified, NotCertifying, StaleVersion
    ),
)
def extend_key_log(database: Db, actor: Supervisor, keyring: Keys, once: Once, wanted: EntryIn, now: Now) -> EntryOut:
    """Add a document to the key log. The first is the root, before which nothing else is taken."""
    with database.write() as session:
        added = once(
            session,
            actor.id,
            wanted,
            act=lambda: service.extend(
                session, actor, wanted.document, [grant.as_new() for grant in wanted.grants], keyring, now=now
            ),
            again=lambda id_: service.added(session, id_),
        )
        return EntryOut.model_validate(added)


@router.get("/service-key")
def get_service_key(_: Supervisor, keyring: Keys) -> ServiceKeyOut:
    """The key with which the service signs. It counts once a supervisor has certified it in the log."""
    return ServiceKeyOut(key=b64(service.service_key(keyring)))


@router.get("/epochs")
def list_epochs(database: Db, _: Holder, paging: Paging) -> Page[EpochOut]:
    """All epochs, the newest first."""
    with database.read() as session:
        return paging.page(session, service.epochs(), by=[Epoch.sequence], show=EpochOut.model_validate, newest=True)


@router.get("/epochs/{epoch_id}/grants", responses=problems(NotFound))
def fetch_epoch_grants(database: Db, actor: Holder, epoch_id: str, now: Now) -> GrantsOut:
    """The caller's grants of the epoch's key. The fetch is recorded."""
    with database.write() as session:
        epoch = service.epoch(session, epoch_id)
        found = grants.fetch(session, actor, epoch.id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in found])
