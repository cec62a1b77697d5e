"""The wire form of the key log."""

from pydantic import BaseModel, ConfigDict

from app.http.wire import PublicDocument
from app.people.grants.wire import Grants


class EntryIn(BaseModel):
    """A signed root, service key or intake document; the last with the grants of its epoch's key."""

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
    grants: Grants = []


class EntryOut(BaseModel):
    """The number of the log's new line, counted from 1."""

    model_config = ConfigDict(from_attributes=True)

    n: int


class HeadOut(BaseModel):
    """The log's last line, by number and SHA-256, and the service's signature of both."""

    n: int
    hash: str
    key: str
    sig: str


class IntakeOut(BaseModel):
    """What a client checks against its pin before it seals anything."""

    model_config = ConfigDict(from_attributes=True)

    root: str
    intake: str
    head: HeadOut


class ServiceKeyOut(BaseModel):
    """An Ed25519 key in base64url, for a supervisor's client to certify."""

    key: str
