"""The wiring: which packages there are, and what they are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from anyio import CapacityLimiter
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI
from sqlalchemy.orm import Session
from starlette.routing import BaseRoute

from app import http, keyring
from app.audit.routes import router as audit
from app.blobs import Blobs
from app.casework.agreed_ends.routes import router as agreed_ends
from app.casework.approvals import bound
from app.casework.approvals.routes import router as approvals
from app.casework.approvals.service import end_loans
from app.casework.approvals.state import Approvals
from app.casework.cases import acts, turning
from app.casework.cases import service as case_service
from app.casework.cases.acts import ENDING, HOLD, MOVING, RELEASE, REMOVAL
from app.casework.cases.coding import CODING
from app.casework.cases.routes import router as cases
from app.casework.clocks import service as clocks
from app.casework.clocks.routes import router as clock_policies
from app.casework.consents.routes import router as consents
from app.casework.desk.routes import router as desk
from app.casework.moving.routes import router as moves_router
from app.casework.news.routes import router as news
from app.casework.retention import service as retention
from app.casework.stages.routes import router as stages
from app.casework.templates import service as templates
from app.casework.templates.routes import router as templates_router
from app.casework.triage import handing_on, moves, overdue, renewal
from app.casework.triage.routes import queue_router as queue
from app.casework.triage.routes import router as triage
from app.casework.triage.second_persons import ABUSIVE, DISPOSALS, UNDECRYPTABLE, WAITING
from app.casework.withdrawals import service as withdrawal_rules
from app.casework.withdrawals.routes import router as withdrawals
from app.casework.words.routes import router as words
from app.casework.work import service as work_service
from app.casework.work.routes import router as work
from app.casework.work.routes import several
from app.clock import Clock
from app.database import Database, engine
from app.http.idempotency import forget
from app.installation import ends, shredding
from app.installation.readiness import Readiness
from app.installation.routes import router as health
from app.installation.state import Watched
from app.intake.arrivals.routes import router as arrivals
from app.intake.arrivals.writer import Writer
from app.intake.attachments import service as attachments
from app.intake.attachments import uploads
from app.intake.attachments.routes import router as attachments_router
from app.intake.epochs import service as epochs
from app.intake.epochs.open_epochs import OpenEpochs
from app.intake.epochs.routes import router as epochs_router
from app.intake.key_log.routes import router as key_log
from app.intake.lifecycle import service as lifecycle
from app.intake.mailbox import service as mailbox
from app.intake.no_script import once
from app.intake.no_script.arriving import Pace, Places
from app.intake.no_script.routes import router as no_script
from app.intake.no_script.state import SLOW_THREADS, THREADS, NoScript
from app.intake.pages import routes as pages
from app.intake.posts import budget
from app.intake.posts.routes import router as posts
from app.jobs import Job, Jobs, daily
from app.keyring import Keyring
from app.people import passwords
from app.people.audit_heads import service as audit_heads
from app.people.audit_heads.routes import router as audit_heads_router
from app.people.copies.routes import people_router as copy_tokens
from app.people.copies.routes import router as copies
from app.people.grants import service as grants
from app.people.memories import service as memory_rules
from app.people.memories.routes import router as memories
from app.people.new_keys import objections
from app.people.new_keys.routes import router as new_keys
from app.people.pairs import service as pairs
from app.people.pairs.routes import router as pairs_router
from app.people.pairs.state import Recoverables
from app.people.partners import service as partners
from app.people.partners.routes import router as partners_router
from app.people.shared_keys import service as key_service
from app.people.shared_keys.routes import router as shared_keys
from app.people.sign_in import service as sign_ins
from app.people.sign_in.routes import password_router, people_router
from app.people.sign_in.routes import router as sessions
from app.people.sign_in.service import find_actor
from app.people.sign_in.state import SignIns
from app.people.sign_in.turns import Turns
from app.people.staff import service as staff_rules
from app.people.staff.routes import router as people
from app.people.staff.state import People
from app.settings import Settings
from app.site.site import Site
from app.statistics.cards.routes import router as cards
from app.statistics.releases import for_partners
from app.statistics.releases import requests as release_requests
from app.statistics.releases.for_partners import router as partner
from app.statistics.releases.public import list_router as published_list
from app.statistics.releases.public import router as published
from app.statistics.releases.routes import ledger_router, requests_router
from app.statistics.releases.routes import router as releases
from app.statistics.releases.runs import Runs
from app.statistics.releases.state import Draws

# In the order in which a request is compared with them: those of reporters come first, for their speed is promised.
# This is the API, of which each route has its place in the table of rights. Pages are files, and come after it.
ROUTERS = [
    arrivals,
    attachments_router,
    posts,
    key_log,
    epochs_router,
    triage,
    queue,
    cases,
    stages,
    work,
    several,
    clock_policies,
    consents,
    words,
    templates_router,
    news,
    desk,
    withdrawals,
    agreed_ends,
    moves_router,
    approvals,
    releases,
    requests_router,
    published_list,
    partner,
    cards,
    people,
    sessions,
    people_router,
    password_router,
    copies,
    memories,
    new_keys,
    copy_tokens,
    shared_keys,
    pairs_router,
    partners_router,
    audit,
    audit_heads_router,
    ledger_router,
    health,
]

# What another person can be asked to approve.
_OF_TWO = (REMOVAL, ENDING, MOVING, HOLD, RELEASE)
APPROVABLES = (*work_service.APPROVABLES, CODING, *_OF_TWO, ABUSIVE, WAITING, UNDECRYPTABLE, *DISPOSALS)

# What waits for somebody's key.
DUTIES = (
    epochs.duties,
    key_service.duties,
    case_service.duties,
    turning.duties,
    work_service.duties,
    handing_on.duties,
    overdue.duties,
    staff_rules.duties,
    audit_heads.duties,
    withdrawal_rules.duties,
    bound.duties,
    templates.duties,
)

# Whose keys two custodians can give to somebody, who may hold them: by the prefix of the subject's id.
RECOVERABLE = {"epoch": epochs.may_hold, "key": key_service.may_hold}

# What ends with a role, or with all of somebody's. Reports go back first: whose keys are there is asked for them.
CURTAILED = (
    moves.curtail,
    case_service.curtail,
    epochs.curtail,
    key_service.curtail,
    memory_rules.curtail,
    objections.curtail,
    sign_ins.curtail,
)

# What ends with a root for whom it lists no more. Whoever leaves for good is ended by a certificate, with all the rest.
DROPPED = (moves.curtail, epochs.curtail, key_service.curtail, sign_ins.curtail)

# What hears of a reporter's post.
ACTED = (moves.reporter_acted,)


def jobs(keyring: Keyring) -> Jobs:
    """What is due by the calendar. Keys first: what a later rule leaves behind opens for nobody then."""
    return Jobs(
        jobs=(
            daily("loans", end_loans),
            daily("agreed", acts.lapse),
            daily("grants", grants.lapse_ended),
            daily("recoveries", pairs.lapse),
            daily("lapses", moves.lapse),
            daily("waiting", moves.end_waiting),
            Job("clocks", clocks.go_on, is_hourly=True),
            daily("decided", retention.purge_reports),
            daily("closed", retention.purge_cases),
            # Before the keys of epochs go, without which it could be read by nobody in the queue.
            daily("handed", moves.take_back),
            daily("epochs", lifecycle.end_epochs),
            daily("replies", mailbox.drop_old_replies),
            daily("requests", forget),
            Job("lists", lambda session, _: renewal.renew(session)),
            daily("mailboxes", lifecycle.close_mailboxes),
            daily("budgets", budget.forget_days),
            daily("approvals", bound.forget),
            daily("embargoes", release_requests.end_embargoes),
            daily("downloads", for_partners.forget),  # before the partners whose they are
            daily("partners", partners.forget),
            Job("answers", once.forget, is_hourly=True),
            daily("uploads", uploads.drop_old),
            Job("refusals", sign_ins.record_refused),
            # Sealed files that lie under no key of their own yet, and last those whose key is not there.
            Job("wrapping", lambda session, _: shredding.wrap_what_is_bare(session)),
            Job("keys", lambda session, _: shredding.count_missing(session)),
            # Each hour, so that an organisation has its first on the day on which it begins.
            Job("heads", lambda session, now: audit_heads.sign_daily(session, keyring, now), is_hourly=True),
        ),
        named=(attachments.blobs,),
    )


@dataclass(frozen=True)
class _State(NoScript, Approvals, People, SignIns, Recoverables, Watched, Draws):
    """What the routes of every domain use."""


def create_app(settings: Settings, *, site: Site | None = None, hasher: PasswordHasher = passwords.HASHER) -> http.Api:
    """The service on the database and in the directory that the settings name. Its tables must exist.

    `site` are the reporter's pages, and without it those that were built, if any were. A test whose subject is not
    their strength passes a `hasher` that makes passwords quick.
    """
    settings.keep_private()
    passwords.nobody(hasher)
    database = Database(settings.url, answer_seconds=engine.ANSWER_SECONDS)
    if settings.keys_url:
        database.keys = shredding.open_keys(database, settings)
    clock = Clock(settings.demo_clock)

    def coming(session: Session) -> list[str]:
        return ends.lines(session, settings.data_dir, clock.today(), floor=settings.free_space_floor)

    blobs = Blobs(settings.data_dir / "blobs", floor=settings.free_space_floor)
    state = _State(
        settings=settings,
        clock=clock,
        keyring=keyring.load(settings.data_dir),
        database=database,
        blobs=blobs,
        find_actor=find_actor,
        hasher=hasher,
        writer=Writer(database),
        epochs=OpenEpochs(database),
        acted=ACTED,
        curtailed=CURTAILED,
        dropped=DROPPED,
        no_script_threads=CapacityLimiter(THREADS),
        no_script_slow_threads=CapacityLimiter(SLOW_THREADS),
        no_script_places=Places(SLOW_THREADS, Pace()),
        site=site or Site.load(),
        turns=Turns(),
        readiness=Readiness(database, settings.data_dir, blobs.uploads.check_place, coming),
        duties=DUTIES,
        recoverable=RECOVERABLE,
        approvables={each.subject: each for each in APPROVABLES},
        draws=Runs(),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        state.draws.close()
        state.writer.close()
        state.database.close()

    app = http.Api(state, lifespan)
    app.router.routes += _routes()
    files = pages.routes(state.site, settings)
    app.router.routes += [*files, *http.problem_pages(), *([http.api_page()] if settings.api_page else [])]
    app.router.default = pages.elsewhere(state.site, files, app.router.default)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """What is answered at every address but those of files. It knows of no application, so all of a process share it:
    FastAPI makes it ready at its first use, which takes longer than most requests together."""
    router = APIRouter()
    for package in ROUTERS:
        router.include_router(package, prefix="/v1")
    # What people open in a browser is no part of the interface, and so not of its description.
    for opened in (no_script, published):
        router.include_router(opened, include_in_schema=False)
    return router.routes
