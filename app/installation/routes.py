"""Whether the service is well, for anybody; and for staff, in numbers and days."""

from typing import Annotated, Any

from fastapi import Request, Response, status
from fastapi.responses import JSONResponse

from app.http import Actor, Config, Db, Router, Today, authenticate, problems, shared
from app.installation import ends, service
from app.installation.schemas import DutiesOut, DutyOut, EndOut, EndsOut, HealthOut, JobOut
from app.installation.state import Watched
from app.problems import Unauthenticated
from app.vocabulary import Role

router = Router(tag="health")

SharedState = Annotated[Watched, shared(Watched)]

_LOOK_AFTER_IT = frozenset({Role.SUPERVISOR, Role.OPERATOR})
_NOT_WELL: dict[int | str, dict[str, Any]] = {
    503: {"model": HealthOut, "description": "The database does not answer, or nothing can be written"}
}


@router.get(
    "/health",
    response_model=HealthOut,
    response_model_exclude_unset=True,
    responses=_NOT_WELL | problems(Unauthenticated),
    openapi_extra={"security": [{}, {"session": []}]},
)
def get_health(
    state: SharedState, request: Request, database: Db, settings: Config, today: Today
) -> HealthOut | Response:
    """Say `ok` or `not`. A supervisor's or an operator's session is told how much is left of what runs out."""
    if not service.is_well(database, settings.data_dir) or state.readiness.look().why:
        return JSONResponse({"status": "not"}, status.HTTP_503_SERVICE_UNAVAILABLE)
    # A stranger's question costs no look at who asks.
    if "Authorization" not in request.headers or not authenticate(request).roles & _LOOK_AFTER_IT:
        return HealthOut(status="ok")
    with database.read() as session:
        told = service.numbers(session, settings, today)
    return HealthOut(
        status="ok",
        disk_free_bytes=told.disk_free_bytes,
        disk_bytes=told.disk_bytes,
        epoch_days_left=told.epoch_days_left,
        first_lapses_after=told.first_lapses_after,
        swept_on=told.swept_on,
        keys_missing=told.keys_missing,
        keys_copied_on=told.keys_copied_on,
        destruction_waits=told.destruction_waits,
        jobs=[JobOut(name=name, turn=turn) for name, turn in told.jobs.items()],
    )


@router.get("/ends")
def list_ends(database: Db, actor: Actor, settings: Config) -> EndsOut:
    """What ends soon or has ended: what all work with, and one's own certificate. Supervisors see those of others."""
    with database.read() as session:
        told = ends.told_to(actor, session, settings.data_dir, floor=settings.free_space_floor)
    return EndsOut(items=[EndOut.model_validate(end) for end in told])


@router.get("/duties")
def list_duties(state: SharedState, database: Db, actor: Actor) -> DutiesOut:
    """What waits for the caller, because the service has no key for it."""
    with database.read() as session:
        waiting = [duty for duties in state.duties for duty in duties(session, actor)]
    waiting.sort(key=lambda duty: (duty.since, duty.kind, duty.object, duty.person or ""))
    return DutiesOut(items=[DutyOut.model_validate(duty) for duty in waiting])
