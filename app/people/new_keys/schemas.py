"""The wire form of new keys."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.http.wire import PersonId, PublicDocument
from app.people.new_keys.models import KeyObjection
from app.people.wire import KeySignature, Password, Recipient, SigningKey


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


class ReplacedIn(BaseModel):
    """A key that was its person's, and its signature over `tern/v1/replaced` LF `{"org","person"}`."""

    model_config = ConfigDict(extra="forbid")

    person: PersonId
    key: SigningKey
    signature: KeySignature


class ReplacementOut(BaseModel):
    """The certificate or root that vouches for the keys in its place, and who its author is."""

    model_config = ConfigDict(from_attributes=True)

    document: str
    handle: str


class ObjectionIn(BaseModel):
    """`by_key` was the person's; its signature is over `tern/v1/objection` LF `{"org","person","recipient","key"}`."""

    model_config = ConfigDict(extra="forbid")

    person: PersonId
    by_key: SigningKey
    recipient: Recipient
    key: SigningKey
    signature: KeySignature


class ObjectionOut(BaseModel):
    """The same, as it is kept. Whether it counts, each client finds in the certificates."""

    person: str
    by_key: str
    recipient: str
    key: str
    signature: str

    @classmethod
    def of(cls, row: KeyObjection) -> Self:
        """What a row says."""
        return cls(
            person=row.person_id,
            by_key=row.by_key,
            recipient=row.recipient,
            key=row.key,
            signature=row.signature,
        )
