"""The wire form of what reporters post, for every package that shows it."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.http.sealed_json import SealedMessage
from app.protocol.mailbox import MessageKind


class MessageOut(BaseModel):
    """What a reporter posted; `kind` and `consent` are a hint, the sealed file has the word.

    A withdrawal has the secret of the receipt, whose hash stands in the sealed report.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    received_on: date
    kind: MessageKind
    consent: str | None = Field(validation_alias="consent_id")
    secret: str | None
    file: SealedMessage
