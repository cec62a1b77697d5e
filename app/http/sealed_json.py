"""Sealed files inside JSON: base64url, one stanza of the one type, and a length of their kind."""

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from app.age import EnvelopeError, check_envelope
from app.problems import NotAnEnvelope
from app.protocol.encoding import b64, unb64
from app.protocol.errors import Malformed
from app.protocol.sizes import Kind, ciphertext_sizes


class Envelope:
    """Reads a sealed file of one kind. Raises `NotAnEnvelope`, which is no mere error of validation."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def __call__(self, value: Any) -> bytes:
        if isinstance(value, bytes):
            return value  # it comes from a row, on its way out
        if not isinstance(value, str):
            raise NotAnEnvelope
        try:
            file = unb64(value)
            check_envelope(file, sizes=ciphertext_sizes(self._kind))
        except (Malformed, EnvelopeError):
            raise NotAnEnvelope from None
        return file


def _as_text(kind: Kind) -> tuple[PlainSerializer, WithJsonSchema]:
    described = {"type": "string", "contentEncoding": "base64url", "format": f"sealed-{kind}"}
    return PlainSerializer(b64, return_type=str), WithJsonSchema(described)


SealedGrant = Annotated[bytes, BeforeValidator(Envelope(Kind.GRANT)), *_as_text(Kind.GRANT)]
SealedSlot = Annotated[bytes, BeforeValidator(Envelope(Kind.SLOT)), *_as_text(Kind.SLOT)]
SealedTask = Annotated[bytes, BeforeValidator(Envelope(Kind.TASK)), *_as_text(Kind.TASK)]
SealedMessage = Annotated[bytes, BeforeValidator(Envelope(Kind.MESSAGE)), *_as_text(Kind.MESSAGE)]
SealedCase = Annotated[bytes, BeforeValidator(Envelope(Kind.CASE)), *_as_text(Kind.CASE)]
