"""A small application on the floor alone: one list, one object with versions, one sealed route."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated

import pytest
from argon2 import PasswordHasher
from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.actor import Actor as Person
from app.audit.models import ReporterActs
from app.blobs import Blobs
from app.clock import Clock
from app.database import Database
from app.http import (
    Actor,
    Api,
    Db,
    IfMatch,
    IfNoneMatch,
    MailboxToken,
    Once,
    Page,
    Paging,
    Router,
    State,
    Today,
    declared_length,
    etag,
    problem_pages,
    problems,
    requires,
    sealed_body,
    stream,
)
from app.keyring import Keyring
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.settings import Settings
from app.vocabulary import Role
from tests.in_process import InProcess

TOKENS = {"supervisor": "s" * 43, "triager": "t" * 43}
ROLES = {"supervisor": Role.SUPERVISOR, "triager": Role.TRIAGER}

router = Router("/things", tag="things")


class ThingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    number: int = 0


class ThingOut(BaseModel):
    action: str
    number: int


@dataclass(frozen=True)
class Made:
    id: str


def shown(row: ReporterActs) -> ThingOut:
    return ThingOut(action=row.action, number=row.number)


@router.get("")
def list_things(database: Db, _: Actor, paging: Paging, number: int | None = None) -> Page[ThingOut]:
    query = select(ReporterActs)
    if number is not None:
        query = query.where(ReporterActs.number == number)
    with database.read() as session:
        return paging.page(session, query, by=[ReporterActs.day, ReporterActs.action], show=shown)


@router.get("/newest")
def list_newest_things(database: Db, _: Actor, paging: Paging) -> Page[ThingOut]:
    with database.read() as session:
        by = [ReporterActs.day, ReporterActs.action]
        return paging.page(session, select(ReporterActs), by=by, show=shown, newest=True)


@router.post("", status_code=201, responses=problems(NotFound, NotAnEnvelope))
def make_thing(database: Db, actor: Actor, once: Once, wanted: ThingIn, today: Today) -> ThingOut:
    def act() -> Made:
        session.add(ReporterActs(day=today, action=wanted.name, number=wanted.number))
        session.flush()
        return Made(wanted.name)

    def again(name: str) -> Made:
        if session.get(ReporterActs, (today, name)) is None:
            raise NotFound
        return Made(name)

    with database.write() as session:
        made = once(session, actor.id, wanted, act, again)
        return shown(session.get_one(ReporterActs, (today, made.id)))


@router.get("/failing")
def fail(word: str) -> None:
    raise RuntimeError(word)


@router.get("/unversioned")
def get_unversioned(_: Actor, __: IfNoneMatch) -> ThingOut:
    return ThingOut(action="unversioned", number=1)


@router.get("/{name}")
def get_thing(_: Actor, name: str, __: IfNoneMatch, response: Response) -> ThingOut:
    response.headers["ETag"] = etag(2)
    return ThingOut(action=name, number=1)


@router.put("/{name}")
def change_thing(_: Actor, name: str, wanted: ThingIn, seen: IfMatch) -> ThingOut:
    if 2 not in seen:
        raise StaleVersion(version=2)
    return ThingOut(action=name, number=wanted.number)


@router.post("/secret")
def supervise(_: Annotated[Person, requires(Role.SUPERVISOR)], wanted: ThingIn) -> ThingOut:
    return ThingOut(action=wanted.name, number=wanted.number)


@router.post("/sealed")
async def seal(body: Annotated[bytes, sealed_body(1000)]) -> int:
    return len(body)


@router.post("/held")
async def hold(token: MailboxToken) -> int:
    return len(token)


@router.post("/streamed")
async def take(request: Request) -> int:
    length = declared_length(request, limit=1000)
    return sum([len(piece) async for piece in stream(request, length)])


def find_actor(_: Session, token_sha256: str, now: datetime) -> Person | None:
    for name, token in TOKENS.items():
        if sha256(token.encode()).hexdigest() == token_sha256:
            return Person(name, frozenset({ROLES[name]}), None, now.date())
    return None


def signed_in(name: str = "triager") -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[name]}"}


@pytest.fixture
def client(database: Database, settings: Settings, clock: Clock) -> Iterator[TestClient]:
    blobs = Blobs(settings.data_dir / "blobs")
    app = Api(State(settings, clock, Keyring(bytes(32)), database, blobs, find_actor, PasswordHasher()))
    app.include_router(router, prefix="/v1")
    app.router.routes += problem_pages()
    with InProcess(app) as client:
        yield client


@pytest.fixture
def things(rows: Session, today: date) -> list[str]:
    """Seven things, in the order of their list."""
    names = [f"thing-{number}" for number in range(7)]
    rows.add_all(ReporterActs(day=today, action=name, number=place % 2) for place, name in enumerate(names))
    rows.commit()
    return names
