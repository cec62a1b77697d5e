"""Releases over HTTP. The draw runs between two transactions: opening and counting hold no lock."""

from typing import Annotated

from fastapi import Response, status
from sqlalchemy.orm import Session

from app.audit import reading
from app.audit.actions import Action
from app.database import Database
from app.destruction import destroying
from app.http import (
    Actor,
    BlobStore,
    Config,
    Db,
    IfMatch,
    IfNoneMatch,
    Now,
    Once,
    Page,
    Paging,
    Router,
    answered,
    etag,
    problems,
    requires,
    shared,
)
from app.http.transitions import StepsOut
from app.problems import NotFound, StaleVersion
from app.protocol.release.ledger import write_lines
from app.statistics.releases import draws, folders, kept_accounts, ledger, noise, requests
from app.statistics.releases.models import Release, ReleaseState
from app.statistics.releases.runs import Run, failures
from app.statistics.releases.schemas import (
    DrawIn,
    FilesOut,
    PublicationIn,
    ReleaseDecisionIn,
    ReleaseIn,
    ReleaseOut,
    SignatureIn,
    StandInIn,
    StatementOut,
    StatementsOut,
    WordsIn,
)
from app.statistics.releases.state import Draws
from app.transitions import NoSuchStep
from app.vocabulary import ReleaseKind, Role

router = Router(prefix="/releases", tag="releases")
requests_router = Router(prefix="/release-requests", tag="releases")
ledger_router = Router(tag="releases")

