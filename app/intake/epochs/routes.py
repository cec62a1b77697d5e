"""Intake epochs, for those who hold their keys."""

from typing import Annotated

from fastapi import status

from app.http import Actor, Db, Now, Once, Page, Paging, Router, problems, requires
from app.intake.epochs import service
from app.intake.epochs.models import Epoch
from app.intake.epochs.schemas import EpochOut
from app.people.grants import service as grants
from app.people.grants.wire import GrantIn, GrantOut, GrantsOut
from app.people.staff.service import NotCertified
from app.problems import NotAnEnvelope, NotFound

router = Router("/epochs", tag="intake epochs")

Holder = Annotated[Actor, requires(*service.INTAKE_HOLDERS)]


@router.get("")
def list_epochs(database: Db, _: Holder, paging: Paging) -> Page[EpochOut]:
    """All epochs, the newest first."""
    with database.read() as session:
        return paging.page(session, service.every(), by=[Epoch.sequence], show=EpochOut.model_validate, newest=True)


@router.post(
    "/{epoch_id}/grants",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, NotCertified),
)
def grant_epoch(database: Db, actor: Holder, once: Once, epoch_id: str, request: GrantIn, now: Now) -> GrantOut:
    """A holder grants the epoch's key to somebody who triages since; who has it keeps what they have."""
    with database.write() as session:
        grant = once(
            session,
            actor.id,
            request,
            act=lambda: service.grant(session, actor, epoch_id, request.as_new(), now=now),
            again=lambda id_: grants.get(session, id_),
        )
        return GrantOut.model_validate(grant)


@router.get("/{epoch_id}/grants", responses=problems(NotFound))
def fetch_epoch_grants(database: Db, actor: Holder, epoch_id: str, now: Now) -> GrantsOut:
    """The caller's grants of the epoch's key. The fetch is recorded."""
    with database.write() as session:
        epoch = service.get(session, epoch_id)
        grant_list = grants.fetch(session, actor, epoch.id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in grant_list])
