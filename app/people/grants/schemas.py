"""The wire form of grants and shared keys."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedGrant
from app.people.grants.service import NewGrant
from app.people.staff.schemas import PublicDocument
from app.protocol.statements import KeyKind
from app.vocabulary import GrantKind

Id = Annotated[str, Field(pattern=r"^[a-z]{3,7}_[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class GrantIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grantee: Id
    file: SealedGrant

    def as_new(self) -> NewGrant:
        return NewGrant(self.grantee, self.file)


class GrantOut(BaseModel):
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


class SharedKeyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
    token_sha256: Sha256 | None = None
    grants: Annotated[list[GrantIn], Field(max_length=100)]


class SharedKeyOut(BaseModel):
    """The statement is what a client believes; the rest repeats it for lists."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: KeyKind
    document: str
    valid_from: date
    valid_until: date