Requester = Annotated[Actor, requires(Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR)]
Approver = Annotated[Actor, requires(Role.SUPERVISOR)]
SharedState = Annotated[Draws, shared(Draws)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        requests.ReleasePeriodOpen,
        requests.ReleaseExists,
        ledger.ReleaseBudgetExhausted,
        requests.ReleaseTooFew,
        requests.ReleaseWorkload,
        folders.ReleaseUnnamed,
    ),
)
def request_release(
    database: Db,
    actor: Requester,
    state: SharedState,
    config: Config,
    once: Once,
    request: ReleaseIn,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Ask for the tables of a period. Nothing is drawn or charged before somebody else approves."""

    def act() -> Release:
        folders.publisher(config)  # what cannot be published is not drawn
        kind = ReleaseKind(request.kind)
        return requests.request(session, actor, kind, period=request.period, workload=request.workload, now=now)

    with database.write() as session:
        release = once(session, actor.id, request, act, lambda id_: requests.get(session, actor, id_))
        return _answer(session, state, release, response)


@requests_router.get("")
def list_release_requests(
    database: Db, actor: Requester, state: SharedState, paging: Paging, now: Now
) -> Page[ReleaseOut]:
    """The releases that were asked for, however far they are, those of the newest period first."""
    reading.record(database, actor.id, Action.RELEASE_READ, "releases", now=now)
    with database.read() as session:
        running, failed = state.draws.running(session), failures(session)
        return paging.page(
            session,
            requests.visible_to(actor),
            by=(Release.period, Release.id),
            show=lambda release: ReleaseOut.of(release, running, failed),
            newest=True,
        )


@router.get("/{release_id}", responses=problems(NotFound))
def get_release(
    database: Db, actor: Requester, state: SharedState, release_id: str, _: IfNoneMatch, response: Response, now: Now
) -> ReleaseOut:
    """How far a release has come. `draw` may change under the same version: wait for it without `If-None-Match`."""
    with database.read() as session:
        release = _answer(session, state, requests.get(session, actor, release_id), response)
    _record_read(database, actor, release_id, now)
    return release


@router.get("/{release_id}/transitions", responses=problems(NotFound))
def list_release_steps(database: Db, actor: Requester, release_id: str) -> StepsOut[ReleaseState]:
    """What the caller may do with the release now."""
    with database.read() as session:
        steps = requests.steps(session, actor, release_id)
        return StepsOut[ReleaseState].model_validate({"items": steps})


@router.post(
    "/{release_id}/transitions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, StaleVersion, NoSuchStep, requests.ReleaseSelfApproval),
)
def move_release(
    database: Db,
    actor: Requester,
    state: SharedState,
    once: Once,
    release_id: str,
    request: ReleaseDecisionIn,
    seen: IfMatch,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Approve, reject or cancel the release."""

    def act() -> Release:
        return requests.move(session, actor, release_id, requests.Move(ReleaseState(request.to)), seen=seen, now=now)

    with database.write() as session:
        release = once(session, actor.id, request, act, lambda id_: requests.get(session, actor, id_))
        return _answer(session, state, release, response)


@router.post(
    "/{release_id}/draw",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(
        NotFound,
        StaleVersion,
        NoSuchStep,
        ledger.ReleaseBudgetExhausted,
        draws.StatisticsKeyWrong,
        kept_accounts.AccountsLost,
        folders.ReleaseUnnamed,
    ),
)
def draw_release(
    database: Db,
    blobs: BlobStore,
    actor: Approver,
    state: SharedState,
    config: Config,
    release_id: str,
    keys: DrawIn,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Begin to count the persons, add the noise, charge the budget and make the folder; `draw` of the release says when
    it is done. A release is drawn once; who begins again before that ends the draw before, and a cancelled release is
    charged nothing."""
    publisher = folders.publisher(config)
    with database.read() as session:
        start = draws.snapshot(session, actor, release_id, today=now.date())
    identities = draws.statistics_identities(start, keys.statistics_keys)
    accounts = start.accounts.open_(identities)

    def make(run: Run) -> None:
        measurement = noise.DiscreteGaussian()
        result = draws.draw(start, identities, run.read, accounts=accounts, measurement=measurement, beat=run.beat)
        with destroying(database, blobs, now.date()) as session:  # the accounts before it
            run.hold(session)
            draws.settle(session, actor, start, result, now=now)
        _made(database, actor, release_id, publisher, is_demo=config.demo)

    state.draws.begin(database, release_id, make)
    with database.read() as session:
        return _answer(session, state, requests.get(session, actor, release_id), response)


@router.post(
    "/{release_id}/lost-accounts", status_code=status.HTTP_201_CREATED, responses=problems(NotFound, NoSuchStep)
)
def lose_accounts(
    database: Db, actor: Approver, state: SharedState, release_id: str, response: Response, now: Now
) -> ReleaseOut:
    """Say, for this draw, that nobody opens the accounts of what was spent any more. With a second supervisor's word
    they begin anew, at the worst that they can be."""
    with database.write() as session:
        return _answer(session, state, kept_accounts.lose(session, actor, release_id, now=now), response)


@router.post(
    "/{release_id}/corrections",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NoSuchStep, requests.ReleaseSuperseded, requests.ReleaseExists),
)
def correct_release(
    database: Db,
    actor: Requester,
    state: SharedState,
    once: Once,
    release_id: str,
    request: WordsIn,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Ask for a folder in the place of a published one, made anew of the same noise. The one before stays."""

    def act() -> Release:
        return requests.correct(session, actor, release_id, request.words, now=now)

    with database.write() as session:
        release = once(session, actor.id, request, act, lambda id_: requests.get(session, actor, id_))
        return _answer(session, state, release, response)


@router.post(
    "/{release_id}/note",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NoSuchStep, requests.ReleaseSuperseded),
)
def warn_of_release(
    database: Db, actor: Approver, state: SharedState, release_id: str, request: WordsIn, response: Response, now: Now
) -> ReleaseOut:
    """Say why nobody should rely on a release, published or under embargo, which it then does not leave by itself.

    It is told once a second supervisor says the same.
    """
    with database.write() as session:
        release = requests.warn(session, actor, release_id, request.words, now=now)
        return _answer(session, state, release, response)


@router.post(
    "/{release_id}/composition",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NoSuchStep, folders.ReleaseUnnamed),
)
def compose_release(
    database: Db, actor: Approver, state: SharedState, config: Config, release_id: str, response: Response
) -> ReleaseOut:
    """Make the folder of a draw that was cut off before it did."""
    _made(database, actor, release_id, folders.publisher(config), is_demo=config.demo)
    with database.read() as session:
        return _answer(session, state, requests.get(session, actor, release_id), response)


