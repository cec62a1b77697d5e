"""The wire form of cases."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedCase, SealedMembers
from app.http.wire import PersonId
from app.people.grants.wire import Grants


class DocumentIn(BaseModel):
    """The next version of the case's document, sealed to the case."""

    model_config = ConfigDict(extra="forbid")

    document: SealedCase


class DocumentOut(BaseModel):
    """One version of the sealed document; its version is also the ETag."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    author: str = Field(validation_alias="author_id")
    hour: datetime
    sha256: str
    document: SealedCase = Field(validation_alias="file")


class MembersIn(BaseModel):
    """A further statement of the chain, and what it says. Without `owner` the owner stays.

    `agree` names members whom the caller would let go, so that another member can put them out.
    """

    model_config = ConfigDict(extra="forbid")

    statement: SealedMembers
    add: Grants = []
    remove: Annotated[list[PersonId], Field(max_length=100)] = []
    owner: PersonId | None = None
    agree: Annotated[list[PersonId], Field(max_length=100)] = []


class StatementOut(BaseModel):
    """One link of the chain of signed statements that say who the members are."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    statement: SealedMembers = Field(validation_alias="file")


class StatementsOut(BaseModel):
    """The whole chain, from its genesis: a client believes no part of it without the rest."""

    items: list[StatementOut]
