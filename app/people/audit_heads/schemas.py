"""The wire form of heads and countersignatures."""

from pydantic import BaseModel, ConfigDict

from app.http.wire import PublicDocument


class AuditHeadOut(BaseModel):
    """A head as the service signed it, and the documents of those who followed the chain up to it."""

    document: str
    countersignatures: list[str]


class CountersignatureIn(BaseModel):
    """A document of type `audit-seen`, signed by the supervisor who sends it."""

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument


class CountersignatureOut(BaseModel):
    """The number of the head that is countersigned."""

    model_config = ConfigDict(from_attributes=True)

    version: int