@router.post(
    "/{release_id}/stand-ins",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NoSuchStep, StaleVersion, folders.ReleaseStandIn, folders.ReleaseUnnamed),
)
def stand_in(
    database: Db,
    actor: Requester,
    state: SharedState,
    config: Config,
    once: Once,
    release_id: str,
    request: StandInIn,
    seen: IfMatch,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Sign a composed release in the place of its requester or its approver, who cannot. The folder is made anew."""

    def act() -> Release:
        return folders.stand_in(session, actor, release_id, request.place, made, seen=seen, now=now)

    publisher = folders.publisher(config)
    with database.read() as session:
        made = folders.made_anew(session, actor, release_id, request.place, publisher=publisher, is_demo=config.demo)
    with database.write() as session:
        release = once(session, actor.id, request, act, lambda id_: requests.get(session, actor, id_))
        return _answer(session, state, release, response)


@router.get("/{release_id}/files", responses=problems(NotFound))
def list_release_files(database: Db, actor: Requester, release_id: str, now: Now) -> FilesOut:
    """The paths of the release's folder, once it is made."""
    with database.read() as session:
        files = FilesOut(items=folders.paths(session, actor, release_id))
    _record_read(database, actor, release_id, now)
    return files


@router.get(
    "/{release_id}/files/{path:path}", response_class=Response, responses=problems(NotFound) | answered("The file")
)
def get_release_file(database: Db, actor: Requester, release_id: str, path: str, now: Now) -> Response:
    """One file of the release's folder."""
    with database.read() as session:
        content = folders.file(session, actor, release_id, path)
    _record_read(database, actor, release_id, now)
    return Response(content, media_type="application/octet-stream")


@router.post(
    "/{release_id}/signatures",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NoSuchStep, folders.ReleaseSignatureWrong),
)
def sign_release(
    database: Db,
    actor: Requester,
    state: SharedState,
    release_id: str,
    request: SignatureIn,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Sign the folder's list of hashes. Who requested and who approved must both have signed before it is published."""
    with database.write() as session:
        release = folders.sign(
            session,
            actor,
            release_id,
            key=request.key,
            signature=request.sig,
            statement=request.statement,
            now=now,
        )
        return _answer(session, state, release, response)


@router.get("/{release_id}/signatures", responses=problems(NotFound))
def list_release_signatures(database: Db, actor: Requester, release_id: str, now: Now) -> StatementsOut:
    """Whose keys have signed the release. Its readers are told roles and years alone."""
    with database.read() as session:
        found = folders.statements(session, actor, release_id)
    _record_read(database, actor, release_id, now)
    return StatementsOut(items=[StatementOut(statement=each) for each in found])


@router.post(
    "/{release_id}/publication",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, StaleVersion, NoSuchStep, requests.ReleaseEmbargo, folders.ReleaseSignerWrong),
)
def publish_release(
    database: Db,
    actor: Approver,
    state: SharedState,
    once: Once,
    release_id: str,
    request: PublicationIn,
    seen: IfMatch,
    response: Response,
    now: Now,
) -> ReleaseOut:
    """Let everybody read what two have signed, or partners until a day, under a supervisor's word for both keys."""

    def act() -> Release:
        return folders.publish(
            session, actor, release_id, request.certificates, public_on=request.public_on, seen=seen, now=now
        )

    with database.write() as session:
        release = once(session, actor.id, request, act, lambda id_: requests.get(session, actor, id_))
        return _answer(session, state, release, response)


@ledger_router.get(
    "/ledger", response_class=Response, responses=answered("A line of JSON for each draw", "application/x-ndjson")
)
def read_ledger(database: Db) -> Response:
    """Every draw that was ever charged to the budget, a line each.

    Each has the hash of the one before, so anybody can check the whole.
    """
    with database.read() as session:
        lines = ledger.lines(session)
    return Response(write_lines(lines), media_type="application/x-ndjson")


def _made(database: Database, actor: Actor, release_id: str, publisher: folders.Publisher, *, is_demo: bool) -> None:
    """Make the folder, and keep it in a transaction of its own."""
    with database.read() as session:
        files = folders.made(session, actor, release_id, publisher=publisher, is_demo=is_demo)
    with database.write() as session:
        folders.keep(session, actor, release_id, files)


def _record_read(database: Db, actor: Actor, release_id: str, now: Now) -> None:
    reading.record(database, actor.id, Action.RELEASE_READ, release_id, now=now)


def _answer(session: Session, state: Draws, release: Release, response: Response) -> ReleaseOut:
    response.headers["ETag"] = etag(release.version)
    return ReleaseOut.of(release, state.draws.running(session), failures(session))
