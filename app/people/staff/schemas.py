"""The wire form of people, invitations and certificates."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.http.wire import PublicDocument, TeamId
from app.people.wire import Password, Recipient, SigningKey
from app.protocol.sign_in import HANDLE
from app.vocabulary import Role

Handle = Annotated[str, Field(pattern=HANDLE)]


class PersonIn(BaseModel):
    """Somebody joins, with the public halves of the keys that their own client made."""

    model_config = ConfigDict(extra="forbid")

    invitation: Annotated[str, Field(max_length=64, repr=False)]
    handle: Handle
    recipient: Recipient
    key: SigningKey
    password: Password


class PersonOut(BaseModel):
    """A person as they joined. A client believes the certificates of the staff log alone.

    `last_use` is the day of their last sign-in, told to supervisors alone.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    handle: str
    roles: list[Role]
    team: str
    recipient: str
    key: str
    last_use: date | None


class InvitationIn(BaseModel):
    """The roles that somebody is invited for; a supervisor certifies them later."""

    model_config = ConfigDict(extra="forbid")

    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    team: TeamId | None = None


class InvitationOut(BaseModel):
    """The token is for one person, and is handed to them outside Tern."""

    id: str
    invitation: str
    expires_on: date


class StaffLogHeadOut(BaseModel):
    """The log's last line, by number and SHA-256, and the service's signature of both."""

    n: int
    hash: str
    key: str
    sig: str


class CertificateIn(BaseModel):
    """A certificate, signed by a supervisor of the root."""

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
