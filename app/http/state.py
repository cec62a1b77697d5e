"""What `main` puts into the application once, and routes ask for by type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from argon2 import PasswordHasher
from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.actor import Actor
from app.blobs import Blobs
from app.clock import Clock
from app.database import Database
from app.http.lanes import Lanes
from app.keyring import Keyring
from app.settings import Settings

# (session, SHA-256 of the token in hexadecimal, the time) to the person whose session it is, if any.
FindActor = Callable[[Session, str, datetime], Actor | None]


@dataclass(frozen=True)
class State:
    """What all routes may use. A package whose routes use more has a kind of its own, and `main` makes that one."""

    settings: Settings
    clock: Clock
    keyring: Keyring = field(repr=False)
    database: Database
    blobs: Blobs
    find_actor: FindActor
    hasher: PasswordHasher
    lanes: Lanes = field(default_factory=Lanes, kw_only=True)


_Kind = TypeVar("_Kind", bound=State)


def state_of(request: Request, kind: type[_Kind]) -> _Kind:
    """What `main` made. Raises `TypeError` where that is not of the kind."""
    state = request.app.state
    if not isinstance(state, kind):
        raise TypeError(f"the application was made without {kind.__name__}")
    return state


def shared(kind: type[State]) -> Any:  # FastAPI's own type of a dependency
    """`Shared = Annotated[Arrivals, shared(Arrivals)]`, for a package whose routes use more than all do."""

    async def find(request: Request) -> State:
        return state_of(request, kind)

    return Depends(find)


_State = Annotated[State, shared(State)]


async def _database(state: _State) -> Database:
    return state.database


async def _blobs(state: _State) -> Blobs:
    return state.blobs


async def _settings(state: _State) -> Settings:
    return state.settings


async def _hasher(state: _State) -> PasswordHasher:
    return state.hasher


async def _keyring(state: _State) -> Keyring:
    return state.keyring


async def _now(state: _State) -> datetime:
    return state.clock.now()


async def _today(moment: Annotated[datetime, Depends(_now)]) -> date:
    return moment.date()


Db = Annotated[Database, Depends(_database)]
BlobStore = Annotated[Blobs, Depends(_blobs)]
Config = Annotated[Settings, Depends(_settings)]
Hasher = Annotated[PasswordHasher, Depends(_hasher)]
ServiceKeyring = Annotated[Keyring, Depends(_keyring)]
Now = Annotated[datetime, Depends(_now)]
"""The service's time, in UTC."""
Today = Annotated[date, Depends(_today)]
