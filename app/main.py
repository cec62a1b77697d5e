"""The wiring: which packages there are, and what they are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from app import http, keyring
from app.audit.routes import router as audit
from app.blobs import Blobs
from app.casework.approvals.routes import router as approvals
from app.casework.cases.routes import router as cases
from app.casework.consents.routes import router as consents
from app.casework.triage import moves
from app.casework.triage.routes import router as triage
from app.clock import Clock
from app.database import Database
from app.intake.attachments.routes import router as attachments
from app.intake.keys.routes import router as intake_keys
from app.intake.mailbox.routes import router as mailbox
from app.intake.no_script.routes import router as no_script
from app.intake.pages import routes as pages
from app.intake.process import Intake
from app.intake.reports.routes import router as intake_reports
from app.people.grants.routes import router as keys
from app.people.sign_in import passwords
from app.people.sign_in.routes import router as sessions
from app.people.sign_in.service import find_actor
from app.people.staff.routes import router as people
from app.settings import Settings
from app.site.site import BUILT, Site
from app.statistics.cards.routes import router as cards
from app.statistics.releases.routes import ledger_router
from app.statistics.releases.routes import router as releases

health = http.Router(tag="health")


@health.get("/health")
async def get_health() -> dict[str, str]:
    """Say that the process answers, and nothing else."""
    return {"status": "ok"}


# In the order in which a request is compared with them: those of reporters come first, for their speed is promised.
# This is the API, of which each route has its place in the table of rights. Pages are files, and come after it.
ROUTERS = [
    intake_reports,
    attachments,
    mailbox,
    intake_keys,
    triage,
    cases,
    consents,
    approvals,
    releases,
    cards,
    people,
    sessions,
    keys,
    audit,
    ledger_router,
    health,
]


def create_app(settings: Settings, *, built: Path = BUILT, hasher: PasswordHasher = passwords.HASHER) -> FastAPI:
    """The service on the database and in the directory that the settings name. Its tables must exist.

    `built` are the reporter's pages, which need not be there. A test whose subject is not their strength passes a
    `hasher` that makes passwords quick.
    """
    passwords.nobody(hasher)
    app = http.Api(title="Tern", version="1", docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=_lifespan)
    app.state.settings = settings
    app.state.clock = Clock(settings.demo_clock)
    app.state.keyring = keyring.load(settings.data_dir)
    app.state.database = Database(settings.url)
    app.state.blobs = Blobs(settings.data_dir / "blobs")
    app.state.find_actor = find_actor
    app.state.hasher = hasher
    app.state.site = Site.load(built)
    app.state.intake = Intake(app.state.database, acted=moves.reporter_acted)
    http.install(app)
    app.router.routes += _routes()
    files = pages.routes(app.state.site, settings)
    app.router.routes += files
    app.router.default = pages.elsewhere(app.state.site, files, app.router.default)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """What is answered at every address but those of files. It knows of no application, so all of a process share it:
    FastAPI makes it ready at its first use, which takes longer than most requests together."""
    router = APIRouter()
    for package in ROUTERS:
        router.include_router(package, prefix="/v1")
    # What people open in a browser is no part of the interface, and so not of its description.
    router.include_router(no_script, include_in_schema=False)
    return router.routes


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.intake.close()
    app.state.database.close()
