"""The wire form of what somebody's machines have seen."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import sealed
from app.people.wire import KeySignature

SealedMemory = Annotated[bytes, *sealed("memory")]
MOST = 2**31 - 1


class MemoryIn(BaseModel):
    """The version that follows the last, and the person's signature over `tern/v1/memory` LF and its SHA-256."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[int, Field(ge=1, le=MOST)]
    file: SealedMemory
    signature: KeySignature


class MemoryKept(BaseModel):
    """A version that is here. `number` counts those of this person, from 1."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    kept_on: date
    sha256: str


class MemoriesOut(BaseModel):
    """The last three, the newest first."""

    items: list[MemoryKept]


class MemoryOut(MemoryKept):
    """One of them, whole."""

    file: SealedMemory
