"""The wire form of grants, for every package whose objects have a key."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedGrant
from app.http.wire import Id
from app.people.grants.service import NewGrant
from app.vocabulary import GrantKind


class GrantIn(BaseModel):
    """A key that the caller's client has sealed to the grantee."""

    model_config = ConfigDict(extra="forbid")

    grantee: Id
    file: SealedGrant

    def as_new(self) -> NewGrant:
        return NewGrant(self.grantee, self.file)


Grants = Annotated[list[GrantIn], Field(max_length=100)]


class GrantOut(BaseModel):
    """A grant in force; what it opens, only its grantee can read."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: str
    grantee: str
    kind: GrantKind
    generation: int
    file: SealedGrant


class GrantsOut(BaseModel):
    """All of a subject's grants that are for the caller; few, so in one answer."""

    items: list[GrantOut]
