"""The wire form of the copy of somebody's keys."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

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
