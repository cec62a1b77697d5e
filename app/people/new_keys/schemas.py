"""The wire form of new keys."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.wire import PublicDocument
from app.people.wire import Password, Recipient, SigningKey


class NewKeysTokenOut(BaseModel):
    """The token is for one person, and is handed to them outside Tern."""

    id: str
    token: str
    expires_on: date


class NewKeysIn(BaseModel):
    """The public halves of the keys that somebody's new machine made, and the password that goes with them."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=64, repr=False)]
    recipient: Recipient
    key: SigningKey
    password: Password


class NewKeysOut(BaseModel):
    """Whose they are to be."""

    person: str


class WaitingKeysOut(BaseModel):
    """Keys that wait for a certificate. A supervisor believes their words, and not this answer."""

    recipient: str
    key: str


class NewCertificateIn(BaseModel):
    """The certificate that names them, and all that they take the place of."""

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
