"""The wire form of the chain."""

from pydantic import BaseModel


class AuditEventOut(BaseModel):
    """An event as `app.protocol.audit_chain` verifies it."""

    seq: int
    hour: str
    actor: str
    action: str
    object: str
    object_hash: str | None
    previous: str
    hash: str
