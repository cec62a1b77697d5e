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


def sealed(type_: str) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    """What makes `Annotated[bytes, *sealed("consent")]` a sealed file of that type, on its way in and out."""
    schema = {"type": "string", "contentEncoding": "base64url", "format": f"sealed-{TYPES[type_].kind}"}
    reads = BeforeValidator(Envelope(TYPES[type_].lengths))
    return reads, PlainSerializer(b64, return_type=str), WithJsonSchema(schema)


SealedGrant = Annotated[bytes, *sealed("grant")]
SealedReport = Annotated[bytes, *sealed("report")]
SealedReply = Annotated[bytes, *sealed("message.staff")]
SealedCopy = Annotated[bytes, *sealed("message.copy")]
SealedMessage = Annotated[bytes, *sealed("message.reporter")]
SealedEntry = Annotated[bytes, *sealed("journal")]
SealedPart = Annotated[bytes, *sealed("part.case")]  # as every part: the service does not know of which type one is
SealedConsent = Annotated[bytes, *sealed("consent")]
SealedApproval = Annotated[bytes, *sealed("approval")]
SealedComment = Annotated[bytes, *sealed("comment")]
