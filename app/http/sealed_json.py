"""Sealed files inside JSON: base64url, one stanza of the one type, and a length of their type."""

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from app.age import EnvelopeError, check_envelope
from app.problems import NotAnEnvelope
from app.protocol.encoding import b64, unb64
from app.protocol.errors import Malformed
from app.protocol.types import TYPES


class Envelope:
    """Reads a sealed file of one of these lengths. Raises `NotAnEnvelope`, which is no mere error of validation."""

    def __init__(self, lengths: frozenset[int]) -> None:
        self._lengths = lengths

    def __call__(self, value: Any) -> bytes:
        if isinstance(value, bytes):
            return value  # it comes from a row, on its way out
        if not isinstance(value, str):
            raise NotAnEnvelope
        try:
            file = unb64(value)
            check_envelope(file, sizes=self._lengths)
        except (Malformed, EnvelopeError):
            raise NotAnEnvelope from None
        return file


def _sealed(type_: str) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    described = {"type": "string", "contentEncoding": "base64url", "format": f"sealed-{TYPES[type_].kind}"}
    reads = BeforeValidator(Envelope(TYPES[type_].lengths))
    return reads, PlainSerializer(b64, return_type=str), WithJsonSchema(described)


SealedGrant = Annotated[bytes, *_sealed("grant")]
SealedReply = Annotated[bytes, *_sealed("message.staff")]
SealedMessage = Annotated[bytes, *_sealed("message.reporter")]
SealedCase = Annotated[bytes, *_sealed("case")]
SealedMembers = Annotated[bytes, *_sealed("members")]
SealedConsent = Annotated[bytes, *_sealed("consent")]
SealedApproval = Annotated[bytes, *_sealed("approval")]
SealedComment = Annotated[bytes, *_sealed("comment")]
