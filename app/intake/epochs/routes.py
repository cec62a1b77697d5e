"""Intake epochs, for those who hold their keys."""

from typing import Annotated

from app.http import Actor, Db, Now, Page, Paging, Router, problems, requires
from app.intake.epochs import service
from app.intake.epochs.models import Epoch
from app.intake.epochs.schemas import EpochOut
from app.people.grants import service as grants
from app.people.grants.wire import GrantOut, GrantsOut
from app.problems import NotFound

router = Router("/epochs", tag="intake epochs")

Holder = Annotated[Actor, requires(*service.INTAKE_HOLDERS)]


@router.get("")
def list_epochs(database: Db, _: Holder, paging: Paging) -> Page[EpochOut]:
    """All epochs, the newest first."""
    with database.read() as session:
        return paging.page(session, service.every(), by=[Epoch.sequence], show=EpochOut.model_validate, newest=True)


@router.get("/{epoch_id}/grants", responses=problems(NotFound))
def fetch_epoch_grants(database: Db, actor: Holder, epoch_id: str, now: Now) -> GrantsOut:
    """The caller's grants of the epoch's key. The fetch is recorded."""
    with database.write() as session:
        epoch = service.get(session, epoch_id)
        grant_list = grants.fetch(session, actor, epoch.id, now=now)
        return GrantsOut(items=[GrantOut.model_validate(grant) for grant in grant_list])
