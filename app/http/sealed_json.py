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


_BASE64URL = PlainSerializer(b64, return_type=str), WithJsonSchema({"type": "string", "contentEncoding": "base64url"})

SealedGrant = Annotated[bytes, BeforeValidator(Envelope(Kind.GRANT)), *_BASE64URL]
SealedSlot = Annotated[bytes, BeforeValidator(Envelope(Kind.SLOT)), *_BASE64URL]
SealedTask = Annotated[bytes, BeforeValidator(Envelope(Kind.TASK)), *_BASE64URL]
SealedMessage = Annotated[bytes, BeforeValidator(Envelope(Kind.MESSAGE)), *_BASE64URL]
SealedCase = Annotated[bytes, BeforeValidator(Envelope(Kind.CASE)), *_BASE64URL]
