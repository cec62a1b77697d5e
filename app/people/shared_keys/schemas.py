"""The wire form of shared keys."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from app.http.wire import PublicDocument, Sha256
from app.people.grants.wire import Grants
from app.people.pairs.wire import Pairs
from app.protocol.statements import KeyKind


class SharedKeyIn(BaseModel):
    """A supervisor's statement of a new key, its first grants, and the hash of the token that follows from it.

    Only a statistics key has pairs too: the card-writing key opens nothing, and what that of the desk opens many read.
    """

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
    token_sha256: Sha256 | None = None
    grants: Grants
    pairs: Pairs = []


class SharedKeyOut(BaseModel):
    """The statement is what a client believes; the rest repeats it for lists."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: KeyKind
    document: str
    valid_from: date
    valid_until: date
