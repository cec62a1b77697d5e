"""Releases over HTTP. The draw runs between two transactions: opening and counting hold no lock."""

from typing import Annotated

from fastapi import Response, status

from app.audit import service as audit
from app.audit.actions import Action
from app.http import (
    Actor,
    Config,
    Db,
    IfMatch,
    IfNoneMatch,
    Keys,
    Now,
    Once,
    Page,
    Paging,
    Router,
    Today,
    etag,
    problems,
    requires,
)
from app.people.staff import service as staff
from app.problems import NotFound, StaleVersion
from app.protocol import release_ledger
from app.statistics.releases import noise, service
from app.statistics.releases.models import Release, ReleaseState
from app.statistics.releases.schemas import (
    DecisionIn,
    DrawIn,
    FilesOut,
    ReleaseIn,
    ReleaseOut,
    SignatureIn,
    StepOut,
    StepsOut,
)
from app.vocabulary import ReleaseKind, Role

SYNTHETIC = "**Synthetic.** The people in these figures are invented: this release comes from a demonstration."

router = Router(prefix="/releases", tag="releases")
ledger = Router(tag="releases")

Requester = Annotated[Actor, requires(Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR)]
Approver = Annotated[Actor, requires(Role.SUPERVISOR)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        service.ReleasePeriodOpen,
        service.ReleaseExists,
        service.ReleaseBudgetExhausted,
        service.ReleaseTooFew,
        service.ReleaseWorkload,
    ),
)
def request_release(
    database: Db, actor: Requester, once: Once, wanted: ReleaseIn, response: Response, now: Now, today: Today
) -> ReleaseOut:
    def act() -> Release:
        kind = ReleaseKind(wanted.kind)
        made = service.request(session, actor, kind, period=wanted.period, workload=wanted.workload, today=today)
        audit.record(session, actor.id, Action.RELEASE_REQUESTED, made.id, now=now)
        return made

    with database.write() as session:
        release = once(session, actor.id, wanted, act, lambda id_: service.get(session, actor, id_))
        return _shown(release, response)


@router.get("")
def list_releases(database: Db, actor: Requester, paging: Paging) -> Page[ReleaseOut]:
    with database.read() as session:
        query = service.visible_to(actor)
        return paging.page(session, query, by=(Release.period, Release.id), show=ReleaseOut.model_validate, newest=True)


@router.get("/{release_id}", responses=problems(NotFound))
def get_release(database: Db, actor: Requester, release_id: str, _: IfNoneMatch, response: Response) -> ReleaseOut:
    with database.read() as session:
        return _shown(service.get(session, actor, release_id), response)


@router.get("/{release_id}/transitions", responses=problems(NotFound))
def get_steps(database: Db, actor: Requester, release_id: str) -> StepsOut:
    with database.read() as session:
        release = service.get(session, actor, release_id)
        return StepsOut(items=[StepOut(to=to) for to in service.steps(actor, release)])


@router.post(
    "/{release_id}/transitions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, StaleVersion, service.ReleaseStep, service.ReleaseSelfApproval),
)
def move_release(
    database: Db,
    actor: Requester,
    once: Once,
    release_id: str,
    wanted: DecisionIn,
    version: IfMatch,
    response: Response,
    now: Now,
) -> ReleaseOut:
    def act() -> Release:
        moved = service.move(session, actor, release_id, to=ReleaseState(wanted.to), version=version)
        audit.record(session, actor.id, Action.RELEASE_MOVED, moved.id, now=now)
        return moved

    with database.write() as session:
        release = once(session, actor.id, wanted, act, lambda id_: service.get(session, actor, id_))
        return _shown(release, response)


@router.post(
    "/{release_id}/draw",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, StaleVersion, service.ReleaseStep, service.ReleaseExists, service.StatisticsKeyWrong),
)
def draw_release(
    database: Db,
    actor: Approver,
    keyring: Keys,
    config: Config,
    release_id: str,
    lent: DrawIn,
    response: Response,
    now: Now,
) -> ReleaseOut:
    with database.read() as session:
        start = service.snapshot(session, actor, release_id)
        identities = service.statistics_identities(session, lent.statistics_keys, period=start.period, today=now.date())
    account_key = keyring.key("contribution-account")
    drawn = service.draw(start, identities, account_key=account_key, measurement=noise.DiscreteGaussian())
    with database.write() as session:
        service.settle(session, actor, start, drawn)
        audit.record(session, actor.id, Action.RELEASE_DRAWN, release_id, now=now)
    return _composed(database, actor, config, release_id, response)


@router.post(
    "/{release_id}/composition",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, service.ReleaseStep),
)
def compose_release(database: Db, actor: Approver, config: Config, release_id: str, response: Response) -> ReleaseOut:
    """Makes the folder of a draw whose request was cut off before it did."""
    return _composed(database, actor, config, release_id, response)


@router.get("/{release_id}/files", responses=problems(NotFound))
def list_files(database: Db, actor: Requester, release_id: str) -> FilesOut:
    with database.read() as session:
        return FilesOut(items=service.files(session, actor, release_id))


@router.get("/{release_id}/files/{path:path}", response_class=Response, responses=problems(NotFound))
def get_file(database: Db, actor: Requester, release_id: str, path: str) -> Response:
    with database.read() as session:
        content = service.file(session, actor, release_id, path)
    return Response(content, media_type="application/octet-stream")


@router.post(
    "/{release_id}/signatures",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, service.ReleaseStep, service.ReleaseSignatureWrong),
)
def sign_release(
    database: Db, actor: Requester, release_id: str, given: SignatureIn, response: Response, now: Now
) -> ReleaseOut:
    with database.write() as session:
        release = service.sign(session, actor, release_id, key=given.key, signature=given.sig)
        audit.record(session, actor.id, Action.RELEASE_SIGNED, release_id, now=now, object_hash=release.sums_sha256)
        return _shown(release, response)


@ledger.get("/ledger", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}})
def read_ledger(database: Db) -> Response:
    """Every draw ever charged, a line each. Each has the hash of the one before, so anybody can check the whole."""
    with database.read() as session:
        lines = service.ledger(session)
    return Response(release_ledger.write_lines(lines), media_type="application/x-ndjson")


def _composed(database: Db, actor: Actor, config: Config, release_id: str, response: Response) -> ReleaseOut:
    with database.write() as session:
        organisation = staff.organisation(session).id
        note = SYNTHETIC if config.demo else None
        return _shown(
            service.compose_folder(session, actor, release_id, organisation=organisation, note=note), response
        )


def _shown(release: Release, response: Response) -> ReleaseOut:
    response.headers["ETag"] = etag(release.version)
    return ReleaseOut.model_validate(release)
