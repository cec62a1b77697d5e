"""What `main` puts into the application once, and routes ask for by type."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from argon2 import PasswordHasher
from fastapi import Depends, Request

from app.blobs import Blobs
from app.database import Database
from app.keyring import Keyring
from app.settings import Settings

if TYPE_CHECKING:
    from app.clock import Clock


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _blobs(request: Request) -> Blobs:
    blobs: Blobs = request.app.state.blobs
    return blobs


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _keyring(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


async def _hasher(request: Request) -> PasswordHasher:
    hasher: PasswordHasher = request.app.state.hasher
    return hasher


def now(request: Request) -> datetime:
    """The service's time, in UTC."""
    clock: Clock = request.app.state.clock
    return clock.now()


async def _now(request: Request) -> datetime:
    return now(request)


async def _today(moment: Annotated[datetime, Depends(_now)]) -> date:
    return moment.date()


Db = Annotated[Database, Depends(_database)]
BlobStore = Annotated[Blobs, Depends(_blobs)]
Config = Annotated[Settings, Depends(_settings)]
Hasher = Annotated[PasswordHasher, Depends(_hasher)]
Keys = Annotated[Keyring, Depends(_keyring)]
Now = Annotated[datetime, Depends(_now)]
Today = Annotated[date, Depends(_today)]
