"""The wire form of the copy of somebody's keys."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from app.age import EnvelopeError
from app.people.wire import KeySignature
from app.problems import NotAnEnvelope
from app.protocol.encoding import b64, unb64
from app.protocol.errors import Malformed
from app.protocol.key_copy import check_copy


def _copy(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value  # it comes from a row, on its way out
    if not isinstance(value, str):
        raise NotAnEnvelope
    try:
        file = unb64(value)
        check_copy(file)
    except (Malformed, EnvelopeError):
        raise NotAnEnvelope from None
    return file


SealedKeys = Annotated[
    bytes,
    BeforeValidator(_copy),
    PlainSerializer(b64, return_type=str),
    WithJsonSchema({"type": "string", "contentEncoding": "base64url", "format": "sealed-keys"}),
]


class CopyIn(BaseModel):
    """The copy that counts from now on, and the person's signature over `tern/v1/copy` LF and its SHA-256."""

    model_config = ConfigDict(extra="forbid")

    file: SealedKeys
    signature: KeySignature


class CopyOut(BaseModel):
    """The copy under the present sheet. `number` counts those of this person, from 1."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    kept_on: date
    file: SealedKeys
    signature: KeySignature


class FetchIn(BaseModel):
    """The token that a supervisor has given to somebody who forgot their password."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=64, repr=False)]


class FetchOut(CopyOut):
    """The copy, and whose it is."""

    person: str


class TokenOut(BaseModel):
    """The token is for one person, and is handed to them outside Tern. It fetches the copy of their keys once."""

    id: str
    token: str
    expires_on: date
